"""HistoryRows: the users of an item-item model, whose rows say which items they chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import CallerError
from penchant.models.rows import Floats

MOST = 2**28
"""Numbers that may be made dense at a time."""


@dataclass(frozen=True, eq=False)
class HistoryRows:
    """Vectors (1, U, K) of which most numbers are zero: row u has values[starts[u]:starts[u + 1]] at `numbers`."""

    starts: NDArray[np.int64]
    numbers: NDArray[np.int32]
    values: Floats
    width: int

    @classmethod
    def of_positives(cls, owners: NDArray[Any], numbers: NDArray[Any], users: int, width: int) -> HistoryRows:
        """Ones at `numbers` (n,) of the rows that `owners` (n,) names, in rising order."""
        starts = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=users))]).astype(np.int64)
        return cls(starts, numbers.astype(np.int32), np.ones(len(numbers), np.float32), width)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def dense(self, rows: NDArray[Any]) -> Floats:
        """The given rows, (1, B, K). Raises CallerError for more of them than belong in memory."""
        if len(rows) * self.width > MOST:
            raise CallerError(
                f"{len(rows):,} histories as vectors would take {4 * len(rows) * self.width / 1e9:.0f} GB",
                remedy="Ask for fewer users at a time",
            )
        found = np.zeros((1, len(rows), self.width), np.float32)
        at, places = self.entries(rows)
        found[0, at, self.numbers[places]] = self.values[places]
        return found

    def entries(self, rows: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The stored numbers of the given rows (B,): which of the B each belongs to, and where it is stored."""
        first, counts = self.starts[rows], np.diff(self.starts)[rows]
        owners = np.repeat(np.arange(len(rows)), counts)
        return owners, first[owners] + np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)

    def summed(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """The sum of the given rows, (K,)."""
        places = self.entries(rows)[1]
        total: NDArray[np.float64] = np.zeros(self.width)
        np.add.at(total, self.numbers[places], self.values[places])
        return total

    def with_row(self, number: int, row: NDArray[Any]) -> HistoryRows:
        """The same with `row` (K,) at a number, which may be one behind the last."""
        users = max(len(self.starts) - 1, number + 1)
        counts = np.pad(np.diff(self.starts), (0, users - len(self.starts) + 1))
        own = np.flatnonzero(row)
        before = int(counts[:number].sum())
        after = before + int(counts[number])
        counts[number] = len(own)
        numbers, values = (
            np.concatenate([old[:before], new, old[after:]])
            for old, new in ((self.numbers, own.astype(np.int32)), (self.values, row[own].astype(np.float32)))
        )
        return HistoryRows(np.concatenate([[0], np.cumsum(counts)]), numbers, values, self.width)
