"""Wrong arguments are answered in the house's form; a TypeError of the function's own is left as it is."""

from __future__ import annotations

import pytest

from penchant.foundations.arguments import checked_arguments
from penchant.foundations.errors import CallerError


@checked_arguments
def halved(number: float, *, exact: bool = True) -> float:
    return number / 2


def test_arguments_that_fit_are_passed_on() -> None:
    assert halved(3, exact=True) == 1.5


def test_what_does_not_fit_is_named_with_what_the_function_takes() -> None:
    with pytest.raises(CallerError, match=r"^halved\(\): .*'exakt'.*It takes: number, exact \[P110\]$"):
        halved(3, exakt=True)  # type: ignore[call-arg]
    with pytest.raises(CallerError, match=r"missing a required argument: 'number'"):
        halved()  # type: ignore[call-arg]


def test_an_error_inside_is_not_taken_for_a_wrong_argument() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        halved("three")  # type: ignore[arg-type]
