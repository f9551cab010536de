"""The year that a film's title carries in its last brackets."""

from __future__ import annotations

import re
from collections.abc import Sequence

_YEAR = re.compile(r"\((\d{4})(?:[-–]\d{0,4})?\)\s*$")
ENOUGH = 0.5
"""The share of titles that must carry a year before titles are taken to carry years at all."""


def year_of(title: str | None) -> float | None:
    """1995.0 of "Toy Story (1995)"; the first year of a span; None where there is none."""
    found = _YEAR.search(title) if title else None
    return float(found[1]) if found else None


def years(titles: Sequence[str | None]) -> list[float | None] | None:
    """The year of each title, or None where too few carry one for this to be a custom of the table."""
    found = [year_of(title) for title in titles]
    known = sum(year is not None for year in found)
    return found if known and known >= ENOUGH * len(titles) else None
