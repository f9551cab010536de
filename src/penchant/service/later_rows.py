"""Rows that come in after training, such as those of one night, taken from tables into the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from penchant.data.feature_columns import feature_table
from penchant.data.feature_join import JoinOptions, read_features
from penchant.data.features import FeatureTable
from penchant.data.id_join import id_column_of, ids_in
from penchant.data.id_lists import pairs_in
from penchant.data.ratings import Ratings
from penchant.data.tables.file_options import FileOptions
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.service.id_spelling import spelled
from penchant.service.storage.database import Database, now
from penchant.service.storage.events import RATING, EventStore, StoredEvent
from penchant.service.storage.items import ItemEntry, ItemStore
from penchant.service.user_service import training_ratings

_NO_LIMIT = 10**9
"""The service's limit of ratings for one user is not one of imports."""


@dataclass(frozen=True)
class LaterRows:
    """Tables of later rows. ratings: new and changed ones. deleted: a table of users and items. items: new ones.

    items_id, opening: the column of ids of the items' table, and how its file is opened.
    """

    ratings: Ratings | None = None
    deleted: Any = None
    items: Any = None
    items_id: str | None = None
    opening: FileOptions | None = None


def reading_options(base: TrainedModel) -> dict[str, Any]:
    """The fields of `Rules` with which later rows are read so that they fit the model."""
    text = base.users.vocabulary.of_text and base.items.vocabulary.of_text
    options: dict[str, Any] = {"partial": True, "ids": "text" if text else "detect"}
    if base.scale.kind == "choices":
        return options | {"rating": False}
    return options | {"scale": (base.scale.low, base.scale.high)}


@dataclass(frozen=True)
class Stored:
    """What was written. counts: of ratings, deletions and items. not_there: the users and items of deletions of ratings
    that there are none of, which change nothing."""

    counts: Mapping[str, int]
    not_there: Sequence[tuple[str, str]]


def store(base: TrainedModel, database: Database, later: LaterRows) -> Stored:
    """Write the rows to the database; the next retraining trains on them.

    The items are written in one transaction, then the ratings in one. The same rows twice leave what they left once: of
    two ratings of a user and an item the newer stays. A new item of a rating needs no row of its own.
    """
    rated, deleted = _rated(base, later.ratings), _deleted(base, later.deleted)
    stored = EventStore(database, most=_NO_LIMIT)
    nothing = _of_nothing(base, deleted, rated, stored)
    events = [*rated, *(one for one in deleted if one not in nothing)]
    entries = _entries(base.items, later)
    known = {entry.item_id for entry in entries}
    unknown = dict.fromkeys(one.item_id for one in events if one.value is not None and one.item_id not in known)
    entries += [ItemEntry(one) for one in unknown if one not in base.items.vocabulary]

    def changed(before: Any) -> Sequence[ItemEntry]:
        return [_over(before.get(entry.item_id), entry) for entry in entries]

    if entries:
        ItemStore(database).change([entry.item_id for entry in entries], changed)
    if events:
        stored.write(events, None, lambda _: None)
    counts = {"ratings": len(rated), "deleted": len(deleted) - len(nothing), "items": len(entries)}
    return Stored(counts, [(one.user_id, one.item_id) for one in nothing])


def _rated(base: TrainedModel, ratings: Ratings | None) -> list[StoredEvent]:
    if ratings is None:
        return []
    users, items = _spelled(base.users, ratings.users.ids), _spelled(base.items, ratings.items.ids)
    times = [now()] * len(ratings) if ratings.timestamps is None else (ratings.timestamps * 1000).tolist()
    rows = zip(
        ratings.user_numbers.tolist(), ratings.item_numbers.tolist(), ratings.values.tolist(), times, strict=True
    )
    return [StoredEvent(users[user], items[item], RATING, value, at) for user, item, value, at in rows]


def _deleted(base: TrainedModel, table: Any) -> list[StoredEvent]:
    """Events that take a rating back, whether it is one of training or a later one."""
    if table is None:
        return []
    users, items = pairs_in(table, "deleted")
    spelled_users, spelled_items = _spelled(base.users, users), _spelled(base.items, items)
    at = now()
    return [
        StoredEvent(user, item, RATING, None, at, delete=True)
        for user, item in zip(spelled_users, spelled_items, strict=True)
    ]


def _of_nothing(
    base: TrainedModel, deleted: Sequence[StoredEvent], rated: Sequence[StoredEvent], stored: EventStore
) -> set[StoredEvent]:
    """The deletions of ratings that are neither of training, nor stored, nor among those that come with them."""
    coming = {(one.user_id, one.item_id) for one in rated}
    held = stored.rated({one.user_id for one in deleted})
    of_training = {user: training_ratings(base, user) for user in {one.user_id for one in deleted}}
    return {
        one
        for one in deleted
        if (one.user_id, one.item_id) not in coming
        and one.item_id not in held.get(one.user_id, ())
        and one.item_id not in of_training[one.user_id]
    }


def _spelled(side: Side, ids: Any) -> list[str]:
    return [spelled(side.vocabulary, str(one)) for one in ids]


def _entries(side: Side, later: LaterRows) -> list[ItemEntry]:
    """An entry for each row of the items' table, with the features that the model's items have."""
    if later.items is None:
        return []
    options = JoinOptions(None, later.items_id, "keep")
    frame, texts, source, _ = read_features(later.items, "items", options, later.opening or FileOptions())
    of_ids = texts if side.vocabulary.of_text else frame
    role, _ = id_column_of(of_ids, "item", options.id_column, side.vocabulary, source)
    ids = ids_in(of_ids[role], side.vocabulary, source)
    found = feature_table(frame, _kinds(side.features, frame, role), source, guess=True)
    known = set() if side.features is None else set(side.features.kinds)
    entries = []
    for row, one in enumerate(ids):
        values = {name: _json(value) for name, value in found.row(row).items() if name in known and value is not None}
        title = None if found.titles is None else found.titles[row]
        entries.append(ItemEntry(spelled(side.vocabulary, str(one)), title, values or None))
    return entries


def _kinds(features: FeatureTable | None, frame: Any, role: str) -> dict[str, str]:
    """The kind of each column that the model's items have too; the first title or name is the title."""
    import polars as pl

    kinds: dict[str, str] = {}
    for name in frame.columns:
        kind = None if features is None else features.kinds.get(name)
        if name != role and name.lower() in ("title", "name"):
            kinds[name] = "title"
        elif kind is not None and name != role:
            kinds[name] = "|" if kind == "many" and frame[name].dtype == pl.String else kind
    return kinds


def _json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _over(before: ItemEntry | None, entry: ItemEntry) -> ItemEntry:
    """What is kept of an item, with a later title and later features."""
    if before is None:
        return entry
    features = {**(before.features or {}), **(entry.features or {})} or None
    return replace(before, title=entry.title or before.title, features=features, deleted=False)
