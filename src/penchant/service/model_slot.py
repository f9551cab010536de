"""The model being served, replaced whole: a request keeps the one it began with."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from penchant.foundations.errors import CallerError
from penchant.recommending.recommender import Recommender
from penchant.recommending.saving import RECOMMENDER
from penchant.service.beside_requests import beside_requests, give_back
from penchant.service.served_model import ServedModel, warm
from penchant.service.storage.database import now
from penchant.service.storage.items import ItemEntry, ItemStore
from penchant.service.version_loading import load_version, refusing_damage
from penchant.service.version_store import VersionStore

_log = logging.getLogger("penchant.service")


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
        live = ServedModel.of(version, trained, saved_at, self._megabytes)
        live = replace(live.changed(list(entries.values()), now()), entries=entries)
        started = time.perf_counter()
        warm(live)
        _log.debug("warmed up in %.2f s", time.perf_counter() - started)
        return live
