"""Feature tables of users or items; `feature_encoding` encodes them as sparse matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import DataError

Kind = Literal["many", "category", "number", "text"]
"""How a column is read: several labels in a row, one label, a number, or free text whose words are hashed."""


@dataclass(frozen=True)
class FeatureTable:
    """One row of features for each number of a vocabulary.

    columns: name -> N values in number order; a tuple of labels for "many", a label for "category", a float for
    "number", a text for "text", and None for a missing value. kinds: name -> how the column is read.
    titles: N display names, or None if there are none; they are shown and are not features.
    """

    columns: Mapping[str, Sequence[Any]]
    kinds: Mapping[str, Kind]
    titles: Sequence[str | None] | None = None

    def __post_init__(self) -> None:
        lengths = {len(values) for values in self.columns.values()} | ({len(self.titles)} if self.titles else set())
        if len(lengths) > 1 or self.columns.keys() != self.kinds.keys():
            raise DataError("the columns of a feature table differ in length or kinds", where=", ".join(self.columns))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), self.titles or ()))

    def take(self, numbers: NDArray[Any]) -> FeatureTable:
        """The rows of the given numbers, in their order; a negative number gives a row of missing values."""
        rows = [int(number) for number in numbers]
        columns = {name: _picked(values, rows) for name, values in self.columns.items()}
        return FeatureTable(columns, self.kinds, None if self.titles is None else _picked(self.titles, rows))

    def grown(self, size: int) -> FeatureTable:
        """The table with rows of missing values appended, up to `size` rows."""
        return self.take(np.append(np.arange(len(self)), np.full(size - len(self), -1)))

    def with_rows(self, numbers: NDArray[Any], rows: FeatureTable, size: int) -> FeatureTable:
        """The table with other rows at the given numbers (m,), extended to `size` rows.

        A column that `rows` lacks has missing values there; rows of no number among those appended are missing.
        """
        places, more = numbers.tolist(), [None] * (size - len(self))

        def written(old: Sequence[Any], new: Sequence[Any] | None) -> list[Any]:
            values = [*old, *more]
            for place, value in zip(places, new or [None] * len(places), strict=True):
                values[place] = value
            return values

        columns = {name: written(values, rows.columns.get(name)) for name, values in self.columns.items()}
        titles = self.titles
        if titles is not None or rows.titles is not None:
            titles = written(titles or [None] * len(self), rows.titles)
        return FeatureTable(columns, self.kinds, titles)

    def row(self, number: int) -> dict[str, Any]:
        """One row as name -> value."""
        return {name: values[number] for name, values in self.columns.items()}


def _picked(values: Sequence[Any], rows: Sequence[int]) -> list[Any]:
    return [values[number] if number >= 0 else None for number in rows]


def table_from_rows(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, Kind]) -> FeatureTable:
    """A table from mappings, such as the features that a caller gives for a new user or item."""
    columns = {name: [row.get(name) for row in rows] for name in kinds}
    return FeatureTable(columns, kinds, [row.get("title") for row in rows])
