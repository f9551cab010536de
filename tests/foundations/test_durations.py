"""Lengths of time as people write them."""

from __future__ import annotations

import pytest

from penchant.foundations.durations import seconds_of
from penchant.foundations.errors import SettingsError


@pytest.mark.parametrize(
    ("given", "seconds"), [(90, 90.0), (1.5, 1.5), ("90", 90.0), ("90s", 90.0), ("1.5m", 90.0), (" 2 h ", 7200.0)]
)
def test_seconds_minutes_and_hours(given, seconds) -> None:
    assert seconds_of(given, "budget") == seconds


@pytest.mark.parametrize("given", ["", "soon", "0s", "-5s", "5d", True, float("nan"), "1e3s", None])
def test_anything_else_is_refused(given) -> None:
    with pytest.raises(SettingsError, match=r"budget: .* is not a length of time"):
        seconds_of(given, "budget")
