"""Settings are checked at construction and are converted to JSON and back."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from penchant.foundations.errors import SettingsError
from penchant.foundations.settings import Settings, setting


@dataclass(frozen=True)
class Example(Settings):
    factors: int = setting(16, "the length of a vector", low=0, high=1024)
    rate: float = setting(0.1, "the step size", above=0)
    link: str = setting("identity", "the function applied to the score", choices=("identity", "sigmoid"))
    cap: float | None = setting(None, "the largest gradient, or none", above=0)
    widths: tuple[int, ...] = setting((8, 4), "the layers' widths")


def test_settings_are_restored_from_json() -> None:
    settings = Example(factors=3, cap=1.5, widths=(1, 2))
    assert Example.from_json(settings.to_json()) == settings


def test_whole_numbers_are_accepted_as_real_ones() -> None:
    assert Example(rate=1).rate == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"factors": -1}, r"Example.factors: -1 is below 0. It means: the length of a vector"),
        ({"factors": 2000}, "2000 is above 1024"),
        ({"factors": 1.5}, "1.5 is not of type int"),
        ({"factors": True}, "True is not of type int"),
        ({"rate": 0}, "0 must be above 0"),
        ({"rate": float("nan")}, "not a number"),
        ({"rate": "fast"}, "'fast' is not of type float"),
        ({"link": "softmax"}, "'softmax' is not one of 'identity', 'sigmoid'"),
        ({"cap": 0}, "0 must be above 0"),
        ({"factor": 3}, r"no setting 'factor'. Did you mean 'factors'\? Settings: cap, factors, link, rate, widths"),
        ({"Rate": 3}, r"no setting 'Rate'. Did you mean 'rate'\?"),
        ({"zzz": 3}, "no setting 'zzz'. Settings: cap, factors, link, rate, widths"),
    ],
)
def test_invalid_values_and_unknown_names_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Example.from_json(values)
