"""Settings check themselves once and travel as JSON."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from penchant.foundations.errors import SettingsError
from penchant.foundations.settings import Settings, setting


@dataclass(frozen=True)
class Value(Settings):
    factors: int = setting(16, "the length of a vector", low=0, high=1024)
    rate: float = setting(0.1, "the step's size", above=0)
    link: str = setting("identity", "what is done to the score", choices=("identity", "sigmoid"))
    cap: float | None = setting(None, "the largest gradient, or none", above=0)
    widths: tuple[int, ...] = setting((8, 4), "the layers' widths")


def test_settings_travel_as_json() -> None:
    made = Value(factors=3, cap=1.5, widths=(1, 2))
    assert Value.from_json(made.to_json()) == made


def test_whole_numbers_serve_as_real_ones() -> None:
    assert Value(rate=1).rate == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"factors": -1}, r"Value.factors: -1 is below 0. It means: the length of a vector"),
        ({"factors": 2000}, "2000 is above 1024"),
        ({"factors": 1.5}, "1.5 is not of type int"),
        ({"factors": True}, "True is not of type int"),
        ({"rate": 0}, "0 must be above 0"),
        ({"rate": float("nan")}, "not a number"),
        ({"rate": "fast"}, "'fast' is not of type float"),
        ({"link": "softmax"}, "'softmax' is not one of 'identity', 'sigmoid'"),
        ({"cap": 0}, "0 must be above 0"),
        ({"factor": 3}, "there is no setting 'factor'. It knows: cap, factors"),
    ],
)
def test_what_no_training_could_use_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Value.from_json(values)
