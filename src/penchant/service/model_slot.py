"""The model being served, swapped whole: a request holds on to the one it began with."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from penchant.foundations.errors import CallerError, PenchantError
from penchant.models.trained import TrainedModel
from penchant.recommending.recommender import Recommender, load, main_model
from penchant.recommending.saving import RECOMMENDER
from penchant.recommending.user_state import UserState
from penchant.service.added_items import with_items
from penchant.service.catalogue import Catalogue
from penchant.service.lru_cache import LRUCache
from penchant.service.storage.items import AddedItem, ItemStore
from penchant.service.version_store import VersionStore

LIGHT = 3_000_000
"""Multiplications that take less than a millisecond."""
_log = logging.getLogger("penchant.service")


@dataclass(frozen=True)
class ServedModel:
    """One version of the model with the items added since, and what is worth keeping as long as it is served.

    saved_at: seconds since 1970. added: how many added items are in it. trained: the model as it was saved.
    visitors, questions: those made lately, by the ratings they rest on; a rating changes these, so that nothing here
    is ever out of date.
    """

    version: str
    model: Recommender
    trained: Recommender
    saved_at: float
    added: int
    visitors: LRUCache[UserState] = field(repr=False)
    questions: LRUCache[list[int]] = field(repr=False)

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

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.part.items)


class ModelSlot:
    """Holds the live model, and replaces it when the shelf or the added items say so.

    on_switch, on_refusal: told of a model that went live, or of one that could not.
    """

    def __init__(
        self,
        shelf: VersionStore,
        items: ItemStore,
        *,
        cached_megabytes: int,
        on_switch: Callable[[ServedModel], None] = lambda live: None,
        on_refusal: Callable[[], None] = lambda: None,
    ) -> None:
        self.shelf, self._items, self._megabytes = shelf, items, cached_megabytes
        self._on_switch, self._on_refusal = on_switch, on_refusal
        self._turn = threading.Lock()
        self.refused: str | None = None
        self.current = self._loaded(shelf.current())
        on_switch(self.current)

    def refresh(self) -> None:
        """Serve what the shelf points to, with every added item. A folder that cannot be used changes nothing."""
        with self._turn:
            wanted = self.shelf.current()
            if wanted not in (self.current.version, self.refused):
                self._try(wanted)
            added = self._items.after(self.current.added)
            if added is not None:
                self._put(self._live(self.current.version, self.current.trained, self.current.saved_at, added))

    def _try(self, version: str) -> None:
        try:
            fresh = self._loaded(version)
        except (PenchantError, OSError) as broken:
            self.refused = version
            self._on_refusal()
            _log.error("version %s is refused, %s stays live: %s", version, self.current.version, broken)
        else:
            self._put(fresh)

    def retry(self) -> None:
        """Look again, also at a version that was refused; for an operator who has repaired it."""
        with self._turn:
            self.refused = None
        self.refresh()

    def _put(self, fresh: ServedModel) -> None:
        self.current = fresh  # one assignment: a request sees the old model or the new one
        self.refused = None
        self._on_switch(fresh)
        _log.info("version %s is live with %d added items", fresh.version, fresh.added)

    def _loaded(self, version: str) -> ServedModel:
        folder = self.shelf.folder(version)
        model = load(folder)
        saved_at = (folder / RECOMMENDER).stat().st_mtime
        return self._live(version, model, saved_at, self._items.after(0) or [])

    def _live(self, version: str, trained: Recommender, saved_at: float, added: Sequence[AddedItem]) -> ServedModel:
        most = rows_in(self._megabytes, trained)
        live = ServedModel(
            version, with_items(trained, added), trained, saved_at, len(added), LRUCache(most), LRUCache(most)
        )
        started = time.perf_counter()
        warm(live)
        _log.debug("warmed up in %.2f s", time.perf_counter() - started)
        return live


def rows_in(megabytes: int, model: Recommender) -> int:
    """How many folded-in users fit: each has a row (S, D) and its covariance (S, D, D) in float32."""
    trained = main_model(model)
    samples, width = trained.samples, trained.users.factors + 1
    return max(8, min(4096, megabytes * 10**6 // (4 * samples * width * (width + 1))))


def warm(live: ServedModel) -> None:
    """Answer once before the first request does, so that nobody waits for what is made on first use."""
    first = str(live.part.items.vocabulary.ids[0])
    visitor = live.model.fold_in({first: live.part.scale.high})
    visitor.recommend(5)
    visitor.explain(first)
    live.model.similar_items(first, 3)
    _ = live.catalogue.atlas
    with suppress(CallerError):  # a model that does not say how unsure it is has no questions
        visitor.onboarding(1)
