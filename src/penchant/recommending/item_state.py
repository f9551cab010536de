"""ItemState: a new item as one model sees it, from its features and the ratings it has had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import Numbers
from penchant.models.pair_predictions import score_pairs
from penchant.models.rows import Rows
from penchant.recommending.fold_in import infer
from penchant.recommending.list_scoring import BLOCK
from penchant.recommending.neighbours import directions_of
from penchant.recommending.request import Answer, Prediction, Source, weaker
from penchant.recommending.row_lookup import features_from, resolve
from penchant.recommending.top_n import top_n
from penchant.recommending.user_state import as_ids, in_numbers

if TYPE_CHECKING:
    from penchant.recommending.recommender import Model


@dataclass(frozen=True)
class ItemState:
    """One item's row in a model, and what it rests on. The model itself is not changed by it.

    rows: (S, 1, D). numbers, values: (n,), the users who rated it and how. features: its one row of features, or None.
    unknown: the user ids given that the model does not hold.
    """

    model: Model
    rows: Rows
    source: Source
    numbers: Numbers
    values: NDArray[np.float32]
    features: FeatureTable | None = None
    unknown: Sequence[Any] = ()

    def predict(self, users: Any) -> Prediction:
        """Expected ratings of one user id or B of them for this item; unknown ids are answered."""
        trained = self.model.trained
        found = resolve(trained.users, trained.users.vocabulary.numbers(as_ids(users).tolist()))
        scores = score_pairs(trained, found.rows, self.rows)
        own = np.full(len(scores.mean), self.source, dtype=object)
        return Prediction(scores.mean, scores.std, weaker(found.sources, own), found.sources, own)

    def audience(self, n: int = 10) -> Answer:
        """The n users who have not rated it and are expected to rate it highest, best first."""
        trained = self.model.trained
        allowed = np.ones(len(trained.users), bool)
        allowed[self.numbers] = False
        best = top_n(self._scores(), n, allowed=allowed)
        said = self.predict(trained.users.vocabulary.take(best))
        titles = [trained.users.title(number) for number in best]
        ids = trained.users.vocabulary.take(best)
        return Answer(None, ids, titles, said.mean, said.std, said.user_source, self.source, self.unknown)

    def _scores(self) -> NDArray[np.float32]:
        """What every user is expected to think of it, (U,), a block of users at a time."""
        trained = self.model.trained
        blocks = np.split(np.arange(len(trained.users)), range(BLOCK, len(trained.users), BLOCK))
        return np.concatenate([trained.scorer.all_items(trained.users.rows(one), self.rows)[:, 0] for one in blocks])

    def similar(self, n: int = 10) -> Answer:
        """The n items of the catalogue whose vectors point most nearly its way; scores are cosines."""
        items = self.model.trained.items
        best, cosines = self.model.item_neighbourhood.towards(directions_of(self.rows)[0], n)
        known = np.full(len(best), "known", dtype=object)
        titles = [items.title(number) for number in best]
        ids = items.vocabulary.take(best)
        return Answer(None, ids, titles, cosines, np.zeros_like(cosines), known, self.source, self.unknown)


def item_state_of(model: Model, ratings: Mapping[Any, float] | None, features: Mapping[str, Any] | None) -> ItemState:
    """The item described by features (name -> value) and by ratings (user id -> rating); either may be empty."""
    trained = model.trained
    numbers, values, unknown = in_numbers(trained.users, ratings or {})
    table = features_from(trained.items, [features]) if features else None
    found = infer(trained, "items", numbers, values, table)
    return ItemState(model, found.rows, found.source, numbers, values, table, unknown)
