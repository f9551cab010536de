"""Items added while serving; the next retraining makes them part of the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from penchant.foundations.errors import CallerError
from penchant.service.storage.database import Database, now
from penchant.service.storage.schema import ITEMS


class ItemExistsError(CallerError):
    """The catalogue already holds an item of that id."""

    code = "P180"


@dataclass(frozen=True)
class AddedItem:
    """An item that was added while serving. features: name -> value, as the model's item features are named."""

    item_id: str
    title: str
    features: Mapping[str, Any]


class ItemStore:
    """The items table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, item: AddedItem) -> None:
        """Keep the item, or raise ItemExistsError."""
        row = {"item_id": item.item_id, "title": item.title, "features": json.dumps(dict(item.features))}
        with self._database.write() as connection:
            try:
                connection.execute(insert(ITEMS), row | {"added_at": now()})
            except IntegrityError as twice:
                raise ItemExistsError(f"there is already an item {item.item_id!r}") from twice

    def after(self, count: int) -> list[AddedItem] | None:
        """All added items, oldest first, when there are more or fewer than `count`; None when nothing changed."""
        with self._database.read() as connection:
            if connection.scalar(select(func.count()).select_from(ITEMS)) == count:
                return None
            wanted = select(ITEMS.c.item_id, ITEMS.c.title, ITEMS.c.features)
            rows = connection.execute(wanted.order_by(ITEMS.c.added_at, ITEMS.c.item_id))
            return [AddedItem(item_id, title, json.loads(features)) for item_id, title, features in rows]
