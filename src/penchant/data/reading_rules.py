"""The rules by which a table becomes ratings: which columns, and what is done about repeated and invalid rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, TypedDict

from penchant.data.columns import EVENT, ITEM, RATING, TIMESTAMP, USER, WEIGHT, Wanted, columns_text, find_column
from penchant.data.tables.file_options import FileKeywords, FileOptions
from penchant.foundations.close_names import name_remedy
from penchant.foundations.errors import DataError

Duplicates = Literal["last", "error", "mean", "sum"]
IdKind = Literal["detect", "text"]
InvalidRows = Literal["error", "skip"]
Decimal = Literal[".", ","]
Missing = float | str | Sequence[float | str]

_CHOICES = {
    "duplicates": ("last", "error", "mean", "sum", None),
    "ids": ("detect", "text"),
    "bad_rows": ("error", "skip"),
    "decimal": (".", ",", None),
}


@dataclass(frozen=True)
class Rules:
    """How a table becomes ratings.

    user, item, rating, timestamp: column names; left out, they are recognized (userId, movie_id, score, …). False for
    timestamp reads no times. A table without ratings is read as choices: rating=False says so, and so do a weight or an
    event column, or a table that has no other columns. weight: the column of what a choice weighs, such as a count;
    left out, it is recognized in tables without ratings; False for a weight of 1. event: the column of the kinds of
    choices. weights: kind -> weight, such as {"view": 1, "buy": 5, "return": -3}; a row's weight is the product of
    both. Pairs whose weights add up to 0 or less are left out.
    scale: (lowest, highest) rating; ratings outside are invalid. Left out, the ends are taken from the ratings.
    duplicates: what is done with several rows of one user and item: "last" keeps the latest by timestamp, or the last
    in the table without timestamps; "mean" and "sum" combine them into that one; "error" raises. Left out, ratings keep
    the last and choices are summed.
    ids: "detect" reads the ids of a file as whole numbers if all are written as such; "text" reads every id as a text.
    trim_ids: whether ids that differ only in surrounding blanks are one id. bad_rows: "error" raises at the first
    invalid row; "skip" leaves invalid rows out and counts them.
    missing: the value or values of the rating column that mean that there is no rating, such as 0 or "NA"; such rows
    are left out and counted. decimal: "," for ratings such as 3,5. time_format: how times are written, such as
    "%d/%m/%Y", or the unit of numbers: "s", "ms", "us", "ns". wide: whether the table is a matrix, with a row for each
    user, a column for each item, and empty cells for no rating; `user` names the column of the users, else it is the
    first. partial: whether the table is a part of a larger one, such as the rows of one night; it may then have one
    user or one item, and ratings that are all equal are still ratings.
    """

    user: Wanted = None
    item: Wanted = None
    rating: Wanted = None
    timestamp: Wanted = None
    weight: Wanted = None
    event: str | None = None
    weights: Mapping[str, float] | None = None
    scale: tuple[float, float] | None = None
    duplicates: Duplicates | None = None
    ids: IdKind = "detect"
    trim_ids: bool = False
    bad_rows: InvalidRows = "error"
    missing: Missing | None = None
    decimal: Decimal | None = None
    time_format: str | None = None
    wide: bool = False
    partial: bool = False

    def __post_init__(self) -> None:
        for name, allowed in _CHOICES.items():
            if (value := getattr(self, name)) not in allowed:
                listed = ", ".join(repr(one) for one in allowed if one is not None)
                raise DataError(f"{name}={value!r} is not one of {listed}", where="reading")
        _check_kinds(self)
        if self.scale is not None:
            _check_scale(self.scale)
        if self.weights is not None:
            _check_weights(self.weights)
        if self.event is not None and self.weights is None:
            raise DataError(
                f"the events in {self.event!r} have no weights", where="reading", remedy='Pass weights={"view": 1, …}'
            )
        if isinstance(self.rating, str) and (self.event or self.weights or self.weight):
            raise DataError("a table has ratings or weights, not both", where="reading", remedy="Leave out rating=…")

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

    @property
    def missing_values(self) -> list[float | str]:
        """The values that mean that there is no rating."""
        if self.missing is None:
            return []
        return [self.missing] if isinstance(self.missing, int | float | str) else list(self.missing)

    @property
    def named(self) -> set[str]:
        """The columns that the caller named."""
        wanted = (self.user, self.item, self.rating, self.timestamp, self.weight, self.event)
        return {name for name in wanted if isinstance(name, str)}

    def columns(self, existing: list[str], source: str) -> dict[str, str]:
        """Role -> column of a table that has the columns `existing`; one without RATING is a table of choices."""
        for role, name in ((USER, self.user), (ITEM, self.item)):
            if name is False:
                raise DataError(f"{role}=False: a table of ratings needs a column of {role} ids", where=source)

        def find(role: str, name: Wanted, *, needed: bool = False) -> str | None:
            return find_column(role, name, existing, source=source, needed=needed)

        found = {USER: find(USER, self.user, needed=True), ITEM: find(ITEM, self.item, needed=True)}
        choices = self.rating is False or bool(self.weight or self.event or self.weights)
        found[RATING] = None if choices else find(RATING, self.rating)
        found[TIMESTAMP] = find(TIMESTAMP, self.timestamp)
        if found[RATING] is None:
            found[WEIGHT] = find(WEIGHT, self.weight)
            found[EVENT] = find(EVENT, self.event, needed=True) if self.event or self.weights else None
        if not choices and found[RATING] is None and (rest := [one for one in existing if one not in found.values()]):
            raise DataError(
                "no column looks like the rating", where=source,
                remedy=f"Name it with rating=…, or pass rating=False if the table says only who chose what. "
                f"{columns_text(rest)}",
            )  # fmt: skip
        return {role: name for role, name in found.items() if name is not None}

    def merging(self, columns: Mapping[str, str]) -> Duplicates:
        """What is done with several rows of one user and item in a table with these columns."""
        return self.duplicates or ("last" if RATING in columns else "sum")


class RowKeywords(TypedDict, total=False):
    """The fields of Rules as keyword arguments."""

    user: Wanted
    item: Wanted
    rating: Wanted
    timestamp: Wanted
    weight: Wanted
    event: str | None
    weights: Mapping[str, float] | None
    scale: tuple[float, float] | None
    duplicates: Duplicates | None
    ids: IdKind
    trim_ids: bool
    bad_rows: InvalidRows
    missing: Missing | None
    decimal: Decimal | None
    time_format: str | None
    wide: bool
    partial: bool


class ReadingKeywords(RowKeywords, FileKeywords, total=False):
    """The fields of Rules and of FileOptions as keyword arguments; see there."""


def rules_and_file(options: ReadingKeywords) -> tuple[Rules, FileOptions]:
    """Both structures from keyword arguments."""
    of_file = {field.name for field in fields(FileOptions)}
    given = {name: value for name, value in options.items() if name in of_file}
    rest = {name: value for name, value in options.items() if name not in of_file}
    return Rules(**rest), FileOptions(**given)  # type: ignore[arg-type]


def _check_kinds(rules: Rules) -> None:
    for name in ("trim_ids", "wide", "partial"):
        if not isinstance(value := getattr(rules, name), bool):
            raise DataError(f"{name}={value!r} is neither True nor False", where="reading")
    if rules.time_format is not None and not isinstance(rules.time_format, str):
        raise DataError(f"time_format={rules.time_format!r} is not a text", where="reading")
    several = isinstance(rules.missing, int | float | str | Sequence | None)
    if not several or any(not isinstance(one, int | float | str) for one in rules.missing_values):
        raise DataError(f"missing={rules.missing!r} are no values", where="reading", remedy="Write missing=0")


def _check_weights(weights: Any) -> None:
    pairs = isinstance(weights, Mapping) and all(isinstance(one, int | float) for one in weights.values())
    if not pairs or not any(one > 0 for one in weights.values()):
        raise DataError(
            f"{weights!r} are no weights of events", where="weights",
            remedy='Write {"view": 1, "buy": 5}, at least one of them above 0',
        )  # fmt: skip


def _check_scale(scale: Any) -> None:
    pair = isinstance(scale, tuple | list) and len(scale) == 2 and all(isinstance(end, int | float) for end in scale)
    if not pair or not scale[0] < scale[1]:
        raise DataError(f"the scale {scale!r} is not a rising pair", where="reading", remedy="Give (lowest, highest)")
