"""Which rows of one side lie closest to one of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers
from penchant.foundations.optional import require
from penchant.models.rows import Floats, Rows
from penchant.models.sides import Side
from penchant.recommending.top_n import top_n


def directions_of(rows: Rows) -> Floats:
    """Each row's vector, its samples side by side, scaled to length one: (B, S·K); a zero vector stays zero."""
    samples, size, width = rows.vectors.shape
    flat = rows.vectors.transpose(1, 0, 2).reshape(size, samples * width)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.divide(flat, lengths, out=np.zeros_like(flat), where=lengths > 0)


class Neighbourhood:
    """The directions of one side's rows, and who lies where.

    Rows that no training rating formed are left out: their vectors repeat what their features say.
    """

    def __init__(self, side: Side) -> None:
        self.directions = directions_of(side.all_rows())
        self._rated = side.counts > 0
        self._index: Any = None

    def near(self, number: int, n: int, *, approximate: bool = False) -> tuple[Numbers, Floats]:
        """The n rows whose vectors point most nearly the way of one, itself left out, and their cosines, (n,) each."""
        allowed = self._rated.copy()
        allowed[number] = False
        return self.towards(self.directions[number], n, allowed=allowed, approximate=approximate)

    def towards(
        self, direction: Floats, n: int, *, allowed: NDArray[np.bool_] | None = None, approximate: bool = False
    ) -> tuple[Numbers, Floats]:
        """The n rows nearest to any direction (S·K,). allowed: (N,), those that may be named, or None for all rated."""
        allowed = self._rated if allowed is None else allowed
        if approximate:
            numbers = self._found_by_index(direction, n + 1)
            numbers = numbers[allowed[numbers]]
            cosines = self.directions[numbers] @ direction
            order = top_n(cosines, n)
            return numbers[order], cosines[order]
        cosines = self.directions @ direction
        best = top_n(cosines, n, allowed=allowed)
        return best, cosines[best]

    def _found_by_index(self, direction: Floats, n: int) -> Numbers:
        """Candidates from a navigable small-world graph (Malkov and Yashunin 2020), built when first asked for."""
        if self._index is None:
            usearch = require("usearch.index", extra="ann")
            self._index = usearch.Index(ndim=self.directions.shape[1], metric="cos", dtype="f32")
            rated = np.flatnonzero(self._rated)
            self._index.add(rated.astype(np.uint64), self.directions[rated], threads=1)
        found: Numbers = self._index.search(direction, n).keys.astype(np.int32)
        return found
