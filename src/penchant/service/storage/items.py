"""What is kept of items: new ones, and changes of those in the model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, text

from penchant.foundations.errors import CallerError
from penchant.service.storage.database import Database
from penchant.service.storage.schema import ITEMS

_LOCK = 5_047_312
"""Any number that only writers of this table use as a PostgreSQL advisory lock, so that revisions rise one by one."""

_AT_ONCE = 500
"""How many ids one statement names."""


class ItemExistsError(CallerError):
    """The catalogue already holds an item of that id."""

    code = "P180"


@dataclass(frozen=True)
class ItemEntry:
    """What is kept of one item. title, features: None where those of the model stand.

    features: name -> value, over those of the model. available_until: milliseconds since 1970, or None for no end.
    """

    item_id: str
    title: str | None = None
    features: Mapping[str, Any] | None = None
    hidden: bool = False
    available_until: int | None = None
    deleted: bool = False

    @property
    def says_something(self) -> bool:
        """Whether it has a title or features of its own."""
        return self.title is not None or self.features is not None

    def is_listed(self, at: int) -> bool:
        """Whether lists may hold it at a time, in milliseconds since 1970."""
        return not (self.hidden or self.deleted) and (self.available_until is None or at < self.available_until)


Change = Callable[[Mapping[str, ItemEntry]], Sequence[ItemEntry]]
"""The entries there are, by id -> the entries to write."""


class ItemStore:
    """The table of item entries. Every change has a revision, by which servers follow it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def change(self, item_ids: Sequence[str], change: Change) -> None:
        """Read the entries of some ids and write others in their place, in one transaction; all of them or none."""
        with self._database.write() as connection:
            if not self._database.is_sqlite:  # SQLite has one writer at a time
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            entries = change(self._of(connection, item_ids))
            if not entries:
                return
            last = connection.scalar(select(func.coalesce(func.max(ITEMS.c.revision), 0))) or 0
            rows = [_row(entry, last + 1) for entry in entries]
            insert = self._database.dialect.insert(ITEMS)
            fresh = {name: insert.excluded[name] for name in rows[0] if name != "item_id"}
            connection.execute(insert.on_conflict_do_update(index_elements=["item_id"], set_=fresh), rows)

    def _of(self, connection: Connection, item_ids: Sequence[str]) -> dict[str, ItemEntry]:
        found: dict[str, ItemEntry] = {}
        for start in range(0, len(item_ids), _AT_ONCE):
            some = select(ITEMS).where(ITEMS.c.item_id.in_(item_ids[start : start + _AT_ONCE]))
            found |= {row["item_id"]: _entry(row) for row in connection.execute(some).mappings()}
        return found

    def since(self, revision: int) -> tuple[list[ItemEntry], int]:
        """The entries changed after a revision, in the order of their changes, and the last revision there is."""
        changed = select(ITEMS).where(ITEMS.c.revision > revision).order_by(ITEMS.c.revision, ITEMS.c.item_id)
        with self._database.read() as connection:
            rows = connection.execute(changed).mappings().all()
        return [_entry(row) for row in rows], max([revision, *(row["revision"] for row in rows)])


def _row(entry: ItemEntry, revision: int) -> dict[str, Any]:
    features = None if entry.features is None else json.dumps(dict(entry.features))
    return {**vars(entry), "features": features, "revision": revision}


def _entry(row: Mapping[Any, Any]) -> ItemEntry:
    values = {name: value for name, value in row.items() if name != "revision"}
    features = values["features"]
    return ItemEntry(**{**values, "features": None if features is None else json.loads(features)})
