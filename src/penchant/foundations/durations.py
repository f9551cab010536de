"""Lengths of time as people write them."""

from __future__ import annotations

import re

from penchant.foundations.errors import SettingsError

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds_of(given: float | str, where: str) -> float:
    """`90`, `"90s"`, `"1.5m"` or `"2h"` in seconds. Raises SettingsError for anything else, and for zero."""
    found = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*([smh]?)\s*", str(given))
    seconds = float(found[1]) * _UNITS[found[2]] if found and not isinstance(given, bool) else 0.0
    if not seconds:
        raise SettingsError(f"{given!r} is not a length of time", where=where, remedy='Write "90s", "5m" or "2h"')
    return seconds
