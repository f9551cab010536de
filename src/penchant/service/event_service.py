"""Events in bulk: read row by row, each with an outcome of its own, and written once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from penchant.foundations.errors import CallerError
from penchant.foundations.threads import paced
from penchant.service.event_schemas import EventRow
from penchant.service.model_slot import ModelSlot
from penchant.service.problems import RefusalError
from penchant.service.served_model import ServedModel
from penchant.service.storage.database import now
from penchant.service.storage.events import RATING, EventStore, Receipt, ReusedKeyError, StoredEvent
from penchant.service.user_service import check_ratings, training_ratings

Owner = Callable[[str], str]
"""A user id -> its one spelling; raises RefusalError where its events may not be written."""


class EventService:
    """Checks and writes events. weights: of each kind besides ratings. most: how many a request may hold."""

    def __init__(
        self, holder: ModelSlot, store: EventStore, weights: Mapping[str, float], *, most: int, room: int
    ) -> None:
        self._holder, self._store, self._weights, self._most, self._room = holder, store, weights, most, room

    def take(self, rows: Sequence[Any], owner: Owner, key: tuple[str, str] | None) -> dict[str, Any]:
        """Write what can be written: `done`, `refused`, and `outcomes` by row, each with a status and a detail.

        key: whose request it is, and its idempotency key. A request that comes again with its key is answered as it
        was, and nothing is done twice. Raises RefusalError for too many rows, and for a key of another request.
        """
        if len(rows) > self._most:
            raise RefusalError(413, f"the request holds {len(rows)} events. Send up to {self._most} at a time")
        live = self._holder.current
        receipt = None if key is None else Receipt(":".join(key), hashlib.sha256(repr(rows).encode()).digest())
        outcomes: list[dict[str, Any]] = []
        events: list[StoredEvent] = []
        places: list[int] = []
        for place, row in enumerate(paced(rows)):
            try:
                events.append(self._event(live, row, owner))
                places.append(place)
                outcomes.append({"status": 200, "detail": ""})
            except (CallerError, RefusalError, ValidationError) as refused:
                outcomes.append(_refused(refused))

        def answer(full: set[int]) -> dict[str, Any]:
            for at in full:
                outcomes[places[at]] = {
                    "status": 422,
                    "detail": f"no more than {self._room} ratings are kept for one user",
                }
            refused = sum(one["status"] >= 400 for one in outcomes)
            return {"done": len(outcomes) - refused, "refused": refused, "outcomes": outcomes}

        try:
            found: dict[str, Any] = self._store.write(events, receipt, answer)
        except ReusedKeyError:
            raise RefusalError(422, "this Idempotency-Key came with another request before") from None
        return found

    def _event(self, live: ServedModel, given: Any, owner: Owner) -> StoredEvent:
        row = EventRow.model_validate(given)
        user = owner(row.user)
        item = live.catalogue.known_id(row.item)
        if item is None:
            raise RefusalError(404, f"there is no item {row.item!r}")
        at = now() if row.at is None else min(now(), round(row.at.timestamp() * 1000))
        if row.kind != RATING:
            self._check_kind(row)
            return StoredEvent(user, item, row.kind, row.count, at, row.delete)
        if row.delete:
            trained = item in training_ratings(live.part, user)
            return StoredEvent(user, item, RATING, None if trained else 0.0, at, delete=True)
        if row.rating is None:
            raise CallerError("a rating is missing", where="rating", remedy="Send one, or another kind of event")
        check_ratings(live, [row.rating])
        return StoredEvent(user, item, RATING, row.rating, at)

    def _check_kind(self, row: EventRow) -> None:
        if row.kind not in self._weights:
            known = ", ".join([RATING, *self._weights])
            raise CallerError(f"there is no kind of event {row.kind!r}", where="kind", remedy=f"There are: {known}")
        if row.rating is not None:
            raise CallerError("only an event of kind rating has a rating", where="rating", remedy="Leave it out")

    def page(self, after: Sequence[str], limit: int) -> list[StoredEvent]:
        """Up to `limit` stored events behind those of a user, item and kind."""
        return self._store.page(after, limit)


def _refused(error: Exception) -> dict[str, Any]:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return {"status": 422, "detail": f"{where}: {first['msg']}" if where else str(first["msg"])}
    return {"status": error.status if isinstance(error, RefusalError) else 422, "detail": str(error)[:300]}
