"""Marks that a user sets on items: saved for later, hidden from lists, or not seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from sqlalchemy import delete, func, select

from penchant.foundations.errors import CallerError
from penchant.service.storage.database import Database, now
from penchant.service.storage.schema import MARKS

Mark = Literal["saved", "hidden", "unseen"]
"""saved: on the watchlist. hidden: kept out of the user's lists on the page. unseen: not asked about again."""
MOST = 5000
"""Marks that are kept for one user."""


class TooManyMarksError(CallerError):
    """A user has as many marks as the service keeps for one."""

    code = "P190"


class MarkStore:
    """The marks table: at most one mark for each user and item."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, user_id: str, item_id: str, mark: Mark) -> None:
        """Set the mark in place of one that is there. Raises TooManyMarksError if there is no room for it."""
        if mark not in get_args(Mark):
            raise CallerError(f"{mark!r} is no mark", remedy=f"Choose one of: {', '.join(get_args(Mark))}")
        row = {"user_id": user_id, "item_id": item_id, "mark": mark, "marked_at": now()}
        insert = self._database.dialect.insert(MARKS).values(row)
        fresh = {"mark": insert.excluded.mark, "marked_at": insert.excluded.marked_at}
        others = select(func.count()).select_from(MARKS)
        others = others.where((MARKS.c.user_id == user_id) & (MARKS.c.item_id != item_id))
        with self._database.write() as connection:
            if (connection.scalar(others) or 0) >= MOST:
                raise TooManyMarksError(f"no more than {MOST} marks are kept for one user")
            connection.execute(insert.on_conflict_do_update(index_elements=["user_id", "item_id"], set_=fresh))

    def remove(self, user_id: str, item_id: str) -> None:
        """Forget the mark; nothing happens if there is none."""
        mine = (MARKS.c.user_id == user_id) & (MARKS.c.item_id == item_id)
        with self._database.write() as connection:
            connection.execute(delete(MARKS).where(mine))

    def of(self, user_id: str) -> Mapping[str, Mark]:
        """The user's marks by item id, oldest first."""
        mine = select(MARKS.c.item_id, MARKS.c.mark).where(MARKS.c.user_id == user_id)
        with self._database.read() as connection:
            rows = connection.execute(mine.order_by(MARKS.c.marked_at, MARKS.c.item_id))
            return {row.item_id: row.mark for row in rows}
