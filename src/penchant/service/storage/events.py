"""Events: ratings and choices in bulk, written once however often a request is sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, delete, func, insert, literal, or_, select

from penchant.foundations.threads import paced
from penchant.service.storage.database import Database, now
from penchant.service.storage.ratings import StoredRow
from penchant.service.storage.schema import EVENTS, RATINGS, RECEIPTS

RATING = "rating"
"""The kind of event that sets a rating; others count how often a user did something with an item."""

KEPT_SECONDS = 7 * 86_400
"""How long a receipt is kept: so late a request may be sent again."""

_AT_ONCE = 100
"""Users that a statement names, and rows that it writes."""


# Made once: it takes longer to make such a condition than to ask for its rows.
_OF_USERS = RATINGS.c.user_id.in_(bindparam("users", expanding=True))
_RATED = select(RATINGS.c.user_id, RATINGS.c.item_id).where(_OF_USERS)
_COUNTS = select(RATINGS.c.user_id, func.count()).where(_OF_USERS).group_by(RATINGS.c.user_id)


@dataclass(frozen=True)
class StoredEvent:
    """One event. value: a rating (None: one of training that is taken back), or how often it happened. at: milliseconds
    since 1970. delete: whether it takes back what there is of its kind."""

    user_id: str
    item_id: str
    kind: str
    value: float | None
    at: int
    delete: bool = False


@dataclass(frozen=True)
class Receipt:
    """What a request was and what it was answered. body_hash: 32 bytes."""

    receipt_id: str
    body_hash: bytes


class ReusedKeyError(Exception):
    """The idempotency key came with another request before."""


class EventStore:
    """The tables of ratings and of other events. most: how many ratings are kept for one user."""

    def __init__(self, database: Database, *, most: int) -> None:
        self._database, self._most = database, most

    def counts_of(self, user_id: str) -> dict[tuple[str, str], float]:
        """How often the user did something: by item and kind, the latest last."""
        mine = select(EVENTS.c.item_id, EVENTS.c.kind, EVENTS.c.count).where(EVENTS.c.user_id == user_id)
        with self._database.read() as connection:
            rows = connection.execute(mine.order_by(EVENTS.c.last_at, EVENTS.c.item_id, EVENTS.c.kind))
            return {(item, kind): float(count) for item, kind, count in rows}

    def write(self, events: Sequence[StoredEvent], receipt: Receipt | None, outcome: Callable[[set[int]], Any]) -> Any:
        """Write the events in one transaction; what `outcome` gives, or gave when the receipt was written before.

        outcome: the places of events for which their user has no room -> JSON values. Raises ReusedKeyError.
        """
        with self._database.write() as connection:
            if receipt is not None and (found := _before(connection, receipt)) is not None:
                return json.loads(found)
            full = self._without_room(connection, events)
            self._apply(connection, [one for place, one in enumerate(events) if place not in full])
            answer = outcome(full)
            if receipt is not None:
                row = {**vars(receipt), "outcome": json.dumps(answer), "received_at": now()}
                connection.execute(insert(RECEIPTS), row)
                connection.execute(delete(RECEIPTS).where(RECEIPTS.c.received_at < now() - 1000 * KEPT_SECONDS))
            return answer

    def rated(self, users: Collection[str]) -> dict[str, set[str]]:
        """The items of which there are rows of ratings, by user."""
        with self._database.read() as connection:
            return _rated(connection, users)

    def _without_room(self, connection: Connection, events: Sequence[StoredEvent]) -> set[int]:
        """The places of new ratings beyond what is kept for one user."""
        wanted = [(place, one) for place, one in enumerate(events) if one.kind == RATING and not one.delete]
        more = Counter(one.user_id for _, one in wanted)
        counts = _rating_counts(connection, more)
        held = _rated(connection, [user for user, new in more.items() if counts.get(user, 0) + new > self._most])
        full = set()
        for place, one in wanted:
            mine = held.get(one.user_id)
            if mine is None:  # there is room for all
                continue
            if one.item_id not in mine and len(mine) >= self._most:
                full.add(place)
            mine.add(one.item_id)
        return full

    def _apply(self, connection: Connection, events: Iterable[StoredEvent]) -> None:
        """In order, so that an event and its deletion in one request leave what the last one says."""
        last: dict[tuple[str, str, str], StoredEvent] = {}
        gone: set[tuple[str, str, str]] = set()
        for one in events:
            key = (one.user_id, one.item_id, one.kind)
            if one.delete:
                gone.add(key)
                last.pop(key, None)
                if one.kind == RATING and one.value is None:  # one of training, marked as taken back
                    last[key] = one
            elif (before := last.get(key)) is None:
                last[key] = one
            elif one.kind == RATING:
                last[key] = max(before, one, key=lambda event: event.at)
            else:
                both = (before.value or 0.0) + (one.value or 0.0)
                last[key] = StoredEvent(*key, both, max(before.at, one.at))
        self._delete(connection, gone)
        self._upsert(connection, list(last.values()))

    def _delete(self, connection: Connection, keys: Iterable[tuple[str, str, str]]) -> None:
        for user, item, kind in keys:
            table = RATINGS if kind == RATING else EVENTS
            mine = (table.c.user_id == user) & (table.c.item_id == item)
            connection.execute(delete(table).where(mine if kind == RATING else mine & (EVENTS.c.kind == kind)))

    def _upsert(self, connection: Connection, events: Sequence[StoredEvent]) -> None:
        dialect = self._database.dialect
        rated = [
            {"user_id": one.user_id, "item_id": one.item_id, "value": one.value, "rated_at": one.at}
            for one in events if one.kind == RATING
        ]  # fmt: skip
        if rated:
            put = dialect.insert(RATINGS)
            fresh = {"value": put.excluded.value, "rated_at": put.excluded.rated_at}
            newer = put.excluded.rated_at >= RATINGS.c.rated_at  # an import of old ratings leaves newer ones
            put = put.on_conflict_do_update(index_elements=["user_id", "item_id"], set_=fresh, where=newer)
            for start in paced(range(0, len(rated), _AT_ONCE), piece=1):
                connection.execute(put, rated[start : start + _AT_ONCE])
        counted = [
            {"user_id": one.user_id, "item_id": one.item_id, "kind": one.kind, "count": one.value, "last_at": one.at}
            for one in events if one.kind != RATING
        ]  # fmt: skip
        if counted:
            put = dialect.insert(EVENTS)
            later = (
                func.max(put.excluded.last_at, EVENTS.c.last_at)
                if self._database.is_sqlite
                else func.greatest(put.excluded.last_at, EVENTS.c.last_at)
            )
            fresh = {"count": EVENTS.c.count + put.excluded.count, "last_at": later}
            keys = ["user_id", "item_id", "kind"]
            connection.execute(put.on_conflict_do_update(index_elements=keys, set_=fresh), counted)

    def chosen_pages(self, weights: Mapping[str, float], size: int = 10_000) -> Iterator[list[StoredRow]]:
        """The items that users chose, as rows of the ratings table with the weight of their events, in pages."""
        keys = (EVENTS.c.user_id, EVENTS.c.item_id)
        weight = func.sum(EVENTS.c.count * case(weights, value=EVENTS.c.kind, else_=0.0)) if weights else literal(0.0)
        chosen = select(*keys, weight, func.max(EVENTS.c.last_at)).group_by(*keys).having(weight >= 1).order_by(*keys)
        with self._database.read() as connection:
            for page in connection.execution_options(yield_per=size).execute(chosen).partitions():
                yield [(user, item, float(value), at) for user, item, value, at in page]

    def page(self, after: Sequence[str], limit: int) -> list[StoredEvent]:
        """Up to `limit` events behind those of a user, item and kind, in that order; `after` is empty at the start.

        Ratings come first, then other events, each in the order of their ids.
        """
        found: list[StoredEvent] = []
        with self._database.read() as connection:
            if not after or after[2] == RATING:
                columns = (RATINGS.c.user_id, RATINGS.c.item_id, RATINGS.c.value, RATINGS.c.rated_at)
                wanted = _behind(select(*columns), columns[:2], after[:2])
                for user, item, value, at in connection.execute(wanted.limit(limit)):
                    found.append(StoredEvent(user, item, RATING, value, at, delete=value is None))
                after = ()
            if len(found) < limit:
                keys = (EVENTS.c.user_id, EVENTS.c.item_id, EVENTS.c.kind)
                wanted = _behind(select(*keys, EVENTS.c.count, EVENTS.c.last_at), keys, after)
                found += [StoredEvent(*row) for row in connection.execute(wanted.limit(limit - len(found)))]
        return found


def _rated(connection: Connection, users: Collection[str]) -> dict[str, set[str]]:
    held: dict[str, set[str]] = {user: set() for user in users}
    for some in _parts(users):
        for user, item in connection.execute(_RATED, some):
            held[user].add(item)
    return held


def _rating_counts(connection: Connection, users: Collection[str]) -> dict[str, int]:
    """How many rows of ratings there are, by user; of those with one at least."""
    found: dict[str, int] = {}
    for some in _parts(users):
        for user, count in connection.execute(_COUNTS, some):
            found[user] = count
    return found


def _parts(users: Collection[str]) -> Iterator[dict[str, list[str]]]:
    """The parameters of a statement of some users, for all of them in turn."""
    wanted = list(users)
    for start in paced(range(0, len(wanted), _AT_ONCE), piece=1):
        yield {"users": wanted[start : start + _AT_ONCE]}


def _before(connection: Connection, receipt: Receipt) -> str | None:
    """The outcome of the request that the receipt is of, if it was done. Raises ReusedKeyError."""
    wanted = select(RECEIPTS.c.body_hash, RECEIPTS.c.outcome).where(RECEIPTS.c.receipt_id == receipt.receipt_id)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    if row.body_hash != receipt.body_hash:
        raise ReusedKeyError
    outcome: str = row.outcome
    return outcome


def _behind(wanted: Select[Any], columns: Sequence[Any], after: Sequence[str]) -> Select[Any]:
    """The rows behind these values of the columns, in their order."""
    if after:
        ahead = [
            and_(*(c == v for c, v in zip(columns[:n], after, strict=False)), columns[n] > after[n])
            for n in range(len(columns))
        ]
        wanted = wanted.where(or_(*ahead))
    return wanted.order_by(*columns)


def weighted(counts: Mapping[tuple[str, str], float], weights: Mapping[str, float]) -> list[str]:
    """The items whose events weigh 1 or more in all: those that count as chosen."""
    total: dict[str, float] = {}
    for (item, kind), count in counts.items():
        total[item] = total.get(item, 0.0) + weights.get(kind, 0.0) * count
    return [item for item, weight in total.items() if weight >= 1]
