"""The model being served, replaced whole: a request keeps the one it began with."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
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
from penchant.recommending.saving import RECOMMENDER
from penchant.recommending.user_state import UserState
from penchant.service.beside_requests import beside_requests, give_back
from penchant.service.catalogue import Catalogue
from penchant.service.lru_cache import LRUCache
from penchant.service.outside_links import OutsideLinks, links_for
from penchant.service.served_items import hidden_items, new_items, next_end, with_entries
from penchant.service.storage.database import now
from penchant.service.storage.items import ItemEntry, ItemStore
from penchant.service.version_loading import load_version, refusing_damage
from penchant.service.version_store import VersionStore

LIGHT = 3_000_000
"""Multiplications that take less than a millisecond."""
SIMILAR, KEPT_SIMILAR, KEPT_QUESTIONS = 60, 1000, 4096
"""How many similar items are kept of one item, of how many items, and of how many users their questions."""
_log = logging.getLogger("penchant.service")


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

    @property
    def part(self) -> TrainedModel:
        """The rating model, or the choice model where that is the only part."""
        return main_model(self.model)

    @cached_property
    def is_light(self) -> bool:
        """Whether a list takes about a millisecond: few products of users with items, and few to solve for a row."""
        trained = self.part
        width = trained.users.factors + 1
        return trained.samples * width * len(trained.items) < LIGHT and trained.samples * width**3 < LIGHT

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


class ModelSlot:
    """Holds the live model, and replaces it when the version store or the added items say so.

    mapped: as in `load`. on_switch: called with a model that went live. on_refusal: called with the name of a version
    that could not, and why.
    """

    def __init__(
        self,
        shelf: VersionStore,
        items: ItemStore,
        *,
        cached_megabytes: int,
        mapped: bool = False,
        on_switch: Callable[[ServedModel], None] = lambda live: None,
        on_refusal: Callable[[str, str], None] = lambda version, reason: None,
    ) -> None:
        self.shelf, self._items, self._megabytes, self._mapped = shelf, items, cached_megabytes, mapped
        self._on_switch, self._on_refusal = on_switch, on_refusal
        self._loading, self._turn = threading.Lock(), threading.Lock()
        self.refused: str | None = None
        self._replaced = False
        self._others: dict[str, ServedModel] = {}
        changed, self._revision = items.since(0)
        self._entries: Mapping[str, ItemEntry] = {one.item_id: one for one in changed}
        self.current = self._first()
        on_switch(self.current)

    def _first(self) -> ServedModel:
        """The version to serve; where it cannot be used, the newest that can. Raises ModelFolderError for none."""
        wanted = self.shelf.current()
        others = [name for name in reversed(self.shelf.names()) if name != wanted]
        broken: list[tuple[str, CallerError]] = []
        for name in (wanted, *others):
            try:
                found = self._loaded(name)
            except CallerError as error:
                broken.append((name, error))
                continue
            for damaged, why in broken:
                _log.error("version %s cannot be used: %s", damaged, why)
            if broken:
                self._refuse(wanted, f"{broken[0][1]}; version {name} is served in its place")
            return found
        raise broken[0][1]

    def follow_version(self) -> None:
        """Serve what the version store points to. A folder that cannot be used changes nothing."""
        with self._loading:
            wanted = self.shelf.current()
            if wanted == self.current.version:
                self.refused = None
                if self._replaced:  # requests that began with the version before have ended
                    self._replaced = False
                    give_back()
            elif wanted != self.refused:
                try:
                    self._put(self._loaded(wanted))
                except CallerError as broken:
                    self._refuse(wanted, f"{broken}; version {self.current.version} stays in service")

    def follow_items(self) -> None:
        """Serve every change of an item, and leave out items whose time has ended."""
        with self._turn:
            entries, self._revision = self._items.since(self._revision)
            at, ends_at = now(), self.current.ends_at
            if entries or (ends_at is not None and at >= ends_at):
                fresh = self.current.changed(entries, at)
                self._entries = fresh.entries
                self.current = fresh
                self._on_switch(fresh)

    def version(self, name: str | None) -> ServedModel:
        """The model of a version, for an arm of an experiment; None for the served one.

        One is loaded when it is first asked for. Raises CallerError for one that cannot be used.
        """
        if name is None or name == self.current.version:
            return self.current
        if name not in self._others:
            self.shelf.check_exists(name)
            with self._loading:
                if name not in self._others:
                    self._others[name] = self._loaded(name)
        other = self._others[name]
        if other.entries is not self._entries:
            with self._turn:
                other = self._others[name] = replace(
                    other.changed(list(self._entries.values()), now()), entries=self._entries
                )
        return other

    def retry(self) -> None:
        """Look again, also at a version that was refused; for an operator who has repaired it."""
        with self._loading:
            self.refused = None
        self.follow_version()

    def switch(self, version: str) -> None:
        """Have a version served here and by every server. Raises CallerError, and changes nothing, for a bad one."""
        self.shelf.check_exists(version)
        with self._loading:
            fresh = self._loaded(version)
            self.shelf.switch(version)
            self._put(fresh)

    def _refuse(self, version: str, reason: str) -> None:
        self.refused = version
        self._on_refusal(version, reason)
        _log.error("version %s is refused: %s", version, reason)

    def _put(self, fresh: ServedModel) -> None:
        with self._turn:
            if fresh.entries is not self._entries:  # items changed while it was loading
                fresh = fresh.changed(list(self._entries.values()), now())
                self._entries = fresh.entries
            self._set(fresh)
        self.refused, self._replaced = None, True

    def _set(self, fresh: ServedModel) -> None:
        self.current = fresh  # one assignment: a request sees the old model or the new one
        self._on_switch(fresh)
        _log.info("version %s is live with %d added items", fresh.version, len(fresh.added))

    def _loaded(self, version: str) -> ServedModel:
        with beside_requests(), refusing_damage(version):
            model = load_version(self.shelf, version, mapped=self._mapped)
            return self._live(version, model, (self.shelf.folder(version) / RECOMMENDER).stat().st_mtime)

    def _live(self, version: str, trained: Recommender, saved_at: float) -> ServedModel:
        entries = self._entries
        live = ServedModel(
            version, trained, trained, saved_at, {},
            LRUCache(self._megabytes * 10**6, lambda state: state.nbytes), LRUCache(KEPT_QUESTIONS),
            Catalogue(main_model(trained).items),
        )  # fmt: skip
        live = replace(live.changed(list(entries.values()), now()), entries=entries)
        started = time.perf_counter()
        warm(live)
        _log.debug("warmed up in %.2f s", time.perf_counter() - started)
        return live


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
