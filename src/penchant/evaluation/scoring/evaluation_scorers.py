"""Who is measured: anything that answers pairs and scores rows in a split's own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from penchant.data.splitting import Split
from penchant.evaluation.scoring.folded_side import FoldedSide, groups
from penchant.evaluation.scoring.renumbering import Renumbering
from penchant.foundations.errors import CallerError
from penchant.models.pair_predictions import score_pairs, score_table
from penchant.models.rows import Rows, merged
from penchant.recommending.recommender import Model
from penchant.recommending.request import weaker
from penchant.recommending.row_lookup import Resolved

Numbers = NDArray[Any]
_UNMET_AT_ONCE = 64
"""How many unmet rows are resolved together: each brings a covariance for every draw."""


@dataclass(frozen=True)
class Answers:
    """mean: (n,) predictions. std: (n,) or None where a contestant does not say. sources: (n,) or None."""

    mean: NDArray[Any]
    std: NDArray[Any] | None = None
    sources: NDArray[Any] | None = None


class EvaluationScorer(Protocol):
    """One side of a comparison.

    label: its name in tables. predicts_ratings: False for one that only orders items. ranks: False for one that has
    no order.
    """

    label: str
    predicts_ratings: bool
    ranks: bool

    def predict(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None = None) -> Answers:
        """Answers for pairs (n,), (n,) in the numbers of the split's test, unmet ones included.

        times: (n,) when each rating is made, in seconds since 1970, where that may be known.
        """

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        """Scores (B, I) of all items of the split's test for the users (B,)."""


class RecommenderScorer:
    """A Model, whatever it numbers its ids like, met through a split's numbers.

    Ratings that the split gives of hidden users and items are folded in first.
    """

    ranks = True

    def __init__(self, model: Model, split: Split, label: str | None = None) -> None:
        trained = model.trained
        self.model = model
        self.label = label or trained.kind
        self.predicts_ratings = trained.objective == "rating"
        self._users = Renumbering.of(trained.users.vocabulary, split.test.users, split.test.user_features)
        self._items = Renumbering.of(trained.items.vocabulary, split.test.items, split.test.item_features)
        self._user_side = FoldedSide(trained, "users", self._users, self._items, split.given)
        self._item_side = FoldedSide(trained, "items", self._items, self._users, split.given)
        self._refuse_leak(split)

    def predict(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None = None) -> Answers:
        own_users, own_items = self._users.numbers[users], self._items.numbers[items]
        if self._user_side.folds or self._item_side.folds:
            return self._predict_folded(own_users, own_items, times)
        said = self.model.predict_numbers(
            own_users,
            own_items,
            user_features=self._users.features,
            item_features=self._items.features,
            timestamps=times,
        )
        return Answers(said.mean, said.std, said.source)

    def _predict_folded(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None) -> Answers:
        temporal_bias = self.model.trained.temporal_bias
        mean, std = np.empty(len(users), np.float32), np.empty(len(users), np.float32)
        sources = np.empty(len(users), dtype=object)
        one_user = np.where(self._user_side.is_folded(users), users, -1)
        one_item = np.where(self._item_side.is_folded(items), items, -1)
        for at in groups(one_user, one_item):
            for start in range(0, len(at), _UNMET_AT_ONCE):
                rows = at[start : start + _UNMET_AT_ONCE]
                u = _one_or_all(self._user_side, one_user[rows[0]], users[rows])
                i = _one_or_all(self._item_side, one_item[rows[0]], items[rows])
                when = None if times is None else times[rows]
                shift = None if temporal_bias is None else temporal_bias.shift(users[rows], when)
                said = score_pairs(self.model.trained, u.rows, i.rows, shift)
                mean[rows], std[rows] = said.mean, said.std
                sources[rows] = weaker(u.sources, i.sources)
        return Answers(mean, std, sources)

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        rows, items = self._user_side.means(self._users.numbers[users]), self._all_items
        if isinstance(items, Rows):
            return self.model.trained.scorer.all_items(rows, items)
        return score_table(self.model.trained, rows, items)

    @cached_property
    def _all_items(self) -> Rows | NDArray[np.float32]:
        """Every item of the split, stacked where the mean over samples is one dot product."""
        rows = _all_rows(self._item_side, self._items.numbers)
        stacked = self.model.trained.scorer.stacked(rows)
        return rows if stacked is None else stacked

    def _refuse_leak(self, split: Split) -> None:
        """A model that has learnt from test rows is not measured: its metrics would mean nothing."""
        known, test, width = self.model.trained.interactions, split.test, len(self.model.trained.items)
        users = self._users.numbers[test.user_numbers].astype(np.int64)
        items = self._items.numbers[test.item_numbers].astype(np.int64)
        learnt = np.isin(users * width + items, known.users.astype(np.int64) * width + known.items) & (items < width)
        if learnt.any():
            raise CallerError(
                f"the model has learnt from {int(learnt.sum())} of the {len(test)} test rows",
                where=split.name,
                remedy="Train it on split.train",
            )


def _one_or_all(side: FoldedSide, folded: int, numbers: Numbers) -> Resolved:
    """The one row of a folded number that all B pairs share, or the B rows of numbers that are not folded."""
    if folded < 0:
        return side.resolved(numbers)
    return Resolved(side.folded(int(folded)), np.full(len(numbers), "folded_in", dtype=object))


def _all_rows(side: FoldedSide, numbers: Numbers) -> Rows:
    """The rows of every number (N,) of the split, known ones straight from the side."""
    own = side.side
    unmet = np.flatnonzero(numbers >= len(own))
    if not len(unmet) and len(numbers) == len(own) and (numbers == np.arange(len(own))).all():
        return own.all_rows()
    rows = own.rows(np.where(numbers < len(own), numbers, 0))
    for start in range(0, len(unmet), _UNMET_AT_ONCE):
        here = np.zeros(len(numbers), bool)
        here[unmet[start : start + _UNMET_AT_ONCE]] = True
        rows = merged(side.means(numbers[here]), rows.take(~here), here)
    return rows


def labels_of(contestants: Sequence[EvaluationScorer]) -> list[str]:
    """The contestants' names, refused where two share one."""
    labels = [one.label for one in contestants]
    twice = {label for label in labels if labels.count(label) > 1}
    if twice:
        raise CallerError(f"two contestants are called {twice.pop()!r}", remedy="Give each a label of its own")
    return labels
