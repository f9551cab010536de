"""Scorers for evaluation: they predict pairs and score all items in the numbering of a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from penchant.data.splitting import Split
from penchant.data.vocabulary import UNKNOWN
from penchant.evaluation.scoring.folded_side import FoldedSide, groups
from penchant.evaluation.scoring.renumbering import Renumbering
from penchant.foundations.errors import CallerError
from penchant.models.pair_predictions import score_pairs, score_table
from penchant.models.rating_moments import ItemSpread
from penchant.models.rows import Rows, merged
from penchant.models.trained import TrainedModel
from penchant.recommending.options import By
from penchant.recommending.predictions import predict_numbers
from penchant.recommending.ranking_terms import Moments, TermInputs, moments_of, ranking_table
from penchant.recommending.recommender import Recommender, index_of
from penchant.recommending.results import weaker
from penchant.recommending.row_lookup import Resolved

Numbers = NDArray[Any]
_UNRATED_AT_ONCE = 64
"""The number of unknown or unrated rows that are resolved together; each has a covariance in every sample."""


@dataclass(frozen=True)
class ScorerOutput:
    """Predictions. mean: (n,). std: (n,), or None if the scorer has none. sources: (n,), or None.

    p_like: (n,), the probability of a rating of `liked_from` or more, or None.
    """

    mean: NDArray[Any]
    std: NDArray[Any] | None = None
    sources: NDArray[Any] | None = None
    p_like: NDArray[Any] | None = None
    liked_from: float = float("nan")


class EvaluationScorer(Protocol):
    """A model that is evaluated.

    label: its name in tables. predicts_ratings: False for a model that only ranks. ranks: False for a model that only
    predicts ratings.
    """

    label: str
    predicts_ratings: bool
    ranks: bool

    def predict(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None = None) -> ScorerOutput:
        """Predictions for pairs (n,), (n,) in the numbers of the split's test, unknown users and items included.

        times: (n,) the time of each rating in seconds since 1970, or None if the model may not use it.
        """

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        """Scores (B, I) of all items of the split's test for the users (B,)."""


class RecommenderScorer:
    """A Recommender as a scorer in the numbering of a split; its own numbering may differ.

    Ratings that the split gives of new users and items are folded in first. by: what lists are ordered by; None for the
    recommender's own order.
    """

    ranks = True

    def __init__(self, model: Recommender, split: Split, label: str | None = None, *, by: By | None = None) -> None:
        self.model, index = model, index_of(model)
        self._index, self._by = index, index.order(by)
        self.label = label or self.label_of(model)
        self.predicts_ratings = "rating" in index.parts
        self._users = Renumbering.of(index.users, split.test.users, split.test.user_features)
        self._items = Renumbering.of(index.items, split.test.items, split.test.item_features)
        self._parts = {
            name: PartScorer(part.trained, self._users, self._items, split) for name, part in index.parts.items()
        }
        self._refuse_leak(split)

    @staticmethod
    def label_of(model: Recommender) -> str:
        """The kinds of the recommender's parts."""
        return "+".join(part.trained.kind for part in index_of(model).parts.values())

    def predict(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None = None) -> ScorerOutput:
        part, liking = self._parts["rating" if "rating" in self._parts else "choice"], self._index.liking
        found = part.predict(self._users.numbers[users], self._items.numbers[items], times)
        if liking is None or found.std is None:
            return found
        return replace(found, p_like=liking.probability(found.mean, found.std), liked_from=liking.liked)

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        return self.score_rows_by(users, self._by)

    def score_rows_by(self, users: Numbers, by: By) -> NDArray[Any]:
        """Scores (B, I) of all items for the users (B,), by any order that the recommender has."""
        numbers, ranker = self._users.numbers[users], self._index.ranker_for(by)
        if ranker is not None:
            return ranking_table(ranker, by, self._inputs(numbers))
        table = self._parts["choice" if by == "choice" else "rating"].score_rows(numbers)
        # items without interactions come after all others, as in a list
        low, high = (float(end(table, initial=0)) for end in (np.min, np.max))
        return np.where(self._unrated, table - (high - low + 1), table)

    @cached_property
    def _unrated(self) -> NDArray[np.bool_]:
        """Which items of the split have no interaction in training and none given, (I,)."""
        numbers = self._items.numbers
        known = numbers < len(self._index.items)
        unrated = ~known | self._index.unrated[np.where(known, numbers, 0)]
        part = next(iter(self._parts.values()))
        return unrated & ~part.folds_item(numbers)

    @cached_property
    def _static(self) -> dict[str, NDArray[np.float64]]:
        """The ranker's terms that are the same for all users, for the items of the split."""
        return {
            name: _at(values, self._items.numbers, values.min()) for name, values in self._index.static_terms.items()
        }

    def _inputs(self, numbers: Numbers) -> TermInputs:
        """What the ranker needs for the users' numbers (B,)."""
        choice, rating = self._parts["choice"], self._parts.get("rating")
        moments = None if rating is None else rating.moments(numbers)
        near = self._index.neighbours

        def neighbours() -> NDArray[np.float32]:
            assert near is not None
            table = near.table(np.where(numbers < len(self._index.users), numbers, UNKNOWN))
            for at in np.flatnonzero(choice.folds_user(numbers)):
                table[at] = near.scores(choice.given_items(int(numbers[at])))
            return _at(table, self._items.numbers, 0)

        return TermInputs(
            self._unrated, choice.score_rows(numbers), moments, self._static, None if near is None else neighbours
        )

    def _refuse_leak(self, split: Split) -> None:
        """Raise CallerError for a model that was trained on test rows, because its metrics would be invalid."""
        seen, test, width = self._index.seen, split.test, len(self._index.items)
        owners = np.repeat(np.arange(len(seen.starts) - 1, dtype=np.int64), seen.counts)
        users = self._users.numbers[test.user_numbers].astype(np.int64)
        items = self._items.numbers[test.item_numbers].astype(np.int64)
        learned = np.isin(users * width + items, owners * width + seen.numbers) & (items < width)
        if learned.any():
            raise CallerError(
                f"the model has learned from {int(learned.sum())} of the {len(test)} test rows",
                where=split.name,
                remedy="Train it on split.train",
            )


class PartScorer:
    """One part of a recommender, in the part's own numbering."""

    def __init__(self, trained: TrainedModel, users: Renumbering, items: Renumbering, split: Split) -> None:
        self.trained, self._users, self._items = trained, users, items
        self._user_side = FoldedSide(trained, "users", users, items, split.given)
        self._item_side = FoldedSide(trained, "items", items, users, split.given)

    def predict(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None) -> ScorerOutput:
        """Predictions for pairs (n,), (n,)."""
        if self._user_side.folds or self._item_side.folds:
            return self._predict_folded(users, items, times)
        features = {"user_features": self._users.features, "item_features": self._items.features}
        said = predict_numbers(self.trained, users, items, **features, timestamps=times)
        return ScorerOutput(said.mean, said.std, said.source)

    def _predict_folded(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None) -> ScorerOutput:
        temporal_bias = self.trained.temporal_bias
        mean, std = np.empty(len(users), np.float32), np.empty(len(users), np.float32)
        sources = np.empty(len(users), dtype=object)
        one_user = np.where(self._user_side.is_folded(users), users, -1)
        one_item = np.where(self._item_side.is_folded(items), items, -1)
        for at in groups(one_user, one_item):
            for start in range(0, len(at), _UNRATED_AT_ONCE):
                rows = at[start : start + _UNRATED_AT_ONCE]
                u = _one_or_all(self._user_side, one_user[rows[0]], users[rows])
                i = _one_or_all(self._item_side, one_item[rows[0]], items[rows])
                when = None if times is None else times[rows]
                shift = None if temporal_bias is None else temporal_bias.shift(users[rows], when)
                said = score_pairs(self.trained, u.rows, i.rows, shift)
                mean[rows], std[rows] = said.mean, said.std
                sources[rows] = weaker(u.sources, i.sources)
        return ScorerOutput(mean, std, sources)

    def score_rows(self, numbers: Numbers) -> NDArray[Any]:
        """Scores (B, I) of all items of the split for the users' numbers (B,)."""
        rows, items = self.user_rows(numbers), self._all_items
        if isinstance(items, Rows):
            return self.trained.scorer.all_items(rows, items)
        return score_table(self.trained, rows, items)

    def user_rows(self, numbers: Numbers) -> Rows:
        """The users' rows (B,), without their covariance."""
        return self._user_side.means(numbers)

    def moments(self, numbers: Numbers) -> Moments:
        """The mean and the spread of ratings by the users' numbers (B,) of all items of the split."""
        rows = self.user_rows(numbers)
        variance = np.zeros(len(rows)) if rows.variance is None else rows.variance.astype(np.float64)
        for at in np.flatnonzero(self.folds_user(numbers)):
            variance[at] += self._spread.of_users(self._user_side.folded(int(numbers[at])))[0]
        rows = replace(rows, variance=variance.astype(np.float32))
        return moments_of(self.trained, rows, self._item_rows, self._spread)

    def folds_user(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Which users (B,) are folded in."""
        return self._user_side.is_folded(numbers)

    def folds_item(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Which items (B,) are folded in."""
        return self._item_side.is_folded(numbers)

    def given_items(self, user: int) -> Numbers:
        """The item numbers that a user who is folded in has given."""
        return self._user_side.given(user)[0]

    @cached_property
    def _spread(self) -> ItemSpread:
        return ItemSpread.of(self.trained)

    @cached_property
    def _item_rows(self) -> Rows:
        """The row of every item of the split."""
        return _all_rows(self._item_side, self._items.numbers)

    @cached_property
    def _all_items(self) -> Rows | NDArray[np.float32]:
        """All items of the split; as stacked vectors if the mean over samples is one dot product."""
        stacked = self.trained.scorer.stacked(self._item_rows)
        return self._item_rows if stacked is None else stacked


def _at(values: NDArray[Any], numbers: Numbers, missing: float) -> NDArray[Any]:
    """The columns of values (..., I) at item numbers (N,); `missing` for numbers behind the last."""
    known = numbers < values.shape[-1]
    return np.where(known, values[..., np.where(known, numbers, 0)], missing)


def _one_or_all(side: FoldedSide, folded: int, numbers: Numbers) -> Resolved:
    """The row of a folded-in number, which all B pairs share, or the B rows of numbers that are not folded in."""
    if folded < 0:
        return side.resolved(numbers)
    return Resolved(side.folded(int(folded)), np.full(len(numbers), "folded_in", dtype=object))


def _all_rows(side: FoldedSide, numbers: Numbers) -> Rows:
    """The rows of all numbers (N,) of the split."""
    own = side.side
    unknown = np.flatnonzero(numbers >= len(own))
    if not len(unknown) and len(numbers) == len(own) and (numbers == np.arange(len(own))).all():
        return own.all_rows()
    rows = own.rows(np.where(numbers < len(own), numbers, 0))
    for start in range(0, len(unknown), _UNRATED_AT_ONCE):
        here = np.zeros(len(numbers), bool)
        here[unknown[start : start + _UNRATED_AT_ONCE]] = True
        rows = merged(side.means(numbers[here]), rows.take(~here), here)
    return rows


def labels_of(scorers: Sequence[EvaluationScorer]) -> list[str]:
    """The labels of the scorers. Raises CallerError if two have the same label."""
    labels = [one.label for one in scorers]
    twice = {label for label in labels if labels.count(label) > 1}
    if twice:
        raise CallerError(f"two models have the label {twice.pop()!r}", remedy="Give each model its own label")
    return labels


def check_split(split: Any, done: str) -> None:
    """Raise CallerError for anything but a Split. done: the verb in the message."""
    if not isinstance(split, Split):
        raise CallerError(
            f"models are {done} on a Split, not on {type(split).__name__}",
            where="split",
            remedy="Make one, such as pt.split.random(ratings)",
        )
