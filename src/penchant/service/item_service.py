"""Changes of items: added, put, patched, deleted, one or many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from penchant.data.vocabulary import UNKNOWN
from penchant.foundations.errors import CallerError
from penchant.models.sides import Side
from penchant.recommending.recommender import main_model
from penchant.service.id_spelling import spelled
from penchant.service.model_slot import ModelSlot
from penchant.service.problems import RefusalError, described, not_found
from penchant.service.served_items import check_features
from penchant.service.served_model import ServedModel
from penchant.service.storage.items import ItemEntry, ItemExistsError, ItemStore

Kind = Literal["add", "put", "patch", "delete"]
"""add: refuse where there is such an item. put: in place of any there is. patch: some fields of one there is."""


@dataclass(frozen=True)
class ItemChange:
    """One change. fields: of ItemEntry, those that are given."""

    kind: Kind
    item_id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What became of one row of a request. status: as HTTP has it. detail: why it was refused."""

    status: int
    detail: str = ""
    error: Exception | None = None


class ItemService:
    """Writes entries of items and has them served. most: how many items may be added between two trainings."""

    def __init__(self, holder: ModelSlot, store: ItemStore, *, most: int) -> None:
        self._holder, self._store, self._most = holder, store, most

    def change(self, change: ItemChange) -> tuple[str, int]:
        """Do one change; the id as it is kept, and the status. Raises what refuses it."""
        item_id = spelled(self._holder.current.part.items.vocabulary, change.item_id)
        [outcome] = self.change_many([change])
        if outcome.error is not None:
            raise outcome.error
        return item_id, outcome.status

    def change_many(self, changes: Sequence[ItemChange]) -> list[Outcome]:
        """Do the changes in their order, in one transaction; a refused one leaves the others."""
        live = self._holder.current
        vocabulary = live.part.items.vocabulary
        changes = [replace(one, item_id=spelled(vocabulary, one.item_id)) for one in changes]
        outcomes: list[Outcome] = []

        def written(stored: Mapping[str, ItemEntry]) -> list[ItemEntry]:
            batch = _Batch(live, dict(stored), self._most)
            outcomes.extend(batch.outcome(one) for one in changes)
            return [batch.entries[item_id] for item_id in batch.changed]

        self._store.change(list(dict.fromkeys(one.item_id for one in changes)), written)
        self._holder.follow_items()
        return outcomes


@dataclass
class _Batch:
    """The entries as they become, change by change. room: how many items may still be added."""

    live: ServedModel
    entries: dict[str, ItemEntry]
    most: int

    def __post_init__(self) -> None:
        self.changed: dict[str, None] = {}
        self.room = self.most - (len(self.items) - len(main_model(self.live.trained).items))

    @property
    def items(self) -> Side:
        return self.live.part.items

    def outcome(self, change: ItemChange) -> Outcome:
        try:
            entry, status = self._changed(change)
        except (RefusalError, CallerError) as refused:
            return Outcome(*described(refused)[:2], refused)
        if change.item_id not in self.items.vocabulary and change.item_id not in self.entries:
            self.room -= 1
        self.entries[change.item_id] = entry
        self.changed[change.item_id] = None
        return Outcome(status)

    def _changed(self, change: ItemChange) -> tuple[ItemEntry, int]:
        old = self.entries.get(change.item_id)
        exists = self.items.vocabulary.number(change.item_id) != UNKNOWN if old is None else not old.deleted
        if change.kind in ("patch", "delete") and not exists:
            raise not_found(f"there is no item {change.item_id!r}", "Add it with PUT /v1/items/{item_id}")
        old = old or ItemEntry(change.item_id)
        if change.kind == "delete":
            return replace(old, deleted=True), 204
        fields = dict(change.fields)
        if fields.get("features") is not None:
            check_features(self.items, fields["features"])
        if change.kind == "patch":
            if fields.get("features") is not None:
                fields["features"] = {**(old.features or {}), **fields["features"]}
            return replace(old, **fields), 200
        return self._whole(change, fields, exists)

    def _whole(self, change: ItemChange, fields: dict[str, Any], exists: bool) -> tuple[ItemEntry, int]:
        if exists and change.kind == "add":
            raise ItemExistsError(f"there is already an item {change.item_id!r}")
        if not fields.get("title"):
            raise CallerError("a title is missing", where=change.item_id[:50], remedy="Send one, or use patch")
        if not exists and self.room < 1:
            raise CallerError(
                f"{self.most} items were added since the last training", remedy="Run penchant retrain first"
            )
        kinds = {} if self.items.features is None else self.items.features.kinds
        fields["features"] = {**dict.fromkeys(kinds), **(fields.get("features") or {})}
        return ItemEntry(change.item_id, **fields), 200 if exists else 201
