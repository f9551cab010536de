"""One version of the model as it is served: with the changes of items since, and what is kept for requests."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import CallerError
from penchant.models.trained import TrainedModel
from penchant.recommending.index_growth import with_hidden
from penchant.recommending.recommender import Recommender, index_of, main_model, recommender_of
from penchant.recommending.results import Ranking
from penchant.recommending.user_state import UserState
from penchant.service.catalogue import Catalogue
from penchant.service.lru_cache import LRUCache
from penchant.service.outside_links import OutsideLinks, links_for
from penchant.service.served_items import hidden_items, new_items, next_end, with_entries
from penchant.service.storage.items import ItemEntry

LIGHT = 3_000_000
"""Multiplications that take less than a millisecond."""
SIMILAR, KEPT_SIMILAR, KEPT_QUESTIONS = 60, 1000, 4096
"""How many similar items are kept of one item, of how many items, and of how many users their questions."""


@dataclass(frozen=True)
class ServedModel:
    """One version of the model with the changes of items since, and what is worth keeping as long as it is served.

    saved_at: seconds since 1970. entries: those of items that were added or changed, by id. trained: the model as it
    was saved. states, questions: those made last, by the ratings they rest on; a rating changes these, so nothing here
    is out of date. links: of the items to pages elsewhere, by the path of their table. ends_at: when the next item
    ends, in milliseconds since 1970, or None.
    """

    version: str
    model: Recommender
    trained: Recommender
    saved_at: float
    entries: Mapping[str, ItemEntry] = field(repr=False)
    states: LRUCache[UserState] = field(repr=False)
    questions: LRUCache[list[int]] = field(repr=False)
    catalogue: Catalogue = field(repr=False)
    links: dict[str, OutsideLinks] = field(repr=False, default_factory=dict)
    ends_at: int | None = None

    @classmethod
    def of(cls, version: str, trained: Recommender, saved_at: float, megabytes: int) -> ServedModel:
        """A saved model without changes of items. megabytes: for the states of users."""
        states = LRUCache[UserState](megabytes * 10**6, lambda state: state.nbytes)
        questions, catalogue = LRUCache[list[int]](KEPT_QUESTIONS), Catalogue(main_model(trained).items)
        return cls(version, trained, trained, saved_at, {}, states, questions, catalogue)

    @property
    def part(self) -> TrainedModel:
        """The rating model, or the choice model where that is the only part."""
        return main_model(self.model)

    @cached_property
    def is_light(self) -> bool:
        """Whether a new row is solved in less than a millisecond."""
        return self.part.samples * (self.part.users.factors + 1) ** 3 < LIGHT

    def state(self, what: Hashable, ratings: Mapping[str, float], chosen: Sequence[str]) -> UserState:
        """The state of a user with these ratings and chosen items, kept under what stands for them."""

        def folded_in() -> UserState:  # on the index of the saved model: no state keeps one that items have changed
            return self.model.fold_in(ratings, chosen=chosen).on(index_of(self.trained))

        index = index_of(self.model)
        state = self.states.get(what, folded_in)
        if any(one in index.items for one in state.unknown):  # an item was added since
            self.states.forget(what)
            state = self.states.get(what, folded_in)
        return state.on(index)

    @property
    def added(self) -> Sequence[ItemEntry]:
        """The entries of items that the model was not trained with."""
        return new_items(main_model(self.trained).items, self.entries.values())

    def changed(self, entries: Sequence[ItemEntry], at: int) -> ServedModel:
        """The model with the changes of these entries, at a time in milliseconds since 1970.

        What was computed for other items and for users is kept.
        """
        everything = {**self.entries, **{one.item_id: one for one in entries}}
        old, base = index_of(self.model), main_model(self.trained).items
        described_now = [one for one in entries if _says_new(one, self.entries.get(one.item_id))]
        index = with_entries(old, described_now, base)
        changed = index.items.numbers([one.item_id for one in described_now])
        catalogue = self.catalogue.changed(index.main.trained.items, changed)
        states, questions = self.states, self.questions
        again = {int(n) for n in changed if 0 <= n < len(old.items) and index.unrated[n]}
        if again:  # their rows may have changed
            states = states.without(lambda state: not again.isdisjoint(state.seen.tolist()))
        hidden = hidden_items(index, everything.values(), at)
        if not _same(hidden, old.hidden):
            questions = LRUCache(self.questions.most)
        index = with_hidden(index, hidden)
        deleted = frozenset(int(index.items.number(one.item_id)) for one in everything.values() if one.deleted)
        return replace(
            self,
            model=recommender_of(index),
            entries=everything,
            states=states,
            questions=questions,
            catalogue=catalogue.without(hidden, deleted),
            ends_at=next_end(everything.values(), at),
        )

    def similar(self, number: int) -> Ranking:
        """The items most similar to the one with this number; kept, since they are the same for all users."""
        item = str(self.part.items.vocabulary.ids[number])
        return self._similar.get(number, lambda: self.model.similar_items(item, SIMILAR))

    def outside_links(self, path: str) -> OutsideLinks:
        """The links of the items; arguments and errors as in `links_for`."""
        if path not in self.links:
            self.links[path] = links_for(main_model(self.trained).items, path)
        return self.links[path]

    @cached_property
    def _similar(self) -> LRUCache[Ranking]:
        return LRUCache(KEPT_SIMILAR)


def _says_new(entry: ItemEntry, before: ItemEntry | None) -> bool:
    """Whether an entry's title or features differ from those that are served."""
    if before is None or before.deleted:
        return entry.says_something
    return (entry.title, entry.features) != (before.title, before.features)


def _same(hidden: NDArray[np.bool_] | None, before: NDArray[np.bool_] | None) -> bool:
    """Whether the same items are hidden as before; new ones may have come."""
    found = [[] if one is None else np.flatnonzero(one).tolist() for one in (hidden, before)]
    return found[0] == found[1]


def warm(live: ServedModel) -> None:
    """Answer once before the first request does: what is made on first use is then there."""
    first = str(live.part.items.vocabulary.ids[0])
    state = live.model.fold_in({first: live.part.scale.high})
    state.recommend(5)
    state.explain(first)
    live.model.similar_items(first, 3)
    _ = live.catalogue.item_map, live.catalogue.facets
    with suppress(CallerError):  # a model that does not say how uncertain it is has no questions
        state.onboarding(1)
