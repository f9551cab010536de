"""ItemIndex: the parts of a recommender with cached data for lists, shared by all requests."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Grouped
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import CallerError
from penchant.models.pair_predictions import stacked_items
from penchant.models.rating_moments import ItemSpread
from penchant.models.rows import Floats
from penchant.models.trained import TrainedModel
from penchant.recommending.elicitation import ElicitationState, elicitation_state_of
from penchant.recommending.neighbours import Neighbourhood
from penchant.recommending.options import By
from penchant.recommending.popularity import Popularity
from penchant.recommending.ranker import LOG_CHOICE, LOG_NEIGHBOURS, Liking, Ranker
from penchant.recommending.ranking_terms import static_terms
from penchant.recommending.recent_neighbours import RecentNeighbours

PartName = Literal["rating", "choice"]
REMEDIES: Mapping[str, str] = {
    "rating": "Ask `recommend` for a list, or train on ratings",
    "choice": 'Ask with by="rating", or train a choice model such as "ease"',
    "combined": "It takes a rating model and a choice model; ask for the one there is",
}


class PartIndex:
    """One trained model with data derived from it; each is computed when it is first used."""

    def __init__(self, trained: TrainedModel) -> None:
        self.trained = trained

    @cached_property
    def stacked(self) -> Floats | None:
        """All items as stacked vectors (I, W), or None; see `stacked_items`."""
        return stacked_items(self.trained)

    @cached_property
    def spread(self) -> ItemSpread:
        """The statistics of the items for the standard deviation of ratings."""
        return ItemSpread.of(self.trained)

    @cached_property
    def items_near(self) -> Neighbourhood:
        """The directions of the items' vectors."""
        return Neighbourhood(self.trained.items)

    @cached_property
    def users_near(self) -> Neighbourhood:
        """The directions of the users' vectors."""
        return Neighbourhood(self.trained.users)

    @cached_property
    def elicitation(self) -> ElicitationState | None:
        """The state of elicitation, or None if it depends on the user."""
        straight = self.trained.scorer.linear and len(self.trained.users) > 0
        return elicitation_state_of(self.trained, self.trained.users.rows(np.array([0]))) if straight else None


class ItemIndex:
    """The parts by name, the ranker, and what both parts share.

    hidden: the items that no list holds, (I,), or None for no such item.
    """

    def __init__(self, parts: Mapping[PartName, PartIndex], ranker: Ranker | None) -> None:
        self.parts, self.ranker = parts, ranker
        self.hidden: NDArray[np.bool_] | None = None
        self.main = parts[self.one_part(None)]

    @property
    def samples(self) -> int:
        """The number of posterior samples of the rating part, or 1 without one."""
        return self.parts["rating"].trained.samples if "rating" in self.parts else 1

    @property
    def users(self) -> Vocabulary:
        return self.main.trained.users.vocabulary

    @property
    def items(self) -> Vocabulary:
        return self.main.trained.items.vocabulary

    def part(self, name: PartName) -> PartIndex:
        """The part with that name. Raises CallerError if there is none."""
        if name not in self.parts:
            raise CallerError(f"this recommender has no {name} model", remedy=REMEDIES[name])
        return self.parts[name]

    def order(self, by: By | None) -> By:
        """The order of a list for the argument `by`. Raises CallerError if a part is missing for it."""
        whole = len(self.parts) == 2
        if by is None:
            return "combined" if whole else next(iter(self.parts))
        if by == "combined":
            if not whole:
                raise CallerError("this recommender has one part", where="by", remedy=REMEDIES["combined"])
            return by
        if by not in get_args(By):
            raise CallerError(
                f"there is no order {by!r}", where="by", remedy=f"Choose one of: {', '.join(get_args(By))}"
            )
        self.part(by)
        return by

    def one_part(self, by: By | None) -> PartName:
        """The part for a request that only one part can answer, such as similar items.

        by: the wanted part; None or "combined" for the rating part, if there is one. Raises CallerError if the part is
        missing.
        """
        if by not in (None, "combined"):
            self.order(by)
            return "choice" if by == "choice" else "rating"
        return "rating" if "rating" in self.parts else "choice"

    @property
    def scale(self) -> Scale | None:
        """The rating scale, or None without a rating part."""
        return self.parts["rating"].trained.scale if "rating" in self.parts else None

    def ranker_for(self, by: By) -> Ranker | None:
        """The ranker that orders lists by `by`, or None if the scores of one part do."""
        if self.ranker is None or by == "rating":
            return None
        return self.ranker if by == "combined" or set(self.ranker.used(by)) != {LOG_CHOICE} else None

    @property
    def choosing(self) -> Ranker | None:
        """The ranker where there is a choice part, whose scores it turns into P(choose); else None."""
        return self.ranker if "choice" in self.parts else None

    @cached_property
    def liking(self) -> Liking | None:
        """Turns a predicted rating into P(like); None without a rating part."""
        if self.ranker is not None and self.ranker.liking is not None:
            return self.ranker.liking
        part = self.parts.get("rating")
        known = part is not None and len(part.trained.interactions) > 0
        return Liking.of(part.trained.interactions.values, part.trained.scale) if part is not None and known else None

    @cached_property
    def times(self) -> Popularity:
        """The numbers of interactions of the items, of all time and recent."""
        return Popularity(self.parts.get("choice", self.main).trained.interactions, len(self.items))

    @cached_property
    def static_terms(self) -> dict[str, NDArray[np.float64]]:
        """The ranker's terms that are the same for all users, (I,) each."""
        return {} if self.ranker is None else static_terms(self.ranker, lambda days: self.times.counts(days))

    @cached_property
    def neighbours(self) -> RecentNeighbours | None:
        """The recent choices of similar users; None if the ranker does not use them or times are unknown."""
        if self.ranker is None or not any(LOG_NEIGHBOURS in self.ranker.used(by) for by in ("combined", "choice")):
            return None
        return RecentNeighbours.of(self.parts.get("choice", self.main).trained.interactions, len(self.items))

    @cached_property
    def popularity(self) -> NDArray[np.int32]:
        """The number of training interactions of each item, (I,)."""
        return self.parts.get("choice", self.main).trained.items.counts

    @cached_property
    def unrated(self) -> NDArray[np.bool_]:
        """Which items have no training interaction in any part, (I,)."""
        rated = [part.trained.items.counts > 0 for part in self.parts.values()]
        return ~np.logical_or.reduce(rated)

    @cached_property
    def seen(self) -> Grouped:
        """The items that each user has in the training ratings of any part."""
        first, *others = [part.trained.interactions.by_item_number() for part in self.parts.values()]
        if all(np.array_equal(a, b) for one in others for a, b in zip(_entries(first), _entries(one), strict=True)):
            return first
        users, items = np.unique(np.concatenate([_entries(one) for one in (first, *others)], axis=1), axis=1)
        return Grouped.build(users, items, np.ones(len(users), np.float32), len(self.users))


def _entries(seen: Grouped) -> NDArray[np.int32]:
    """The user and the item number of every entry, (2, n)."""
    users = np.repeat(np.arange(len(seen.starts) - 1, dtype=np.int32), seen.counts)
    return np.stack([users, seen.numbers])
