"""Which rows of one side are most similar to one of them."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers
from penchant.foundations.optional import require
from penchant.models.rows import Floats, Rows
from penchant.models.sides import Side
from penchant.recommending.top_n import top_n


def directions_of(rows: Rows) -> Any:
    """Each row's vector, its samples side by side, scaled to length one: (B, S·K); a zero vector stays zero.

    Items without vectors, but with weights on others, have their weights: a sparse matrix (B, K).
    """
    samples, size, width = rows.vectors.shape
    if rows.history is not None and not width:
        from scipy.sparse import diags_array

        weights = rows.history.by_number.T.tocsr()
        squares = np.asarray(weights.multiply(weights).sum(axis=1), np.float32).ravel()
        scale = np.divide(1.0, np.sqrt(squares), out=np.zeros_like(squares), where=squares > 0)
        return (diags_array(scale) @ weights).tocsr()
    flat = rows.vectors.transpose(1, 0, 2).reshape(size, samples * width)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.divide(flat, lengths, out=np.zeros_like(flat), where=lengths > 0)


def dense_directions(rows: Rows) -> Floats:
    """The same as a dense array."""
    return _dense(directions_of(rows))


def _dense(directions: Any) -> Floats:
    found: Floats = directions if isinstance(directions, np.ndarray) else directions.toarray()
    return found


SHRINKAGE = 2.0
"""Ratings at which a cosine counts half.

Chosen from 0 to 40 by what the ten nearest of 300 items have in common, trained on ids alone: genres of MovieLens films
(als 0.241 without, 0.289 with; bayes 0.372 and 0.372) and authors of goodbooks (als 0.087 and 0.086, bayes 0.194 and
0.195). Larger values favour popular items.
"""

_CANDIDATES = 5
"""How many times as many rows an index is asked for as are wanted, since their order by similarity is another one."""


@dataclass(frozen=True)
class Nearest:
    """The nearest rows, best first.

    numbers: (n,). similarities: (n,) cosines, shrunk by their support. support: (n,), the training ratings that each
    similarity rests on, those of the row with fewer.
    """

    numbers: Numbers
    similarities: Floats
    support: NDArray[np.int32]


class Neighbourhood:
    """The directions of one side's rows, and who lies where.

    A cosine that rests on few ratings is large by chance more often than one that rests on many. So it is multiplied
    by s / (s + SHRINKAGE), s being the number of ratings of the row with fewer (Koren 2008, Factorization meets the
    neighborhood, section 2.2). Rows without a training rating are left out: their vectors repeat what their features
    say.
    """

    def __init__(self, side: Side) -> None:
        self.directions = directions_of(side.all_rows())
        self._counts = side.counts
        self._index: Any = None

    def of(self, numbers: Numbers) -> Floats:
        """The directions of some rows, (B, S·K)."""
        return _dense(self.directions[numbers])

    def updated(self, side: Side, numbers: Numbers) -> Neighbourhood:
        """The same for a side that differs in some unrated rows (m,), which may lie behind the last one."""
        fresh, more = copy(self), len(side) - len(self._counts)
        fresh._counts = side.counts
        if isinstance(self.directions, np.ndarray):
            fresh.directions = np.pad(self.directions, ((0, more), (0, 0)))
            fresh.directions[numbers] = directions_of(side.rows(numbers))
        elif more:  # weights on other items, of which an unrated one has none
            from scipy.sparse import csr_array

            old = self.directions
            starts = np.pad(old.indptr, (0, more), mode="edge")
            fresh.directions = csr_array((old.data, old.indices, starts), shape=(len(side), old.shape[1]))
        return fresh

    def near(
        self, number: int, n: int, *, approximate: bool = False, hidden: NDArray[np.bool_] | None = None
    ) -> Nearest:
        """The n rows most similar to one of them, itself and the hidden ones (N,) left out."""
        allowed = self._counts > 0 if hidden is None else (self._counts > 0) & ~hidden
        allowed[number] = False
        own = int(self._counts[number])
        return self.towards(self.of(np.array([number]))[0], n, own=own, allowed=allowed, approximate=approximate)

    def towards(
        self,
        direction: Floats,
        n: int,
        *,
        own: int = 0,
        allowed: NDArray[np.bool_] | None = None,
        approximate: bool = False,
    ) -> Nearest:
        """The n rows most similar to any direction (S·K,).

        own: how many ratings the direction rests on; without any, only those of the other row count. allowed: (N,),
        the rows that may be named, or None for all rated ones.
        """
        allowed = self._counts > 0 if allowed is None else allowed
        numbers = self._candidates(direction, n, allowed, approximate)
        support = self._counts[numbers] if not own else np.minimum(self._counts[numbers], own)
        shrunk = (self.directions[numbers] @ direction) * (support / (support + SHRINKAGE)).astype(np.float32)
        best = top_n(shrunk, n)
        return Nearest(numbers[best], shrunk[best], support[best])

    def _candidates(self, direction: Floats, n: int, allowed: NDArray[np.bool_], approximate: bool) -> Numbers:
        """The numbers, in rising order, of rows among which the nearest are looked for."""
        if not approximate or not isinstance(self.directions, np.ndarray):
            return np.flatnonzero(allowed).astype(np.int32)
        found = np.sort(self._found_by_index(direction, _CANDIDATES * (n + 1)))
        return found[allowed[found]]

    def _found_by_index(self, direction: Floats, n: int) -> Numbers:
        """Candidates from a navigable small-world graph (Malkov and Yashunin 2020), built when first asked for."""
        if self._index is None:
            usearch = require("usearch.index", extra="ann")
            self._index = usearch.Index(ndim=self.directions.shape[1], metric="cos", dtype="f32")
            rated = np.flatnonzero(self._counts > 0)
            self._index.add(rated.astype(np.uint64), self.directions[rated], threads=1)
        found: Numbers = self._index.search(direction, n).keys.astype(np.int32)
        return found
