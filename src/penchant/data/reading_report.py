"""A report on reading a table of ratings: how many rows were read, and how they were understood."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from penchant.data.columns import TIMESTAMP
from penchant.data.scale import Kind


def counted(number: int, noun: str) -> str:
    """A count with its noun: "1 row", "2,000 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@dataclass(frozen=True)
class ReadingReport:
    """What was read and how it was understood.

    source: the file or the table's name. rows: rows read. merged: rows replaced by another row of the same pair.
    refused: reason -> number of invalid rows that were left out. left_out: reason -> number of rows without a rating.
    ratings, users, items: how many there are now. columns: role -> column. form: how the file was understood. ids:
    side -> "whole numbers" or "texts". times: how times were read, "" without times. liked: the lowest rating that
    counts as liked, None for choices. notes: other facts, a sentence each. kind: whether the rows are ratings or
    choices.
    """

    source: str
    rows: int
    merged: int
    refused: Mapping[str, int]
    ratings: int
    users: int
    items: int
    columns: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    kind: Kind = "ratings"
    left_out: Mapping[str, int] = field(default_factory=dict)
    form: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    times: str = ""
    liked: float | None = None

    def with_notes(self, *notes: str) -> ReadingReport:
        """The report with more notes."""
        return dataclasses.replace(self, notes=self.notes + notes)

    def __str__(self) -> str:
        """Five lines: the rows, what they are, the form, the columns, what counts as liked; then the notes."""
        noun = self.kind.removesuffix("s")
        reasons = [f"{count:,} × {reason}" for reason, count in {**self.refused, **self.left_out}.items()]
        refused, left_out = sum(self.refused.values()), sum(self.left_out.values())
        rows = f"{self.source}: {counted(self.rows, 'row')} read, {self.merged:,} merged, {refused:,} refused"
        rows += f", {left_out:,} left out" * bool(left_out) + f" ({'; '.join(reasons)})" * bool(reasons)
        lines = [
            rows,
            f"{counted(self.ratings, noun)} by {counted(self.users, 'user')} of {counted(self.items, 'item')}",
            f"read as {self.form or 'a table'}",
            "columns: " + ", ".join(self._column(role, name) for role, name in self.columns.items()),
            "liked: every choice" if self.liked is None else f"liked: ratings from {self.liked:g} on",
            *self.notes,
        ]
        return "\n".join(lines)

    def _column(self, role: str, name: str) -> str:
        how = self.ids.get(role) or (self.times if role == TIMESTAMP else "")
        return f"{role} {name!r}" + f" ({how})" * bool(how)

    def to_json(self) -> dict[str, Any]:
        """Every field as JSON values."""
        mappings = {name: dict(getattr(self, name)) for name in ("refused", "left_out", "columns", "ids")}
        return {**dataclasses.asdict(self), **mappings, "notes": list(self.notes)}
