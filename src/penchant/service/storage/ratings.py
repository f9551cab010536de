"""Ratings kept for users: put, taken back, listed, erased. Every write is durable when its function returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, select

from penchant.foundations.errors import CallerError
from penchant.service.storage.database import Database, now
from penchant.service.storage.schema import (
    DEVICE_CODES,
    DEVICES,
    ERASED,
    EVENTS,
    LISTS,
    MARKS,
    OUTCOMES,
    RATINGS,
    VISITORS,
)

Stored = dict[str, float | None]
"""Item id -> rating, or None for a training rating that was taken back; newest last."""

StoredRow = tuple[str, str, float | None, int]
"""User id, item id, the rating (None: a training rating that was taken back), and when, in milliseconds since 1970."""


class TooManyRatingsError(CallerError):
    """A user holds as many ratings as the service keeps for one."""

    code = "P170"


class RatingStore:
    """The ratings table. most: how many are kept for one user."""

    def __init__(self, database: Database, *, most: int) -> None:
        self._database, self._most = database, most

    def put(self, user_id: str, ratings: Mapping[str, float | None]) -> None:
        """Set the user's ratings of these items in place of any there; all of them or, on any error, none."""
        rated_at = now()
        rows = [{"user_id": user_id, "item_id": i, "value": v, "rated_at": rated_at} for i, v in ratings.items()]
        with self._database.write() as connection:
            self._check_room(connection, user_id, ratings)
            connection.execute(_upsert(self._database.dialect), rows)

    def _check_room(self, connection: Connection, user_id: str, ratings: Mapping[str, Any]) -> None:
        mine = select(func.count()).select_from(RATINGS).where(RATINGS.c.user_id == user_id)
        others = connection.scalar(mine.where(RATINGS.c.item_id.not_in(list(ratings)))) or 0
        if others + len(ratings) > self._most:
            raise TooManyRatingsError(f"no more than {self._most} ratings are kept for one user")

    def remove(self, user_id: str, item_id: str) -> None:
        """Forget the user's rating of an item; nothing happens when there is none."""
        mine = (RATINGS.c.user_id == user_id) & (RATINGS.c.item_id == item_id)
        with self._database.write() as connection:
            connection.execute(delete(RATINGS).where(mine))

    def of(self, user_id: str) -> tuple[Stored, bool]:
        """The user's ratings, oldest first, and whether the user asked for training ratings to be forgotten."""
        mine = select(RATINGS.c.item_id, RATINGS.c.value).where(RATINGS.c.user_id == user_id)
        erased = select(ERASED.c.erased_at).where(ERASED.c.user_id == user_id)
        with self._database.read() as connection:
            rows = connection.execute(mine.order_by(RATINGS.c.rated_at, RATINGS.c.item_id))
            return {row.item_id: row.value for row in rows}, connection.scalar(erased) is not None

    def export(self, user_id: str) -> list[dict[str, Any]]:
        """Everything kept about the user's ratings, oldest first."""
        mine = select(RATINGS).where(RATINGS.c.user_id == user_id).order_by(RATINGS.c.rated_at, RATINGS.c.item_id)
        with self._database.read() as connection:
            return [dict(row) for row in connection.execute(mine).mappings()]

    def erase(self, user_id: str) -> None:
        """Forget the user: ratings, marks and tokens now, training ratings from the next retraining on."""
        with self._database.write() as connection:
            mine = select(LISTS.c.list_id).where(LISTS.c.user_id == user_id)
            connection.execute(delete(OUTCOMES).where(OUTCOMES.c.list_id.in_(mine)))
            for table in (RATINGS, EVENTS, LISTS, MARKS, VISITORS, DEVICES, DEVICE_CODES):
                connection.execute(delete(table).where(table.c.user_id == user_id))
            insert = self._database.dialect.insert(ERASED).values(user_id=user_id, erased_at=now())
            connection.execute(insert.on_conflict_do_nothing())

    def summary(self) -> tuple[int, float | None]:
        """How many ratings are stored, and their mean."""
        with self._database.read() as connection:
            count, mean = connection.execute(select(func.count(RATINGS.c.value), func.avg(RATINGS.c.value))).one()
            return int(count), None if mean is None else float(mean)

    def pages(self, size: int = 50_000) -> Iterator[list[StoredRow]]:
        """All rows in a fixed order, up to `size` at a time and none of them kept, for retraining."""
        columns = (RATINGS.c.user_id, RATINGS.c.item_id, RATINGS.c.value, RATINGS.c.rated_at)
        wanted = select(*columns).order_by(RATINGS.c.user_id, RATINGS.c.item_id)
        with self._database.read() as connection:
            found = connection.execution_options(yield_per=size).execute(wanted)
            for page in found.partitions():
                yield [(user, item, value, rated_at) for user, item, value, rated_at in page]

    def erased(self) -> set[str]:
        """The users who asked for their training ratings to be forgotten."""
        with self._database.read() as connection:
            return set(connection.scalars(select(ERASED.c.user_id)))


def _upsert(dialect: Any) -> Any:
    insert = dialect.insert(RATINGS)
    fresh = {"value": insert.excluded.value, "rated_at": insert.excluded.rated_at}
    return insert.on_conflict_do_update(index_elements=["user_id", "item_id"], set_=fresh)
