"""HistoryRows: the users of an item-item model, whose rows follow from the items they chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import CallerError

Floats = NDArray[np.float32]

_ENTRIES = ("numbers", "values")

MOST = 2**28
"""Numbers that may be made dense at a time."""


@dataclass(frozen=True, eq=False)
class HistoryRows:
    """Compressed rows by user: user u chose the items numbers[starts[u]:starts[u + 1]], weighted by `values`.

    starts: (U + 1,). numbers, values: (n,). items: K, how many items training knew. vectors, scale: (K, W) and (K,), or
    None: a user's vector is the sum over their items of value · scale · vector, of W numbers. Without vectors, it is
    the weighted history itself, of K numbers.
    """

    starts: NDArray[np.int64]
    numbers: NDArray[np.int32]
    values: Floats
    items: int
    vectors: Floats | None = None
    scale: Floats | None = None

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def width(self) -> int:
        """How many numbers a user's vector has."""
        return self.items if self.vectors is None else self.vectors.shape[1]

    def dense(self, rows: NDArray[Any]) -> Floats:
        """The vectors of the given rows, (1, B, W). Raises CallerError for more of them than belong in memory."""
        if len(rows) * self.width > MOST:
            raise CallerError(
                f"{len(rows):,} users as vectors would take {4 * len(rows) * self.width / 1e9:.0f} GB",
                remedy="Ask for fewer users at a time",
            )
        return self.take(rows).summed_by_row()[None]

    def summed_by_row(self) -> Floats:
        """Every user's vector, (U, W)."""
        from scipy.sparse import csr_array

        shape = (len(self), self.items)
        if self.vectors is None:
            table: Floats = csr_array((self.values, self.numbers, self.starts), shape=shape).toarray()
            return table
        sums: Floats = csr_array((self._scaled(), self.numbers, self.starts), shape=shape) @ self.vectors
        return sums

    def _scaled(self) -> Floats:
        return self.values if self.scale is None else self.values * self.scale[self.numbers]

    def summed_by_number(self) -> Floats:
        """Every row's entries as K numbers, (N, K)."""
        table: Floats = self.by_number.T.toarray()
        return table

    @cached_property
    def by_number(self) -> Any:
        """The entries as a sparse matrix (K, N), compressed by number."""
        from scipy.sparse import csr_array

        return csr_array((self.values, self.numbers, self.starts), shape=(len(self), self.items)).T.tocsr()

    def row(self, numbers: NDArray[Any], values: NDArray[Any]) -> HistoryRows:
        """One user with these items (n,), in any order, and their weights; of items that training knew."""
        starts = np.array([0, len(numbers)], np.int64)
        return replace(self, starts=starts, numbers=numbers.astype(np.int32), values=values.astype(np.float32))

    def take(self, rows: NDArray[Any]) -> HistoryRows:
        """The given rows (B,), numbers or a mask."""
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        owners, places = self.entries(rows)
        starts = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=len(rows)))]).astype(np.int64)
        return replace(self, starts=starts, numbers=self.numbers[places], values=self.values[places])

    def spread(self, at: NDArray[np.bool_]) -> HistoryRows:
        """Rows (B,) of which those that `at` names are these, in order, and the others are empty."""
        counts = np.zeros(len(at), np.int64)
        counts[at] = np.diff(self.starts)
        return replace(self, starts=np.concatenate([[0], np.cumsum(counts)]))

    def merged(self, other: HistoryRows) -> HistoryRows:
        """Row by row, the entries of both; each row is empty in one of them."""
        order = np.argsort(np.concatenate([self.owners, other.owners]), kind="stable")
        numbers, values = (np.concatenate([getattr(one, name) for one in (self, other)])[order] for name in _ENTRIES)
        return replace(self, starts=self.starts + other.starts, numbers=numbers, values=values)

    def entries(self, rows: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The entries of the given rows (B,): which of the B each belongs to, and where it is stored."""
        first, counts = self.starts[rows], np.diff(self.starts)[rows]
        owners = np.repeat(np.arange(len(rows)), counts)
        return owners, first[owners] + np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)

    @property
    def owners(self) -> NDArray[np.int64]:
        """Which row each entry belongs to, (n,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def summed(self, rows: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
        """The weighted sum of the vectors of the given rows, (W,); weights: (B,)."""
        owners, places = self.entries(rows)
        weighted = (self.values[places] * weights[owners]).astype(np.float64)
        total: NDArray[np.float64] = np.bincount(self.numbers[places], weighted, minlength=self.items).astype(
            np.float64
        )
        if self.vectors is None:
            return total
        scaled = total if self.scale is None else np.multiply(total, self.scale)
        by_vector: NDArray[np.float64] = scaled @ self.vectors
        return by_vector

    def pulls(self, direction: NDArray[Any]) -> NDArray[np.float64]:
        """What each entry adds to the product of its user's vector with `direction` (W,); shape (n,)."""
        if self.vectors is None:
            along: NDArray[np.float64] = direction[self.numbers] * self.values
            return along
        own: NDArray[np.float64] = (self.vectors[self.numbers] @ direction) * self._scaled()
        return own

    def with_row(self, number: int, row: HistoryRows | None) -> HistoryRows:
        """The same with the one history `row` (None: an empty one) at a number, which may be one behind the last."""
        users = max(len(self), number + 1)
        counts = np.pad(np.diff(self.starts), (0, users - len(self)))
        before = int(counts[:number].sum())
        after = before + int(counts[number])
        counts[number] = 0 if row is None else len(row.numbers)
        columns = []
        for name in _ENTRIES:
            old = getattr(self, name)
            new = old[:0] if row is None else getattr(row, name)
            columns.append(np.concatenate([old[:before], new, old[after:]]))
        return replace(self, starts=np.concatenate([[0], np.cumsum(counts)]), numbers=columns[0], values=columns[1])

    def padded(self, more: int) -> HistoryRows:
        """The same with empty rows at the end."""
        return replace(self, starts=np.pad(self.starts, (0, more), mode="edge"))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays from which `from_arrays` builds the same rows; the items' vectors are not among them."""
        arrays: dict[str, NDArray[Any]] = {
            "starts": self.starts,
            "numbers": self.numbers,
            "values": self.values,
            "items": np.array(self.items),
        }
        return arrays if self.scale is None else arrays | {"scale": self.scale}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], vectors: Floats | None) -> HistoryRows:
        """vectors: (I, W), those of the items of the model; None for rows of the items themselves."""
        starts, numbers, values = (arrays[name] for name in ("starts", *_ENTRIES))
        items, scale = arrays["items"].item(), arrays.get("scale")
        if vectors is None:
            return cls.of_items(starts, numbers, values, items)
        return cls(starts, numbers, values, items, None if scale is None else vectors[:items], scale)

    @classmethod
    def of_items(cls, starts: NDArray[np.int64], numbers: NDArray[np.int32], values: Floats, items: int) -> HistoryRows:
        """The weights of items on `items` others; these rows have no vectors."""
        return cls(starts, numbers, values, items, np.zeros((items, 0), np.float32))
