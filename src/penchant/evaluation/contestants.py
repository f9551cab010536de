"""Who is measured: anything that answers pairs and scores rows in a split's own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.splitting import Split
from penchant.data.vocabulary import UNKNOWN, Vocabulary
from penchant.foundations.errors import CallerError
from penchant.models.heads import DotHead, stack_items
from penchant.models.scoring import score_table
from penchant.models.sides import Rows, Side
from penchant.recommending.model import Model
from penchant.recommending.resolving import resolve

Numbers = NDArray[Any]
_UNMET_AT_ONCE = 64
"""How many unmet items are resolved together: each brings a covariance for every draw."""


@dataclass(frozen=True)
class Answers:
    """mean: (n,) predictions. std: (n,) or None where a contestant does not say. sources: (n,) or None."""

    mean: NDArray[Any]
    std: NDArray[Any] | None = None
    sources: NDArray[Any] | None = None


class Contestant(Protocol):
    """One side of a comparison.

    label: its name in tables. predicts_ratings: False for one that only orders items. ranks: False for one that has
    no order.
    """

    label: str
    predicts_ratings: bool
    ranks: bool

    def predict(self, users: Numbers, items: Numbers) -> Answers:
        """Answers for pairs (n,), (n,) in the numbers of the split's test, unmet ones included."""

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        """Scores (B, I) of all items of the split's test for the users (B,)."""


class ModelContestant:
    """A Model, whatever it numbers its ids like, met through a split's numbers."""

    ranks = True

    def __init__(self, model: Model, split: Split, label: str | None = None) -> None:
        trained = model.trained
        self.model = model
        self.label = label or trained.kind
        self.predicts_ratings = trained.objective == "rating"
        self._users = _Renumbering.of(trained.users.vocabulary, split.test.users, split.test.user_features)
        self._items = _Renumbering.of(trained.items.vocabulary, split.test.items, split.test.item_features)
        self._refuse_leak(split)

    def predict(self, users: Numbers, items: Numbers) -> Answers:
        said = self.model.predict_numbers(
            self._users.numbers[users],
            self._items.numbers[items],
            user_features=self._users.features,
            item_features=self._items.features,
        )
        return Answers(said.mean, said.std, said.source)

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        rows = _rows(self.model.trained.users, self._users, users)
        if isinstance(self._all_items, Rows):
            return self.model.trained.head.table(rows, self._all_items)
        return score_table(self.model.trained, rows, self._all_items)

    @cached_property
    def _all_items(self) -> Rows | NDArray[np.float32]:
        """Every item of the split, stacked where the mean over draws is one dot product."""
        trained = self.model.trained
        rows = _all_rows(trained.items, self._items)
        straight = isinstance(trained.head, DotHead) and trained.head.link == "identity"
        return stack_items(rows) if straight else rows

    def _refuse_leak(self, split: Split) -> None:
        """A model that has learnt from test rows is not measured: its figures would mean nothing."""
        seen, test, width = self.model.trained.seen, split.test, len(self.model.trained.items)
        owners = np.repeat(np.arange(len(seen.starts) - 1, dtype=np.int64), seen.counts)
        users = self._users.numbers[test.user_numbers].astype(np.int64)
        items = self._items.numbers[test.item_numbers].astype(np.int64)
        learnt = np.isin(users * width + items, owners * width + seen.numbers) & (items < width)
        if learnt.any():
            raise CallerError(
                f"the model has learnt from {int(learnt.sum())} of the {len(test)} test rows",
                where=split.name,
                remedy="Train it on split.train",
            )


@dataclass(frozen=True)
class _Renumbering:
    """numbers: (N,) the model's number of each of the split's; behind the model's own where it has none.

    features: a table whose row of such a number describes it, or None.
    """

    numbers: NDArray[np.int32]
    features: FeatureTable | None

    @classmethod
    def of(cls, own: Vocabulary, theirs: Vocabulary, features: FeatureTable | None) -> _Renumbering:
        if np.array_equal(own.ids, theirs.ids[: len(own)]):
            return cls(np.arange(len(theirs), dtype=np.int32), features)
        found = own.numbers(theirs.ids)
        behind = len(own) + np.arange(len(theirs), dtype=np.int32)
        rows = np.concatenate([np.full(len(own), -1), np.arange(len(theirs))])
        return cls(np.where(found == UNKNOWN, behind, found), features and features.take(rows))


def _rows(side: Side, renumbering: _Renumbering, numbers: Numbers) -> Rows:
    """Rows of the split's numbers (B,), without their covariance, which no order depends on."""
    own = renumbering.numbers[numbers]
    features = renumbering.features and renumbering.features.take(own)
    resolved = resolve(side, own, features).rows
    return Rows(resolved.bias, resolved.vectors)


def _all_rows(side: Side, renumbering: _Renumbering) -> Rows:
    """The rows of every number of the split, known ones straight from the side."""
    numbers = renumbering.numbers
    unmet = np.flatnonzero(numbers >= len(side))
    if not len(unmet) and len(numbers) == len(side) and (numbers == np.arange(len(side))).all():
        return side.all_rows()
    learnt = side.rows(np.where(numbers < len(side), numbers, 0))
    bias, vectors = learnt.bias.copy(), learnt.vectors.copy()
    for start in range(0, len(unmet), _UNMET_AT_ONCE):
        at = unmet[start : start + _UNMET_AT_ONCE]
        rows = _rows(side, renumbering, at)
        bias[:, at], vectors[:, at] = rows.bias, rows.vectors
    return Rows(bias, vectors)


def labels_of(contestants: Sequence[Contestant]) -> list[str]:
    """The contestants' names, refused where two share one."""
    labels = [one.label for one in contestants]
    twice = {label for label in labels if labels.count(label) > 1}
    if twice:
        raise CallerError(f"two contestants are called {twice.pop()!r}", remedy="Give each a label of its own")
    return labels
