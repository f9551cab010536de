"""Fold-in of the given ratings of a split's new users and items, for evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Grouped, Ratings
from penchant.evaluation.scoring.renumbering import Renumbering
from penchant.models.rows import Rows, merged
from penchant.models.scorers import SideName
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.recommending.fold_in import infer
from penchant.recommending.row_lookup import Resolved, resolve


class FoldedSide:
    """One side of a model, with folded-in rows for the new users (or items) with given ratings.

    Only given ratings with known rows of the other side are used. The model is not changed. Numbers are those of the
    model (see Renumbering).
    """

    def __init__(
        self, trained: TrainedModel, of: SideName, own: Renumbering, other: Renumbering, given: Ratings | None
    ) -> None:
        self._trained, self._of, self._own = trained, of, own
        self.side: Side = trained.users if of == "users" else trained.items
        known = len(trained.items if of == "users" else trained.users)
        self._given = None if given is None else _by_number(given, of, own, other, len(self.side), known)
        self._kept: tuple[int, Rows] | None = None

    @property
    def folds(self) -> bool:
        """Whether any row of this side is folded in."""
        return self._given is not None and bool(self._given.counts.any())

    def is_folded(self, numbers: NDArray[Any]) -> NDArray[np.bool_]:
        """Which of the numbers (B,) have given ratings."""
        if self._given is None:
            return np.zeros(len(numbers), dtype=bool)
        counts = np.pad(self._given.counts, (0, max(0, int(numbers.max(initial=0)) + 1 - len(self._given.counts))))
        found: NDArray[np.bool_] = counts[numbers] > 0
        return found

    def folded(self, number: int) -> Rows:
        """The row (S, 1, D) of a number that is folded in; the last one is cached."""
        if self._given is None:
            raise KeyError(number)
        if self._kept is None or self._kept[0] != number:
            features = self._own.described(np.array([number], dtype=np.int32))
            found = infer(self._trained, self._of, *self._given.row(number), features)
            self._kept = (number, found.rows)
        return self._kept[1]

    def given(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The other side's numbers and the ratings given of one number that is folded in."""
        if self._given is None:
            raise KeyError(number)
        return self._given.row(number)

    def resolved(self, numbers: NDArray[np.int32]) -> Resolved:
        """Rows of numbers (B,), none of which is folded in."""
        return resolve(self.side, numbers, self._own.described(numbers))

    def means(self, numbers: NDArray[np.int32]) -> Rows:
        """Rows of any numbers (B,) without covariance, which rankings do not depend on."""
        rows = replace(self.resolved(numbers).rows, covariance=None, variance=None)
        for place in np.flatnonzero(self.is_folded(numbers)):
            here = np.arange(len(numbers)) == place
            row = replace(self.folded(int(numbers[place])), covariance=None, variance=None)
            rows = merged(row, rows.take(~here), here)
        return rows


def _by_number(
    given: Ratings, of: SideName, own: Renumbering, other: Renumbering, own_size: int, other_size: int
) -> Grouped:
    """Given ratings of unknown numbers of one side with known ones of the other, grouped by the unknown numbers."""
    users, items = given.user_numbers, given.item_numbers
    mine, theirs = (users, items) if of == "users" else (items, users)
    keys, others = own.numbers[mine], other.numbers[theirs]
    used = (keys >= own_size) & (others < other_size)
    return Grouped.build(keys[used], others[used], given.values[used], int(own.numbers.max(initial=0)) + 1)


def groups(users: NDArray[Any], items: NDArray[Any]) -> Iterator[NDArray[np.int64]]:
    """Rows (n,) in groups with the same folded-in user and the same folded-in item; -1 stands for none.

    Groups of the same item are consecutive, so its row is computed once.
    """
    order = np.lexsort((users, items))
    changes = np.flatnonzero(np.diff(users[order]).astype(bool) | np.diff(items[order]).astype(bool)) + 1
    yield from np.split(order, changes)
