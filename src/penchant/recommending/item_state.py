"""ItemState: a new item with its row in each part, from its features and its ratings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.arguments import checked_arguments
from penchant.recommending.argument_checks import features_by_name, in_numbers, numbers_of, ratings_by_id
from penchant.recommending.item_index import ItemIndex, PartIndex, PartName
from penchant.recommending.list_scoring import BLOCK
from penchant.recommending.neighbours import dense_directions
from penchant.recommending.options import By, check_count
from penchant.recommending.part_row import PartRow
from penchant.recommending.results import Prediction, Ranking, Source
from penchant.recommending.row_lookup import features_from
from penchant.recommending.top_n import top_n


@dataclass(frozen=True)
class ItemState:
    """One item's row in each part, and its source. The recommender is not changed.

    rows: by part. unknown: the given user ids that are not in the recommender.
    """

    index: ItemIndex
    rows: Mapping[PartName, PartRow]
    unknown: Sequence[Any] = ()

    @property
    def source(self) -> Source:
        """The source of the row."""
        return self.rows[self.index.one_part(None)].source

    @checked_arguments
    def predict(self, users: Any) -> Prediction:
        """Expected ratings of one user id or of B user ids for this item; unknown ids are predicted too.

        Raises CallerError without a rating model.
        """
        self.index.part("rating")
        return self.rows["rating"].predict(numbers_of(users, self.index.users, "users"))

    @checked_arguments
    def audience(self, n: int = 10, *, by: By | None = None) -> Ranking:
        """The n users with the highest scores among those who have not rated it, best first. by: the scoring part."""
        check_count(n)
        name = self.index.one_part(by)
        row = self.rows[name]
        users = row.trained.users
        allowed = np.ones(len(users), bool)
        allowed[row.numbers] = False
        best = top_n(_scores(row), n, allowed=allowed)
        said = row.predict(best)
        rating = name == "rating"
        return Ranking(
            asked=None,
            ids=users.vocabulary.take(best).tolist(),
            titles=[users.title(number) for number in best],
            scores=said.mean,
            sources=said.user_source.tolist(),
            source=row.source,
            by=name,
            predicted=said.mean if rating else None,
            std=said.std if rating else None,
            unknown=self.unknown,
        )

    @checked_arguments
    def similar(self, n: int = 10, *, by: By | None = None) -> Ranking:
        """The n items whose vectors point most nearly in its direction; scores are as in `similar_items`."""
        check_count(n)
        row = self.rows[self.index.one_part(by)]
        items, hidden = row.trained.items, self.index.hidden
        allowed = None if hidden is None else (items.counts > 0) & ~hidden
        found = row.part.items_near.towards(dense_directions(row.rows)[0], n, own=len(row.numbers), allowed=allowed)
        return Ranking(
            asked=None,
            ids=items.vocabulary.take(found.numbers).tolist(),
            titles=[items.title(number) for number in found.numbers],
            scores=found.similarities,
            sources=["known"] * len(found.numbers),
            source=row.source,
            by="cosine",
            support=found.support,
            unknown=self.unknown,
        )


def _scores(row: PartRow) -> NDArray[np.float32]:
    """The score of the item for every user, (U,), computed in blocks of users."""
    trained = row.trained
    blocks = np.split(np.arange(len(trained.users)), range(BLOCK, len(trained.users), BLOCK))
    return np.concatenate([trained.scorer.all_items(trained.users.rows(one), row.rows)[:, 0] for one in blocks])


def item_state_of(
    index: ItemIndex, ratings: Mapping[Any, float] | None, features: Mapping[str, Any] | None
) -> ItemState:
    """The item with these ratings (user id -> rating) and features (name -> value); either may be empty."""
    checked = ratings_by_id(ratings, index.scale, "user id")
    numbers, values, unknown = in_numbers(index.users, checked)
    described = features_by_name(features, [part.trained.items for part in index.parts.values()], "items")
    rows = {name: _row_in(part, numbers, values, described) for name, part in index.parts.items()}
    return ItemState(index, rows, unknown)


def _row_in(
    part: PartIndex, numbers: NDArray[np.int32], values: NDArray[np.float32], features: Mapping[str, Any] | None
) -> PartRow:
    table = features_from(part.trained.items, [features]) if features else None
    return PartRow.folded_in(part, "items", numbers, values, table)
