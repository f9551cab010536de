"""A report on reading a table of ratings: how many rows were read, merged and left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from penchant.data.scale import Kind


def counted(number: int, noun: str) -> str:
    """A count with its noun: "1 row", "2,000 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@dataclass(frozen=True)
class ReadingReport:
    """source: the file or the table's name. rows: rows read. merged: rows replaced by another row of the same pair.

    refused: reason -> number of invalid rows that were left out. ratings, users, items: how many there are now.
    columns: role -> column. notes: other facts for the user, a sentence each. kind: whether the rows are ratings or
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

    def with_notes(self, *notes: str) -> ReadingReport:
        """The report with more notes."""
        return dataclasses.replace(self, notes=self.notes + notes)

    def __str__(self) -> str:
        refused = sum(self.refused.values())
        noun = self.kind.removesuffix("s")
        lines = [
            f"{self.source}: {counted(self.rows, 'row')} read, {self.merged:,} merged, {refused:,} refused",
            f"{counted(self.ratings, noun)} by {counted(self.users, 'user')} of {counted(self.items, 'item')}",
            *(f"refused: {count:,} × {reason}" for reason, count in self.refused.items()),
            *self.notes,
        ]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Every field as JSON values."""
        return {
            **dataclasses.asdict(self),
            "refused": dict(self.refused),
            "columns": dict(self.columns),
            "notes": list(self.notes),
        }
