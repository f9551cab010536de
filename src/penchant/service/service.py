"""Service: everything a handler may call, built once from the settings."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar, cast

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from penchant.foundations.errors import CallerError, PenchantError
from penchant.service.access import Access, Credentials, KeyRing
from penchant.service.metrics import Metrics
from penchant.service.model_slot import ModelSlot, ServedModel
from penchant.service.rate_limiter import RateLimiter
from penchant.service.settings import ServiceSettings
from penchant.service.storage.database import Database
from penchant.service.storage.items import ItemStore
from penchant.service.storage.keys import KeyStore
from penchant.service.storage.migrating import upgrade
from penchant.service.storage.ratings import RatingStore
from penchant.service.storage.visitors import VisitorStore
from penchant.service.user_service import UserService
from penchant.service.version_store import VersionStore

_log = logging.getLogger("penchant.service")
Done = TypeVar("Done")
FEW = 200
"""Ratings that are folded in within a millisecond."""


@dataclass(frozen=True)
class Service:
    """The parts, each of which knows only what it needs."""

    settings: ServiceSettings
    database: Database
    ratings: RatingStore
    visitors: VisitorStore
    items: ItemStore
    keys: KeyRing
    holder: ModelSlot
    access: Access
    people: UserService
    metrics: Metrics
    new_visitors: RateLimiter
    watcher: Watcher

    @property
    def live(self) -> ServedModel:
        return self.holder.current

    def check_count(self, n: int) -> int:
        """n, or a CallerError when it is more than this server gives."""
        if n > self.settings.max_n:
            raise CallerError(f"{n} were asked for", where="n", remedy=f"This server gives up to {self.settings.max_n}")
        return n

    def check_ratings(self, ratings: Mapping[str, float]) -> Mapping[str, float]:
        """The ratings of one body, or a CallerError when they are too many."""
        most = self.settings.max_ratings_per_request
        if len(ratings) > most:
            raise CallerError(f"the body holds {len(ratings)} ratings", remedy=f"Send up to {most} at a time")
        return ratings

    async def soon(self, work: Callable[[], Done], *, ratings: int) -> Done:
        """What `work` gives. It is done here and now where that takes about a millisecond and waits for nothing: two
        threads that pass Python's lock to and fro would take twice as long. Else it is done in a thread."""
        if self.live.is_light and ratings <= FEW and self.settings.open_reads:
            return work()
        return await run_in_threadpool(work)

    def close(self) -> None:
        self.watcher.stop()
        self.database.close()


def build_service(folder: str | Path, settings: ServiceSettings) -> Service:
    """Open the database, bring its tables up to date, and load the model."""
    shelf, metrics = VersionStore(folder), Metrics()
    database = open_database(folder, settings)
    ratings, items = RatingStore(database, most=settings.max_ratings_per_user), ItemStore(database)
    visitors, ring = VisitorStore(database), KeyRing(KeyStore(database))
    holder = ModelSlot(
        shelf,
        items,
        cached_megabytes=settings.cached_megabytes,
        on_switch=lambda live: metrics.model(live.version, live.part.kind, live.saved_at, len(live.part.items)),
        on_refusal=metrics.refused_models.inc,
    )
    return Service(
        settings, database, ratings, visitors, items, ring, holder,
        Access(ring, visitors, open_reads=settings.open_reads),
        UserService(holder, ratings, metrics),
        metrics,
        RateLimiter(settings.visitors_per_hour / 3600, settings.visitors_per_hour),
        Watcher(holder, ring, settings.watch_seconds),
    )  # fmt: skip


def open_database(folder: str | Path, settings: ServiceSettings) -> Database:
    """The database that the settings name, its tables up to date; an SQLite file beside the model if they name none."""
    beside = Path(folder).with_name(Path(folder).name + ".db")
    database = Database(
        settings.database or f"sqlite:///{beside.resolve()}", pool=settings.threads, wait=settings.wait_seconds
    )
    upgrade(database)
    return database


class Watcher:
    """A thread that looks for a new model version, added items and changed keys."""

    def __init__(self, holder: ModelSlot, ring: KeyRing, seconds: float) -> None:
        self._holder, self._ring, self._seconds = holder, ring, seconds
        self._wake, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="penchant-watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def look_now(self) -> None:
        """Do not wait for the next turn; safe to call from a signal handler."""
        self._wake.set()

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopped.is_set():
            asked = self._wake.wait(self._seconds)
            self._wake.clear()
            if self._stopped.is_set():
                return
            try:
                self._holder.retry() if asked else self._holder.refresh()
                self._ring.refresh()
            except PenchantError as away:
                _log.warning("could not look for changes: %s", away)
            except Exception:
                _log.exception("could not look for changes")


async def _service(request: Request) -> Service:
    return cast(Service, request.app.state.service)


async def _who(request: Request) -> Credentials:
    return cast(Credentials, request.state.who)


TheService = Annotated[Service, Depends(_service)]
Who = Annotated[Credentials, Depends(_who)]
