"""The rules by which a table becomes ratings: which columns, and what is done about repeated and invalid rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

from penchant.data.columns import ITEM, RATING, TIMESTAMP, USER, Wanted, find_column
from penchant.foundations.close_names import name_remedy
from penchant.foundations.errors import DataError

Duplicates = Literal["last", "error", "mean", "sum"]
IdKind = Literal["detect", "text"]
InvalidRows = Literal["error", "skip"]

_CHOICES = {"duplicates": ("last", "error", "mean", "sum"), "ids": ("detect", "text"), "bad_rows": ("error", "skip")}


@dataclass(frozen=True)
class Rules:
    """How a table becomes ratings.

    user, item, rating, timestamp: column names; left out, they are recognized (userId, movie_id, score, …). False for
    rating reads every row as a positive interaction of value 1, False for timestamp reads no times.
    scale: (lowest, highest) rating; ratings outside are invalid. Left out, the ends are taken from the ratings.
    duplicates: what is done with several rows of one user and item: "last" keeps the latest by timestamp, or the last
    in the table without timestamps; "mean" and "sum" combine them into that one; "error" raises.
    ids: "detect" reads the ids of a file as whole numbers if all are written as such; "text" reads every id as a text.
    bad_rows: "error" raises at the first invalid row; "skip" leaves invalid rows out and counts them.
    """

    user: Wanted = None
    item: Wanted = None
    rating: Wanted = None
    timestamp: Wanted = None
    scale: tuple[float, float] | None = None
    duplicates: Duplicates = "last"
    ids: IdKind = "detect"
    bad_rows: InvalidRows = "error"

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            if (value := getattr(self, name)) not in allowed:
                raise DataError(f"{name}={value!r} is not one of {', '.join(map(repr, allowed))}", where="reading")
        if self.scale is not None:
            _check_scale(self.scale)

    @classmethod
    def from_options(cls, options: Mapping[str, Any], *, where: str) -> Self:
        """Rules from named options; raises DataError for an unknown name, with the closest ones."""
        known = [field.name for field in fields(cls)]
        for name in options:
            if name not in known:
                raise DataError(
                    f"there is no argument {name!r}", where=where, remedy=name_remedy(name, known, intro="It takes")
                )
        return cls(**options)

    def columns(self, existing: list[str], source: str) -> dict[str, str]:
        """Role -> column of a table that has the columns `existing`."""
        wanted = {USER: self.user, ITEM: self.item, RATING: self.rating, TIMESTAMP: self.timestamp}
        for role in (USER, ITEM):
            if wanted[role] is False:
                raise DataError(f"{role}=False: a table of ratings needs a column of {role} ids", where=source)
        found = {
            role: find_column(role, name, existing, source=source, needed=role != TIMESTAMP)
            for role, name in wanted.items()
        }
        return {role: name for role, name in found.items() if name is not None}


def _check_scale(scale: Any) -> None:
    pair = isinstance(scale, tuple | list) and len(scale) == 2 and all(isinstance(end, int | float) for end in scale)
    if not pair or not scale[0] < scale[1]:
        raise DataError(f"the scale {scale!r} is not a rising pair", where="reading", remedy="Give (lowest, highest)")
