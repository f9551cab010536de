"""Service: everything a handler may call, built once from the settings."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar, cast

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from penchant.foundations.errors import CallerError
from penchant.models.trained import TrainedModel
from penchant.service.access import Access, Credentials, KeyRing
from penchant.service.event_service import EventService
from penchant.service.experiments import OnlineExperiment
from penchant.service.item_service import ItemService
from penchant.service.metrics import Metrics
from penchant.service.model_slot import ModelSlot
from penchant.service.problems import busy
from penchant.service.rate_limiter import RateLimiter
from penchant.service.readiness import Readiness
from penchant.service.recording import Recorder
from penchant.service.served_model import LIGHT, ServedModel
from penchant.service.settings import ServiceSettings
from penchant.service.storage.database import Database, StorageFullError, StorageUnavailableError
from penchant.service.storage.device_codes import DeviceStore
from penchant.service.storage.events import EventStore
from penchant.service.storage.given_lists import ListStore
from penchant.service.storage.items import ItemStore
from penchant.service.storage.keys import KeyStore
from penchant.service.storage.marks import MarkStore
from penchant.service.storage.migrating import upgrade
from penchant.service.storage.ratings import RatingStore
from penchant.service.storage.visitors import VisitorStore
from penchant.service.user_service import UserService
from penchant.service.version_store import VersionStore
from penchant.service.watcher import Duty, Watcher

_log = logging.getLogger("penchant.service")
Done = TypeVar("Done")
FEW = 200
"""Ratings that are folded in within a millisecond."""
HEAVY = 20_000_000
"""Multiplications from which work has high cost: about ten milliseconds."""
WAITING = 8
"""Requests of high cost that may wait for each thread that does such work."""


@dataclass(frozen=True)
class Service:
    """The parts, each of which is given only what it needs."""

    settings: ServiceSettings
    database: Database
    ratings: RatingStore
    visitors: VisitorStore
    marks: MarkStore
    devices: DeviceStore
    items: ItemService
    keys: KeyRing
    holder: ModelSlot
    access: Access
    people: UserService
    events: EventService
    lists: ListStore
    recorder: Recorder
    metrics: Metrics
    readiness: Readiness
    new_visitors: RateLimiter
    watcher: Watcher
    heavy: CapacityLimiter

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

    def check_cost(self, cost_of: Callable[[TrainedModel, int], int], n: int) -> int:
        """What n of something cost with the model being served, or a CallerError when it is more than allowed."""
        most = self.settings.max_work * 1_000_000
        if (cost := cost_of(self.live.part, n)) <= most:
            return cost
        fewer = n * most // cost
        raise CallerError(
            f"{n} would take more work than this server does for one request", where="n",
            remedy=f"Ask for up to {fewer}" if fewer else "This model is too large for it here",
        )  # fmt: skip

    async def soon(self, work: Callable[[], Done], who: Credentials, *, ratings: int, cost: int) -> Done:
        """What `work` gives. It is done here and now where that takes about a millisecond and waits for nothing: two
        threads that pass Python's lock to and fro would take twice as long. Else it is done `in_turn`."""
        light = cost < LIGHT and self.live.is_light and ratings <= FEW
        if light and self.settings.open_reads and not who.bearer:
            return work()
        return await self.in_turn(work, cost=cost)

    async def in_turn(self, work: Callable[[], Done], *, cost: int) -> Done:
        """What `work` gives, done in a thread. Work of high cost has only some of the threads, so that other requests
        do not wait for it. Raises RefusalError, 503, where much of it is waiting already."""
        if cost < HEAVY:
            return await run_in_threadpool(work)
        if self.heavy.statistics().tasks_waiting >= WAITING * self.heavy.total_tokens:
            raise busy("too many requests of high cost are waiting")
        return await to_thread.run_sync(work, limiter=self.heavy)

    def close(self) -> None:
        self.watcher.stop()
        with suppress(StorageUnavailableError, StorageFullError):
            self.recorder.flush()
        self.database.close()


def build_service(folder: str | Path, settings: ServiceSettings) -> Service:
    """Open the database, bring its tables up to date, and load the model."""
    shelf, metrics = VersionStore(folder), Metrics()
    readiness = Readiness(on_change=metrics.problem)
    database = open_database(folder, settings, patience=settings.start_seconds)
    ratings, entries = RatingStore(database, most=settings.max_ratings_per_user), ItemStore(database)
    visitors, ring = VisitorStore(database), KeyRing(KeyStore(database))

    holder = _slot(shelf, entries, settings, metrics, readiness)

    def after(look: Callable[[], None]) -> None:
        look()
        if holder.refused is None:
            readiness.works("version")

    lists = ListStore(database, days=settings.record_days)
    recorder = _recorder(settings, lists, holder)
    duties = [
        Duty("versions", lambda: after(holder.follow_version), lambda: after(holder.retry)),
        Duty("items", holder.follow_items, uses_database=True),
        Duty("keys", ring.refresh, uses_database=True),
        Duty("lists", recorder.flush),
    ]
    events, weights = EventStore(database, most=settings.max_ratings_per_user), settings.event_weights
    people = UserService(holder, ratings, metrics, events, weights)
    taking = EventService(
        holder, events, weights, most=settings.max_events_per_request, room=settings.max_ratings_per_user
    )
    items = ItemService(holder, entries, most=settings.max_added_items)
    return Service(
        settings, database, ratings, visitors, MarkStore(database), DeviceStore(database), items, ring, holder,
        Access(ring, visitors, people.user_id, open_reads=settings.open_reads), people, taking,
        lists, recorder,
        metrics, readiness,
        RateLimiter(settings.visitors_per_hour / 3600, settings.visitors_per_hour),
        Watcher(duties, readiness, settings.watch_seconds),
        CapacityLimiter(max(1, settings.threads // 4)),
    )  # fmt: skip


def _slot(
    shelf: VersionStore, entries: ItemStore, settings: ServiceSettings, metrics: Metrics, readiness: Readiness
) -> ModelSlot:
    """The slot of the served model, which says in metrics and readiness what it holds and refuses."""

    def switched(live: ServedModel) -> None:
        metrics.model(live.version, live.part.kind, live.saved_at, len(live.part.items))

    def refused(version: str, reason: str) -> None:
        metrics.refused_models.inc()
        readiness.failed("version", f"version {version} could not be used ({reason})")

    slot = ModelSlot(
        shelf, entries, cached_megabytes=settings.cached_megabytes, mapped=settings.workers > 1, on_switch=switched,
        on_refusal=refused,
    )  # fmt: skip
    slot.current.outside_links(settings.links)  # a file that cannot be read is refused before anything is served
    return slot


def _recorder(settings: ServiceSettings, lists: ListStore, holder: ModelSlot) -> Recorder:
    """The recorder of lists. Raises CallerError for an experiment with a version that cannot be served."""
    experiment = OnlineExperiment.of(settings.experiment)
    for arm in experiment.arms if experiment else ():
        holder.version(arm.version)  # refused now rather than when a user is in that arm
    return Recorder(lists, experiment, on=settings.record_lists, share=settings.explore_share)


def open_database(folder: str | Path, settings: ServiceSettings, *, patience: float = 0.0) -> Database:
    """The database that the settings name, its tables up to date; an SQLite file beside the model if they name none.

    patience: seconds to wait for one that does not answer. Raises StorageUnavailableError then.
    """
    beside = Path(folder).with_name(Path(folder).name + ".db")
    database = Database(
        settings.database or f"sqlite:///{beside.resolve()}", pool=settings.threads, wait=settings.wait_seconds
    )
    last = time.monotonic() + patience
    while True:
        try:
            upgrade(database)
        except StorageUnavailableError as away:
            if time.monotonic() >= last:
                database.close()
                raise
            _log.warning("waiting for the database: %s", away)
            time.sleep(min(1.0, patience))
        else:
            return database


async def _service(request: Request) -> Service:
    return cast(Service, request.app.state.service)


async def _who(request: Request) -> Credentials:
    return cast(Credentials, request.state.who)


TheService = Annotated[Service, Depends(_service)]
Who = Annotated[Credentials, Depends(_who)]
