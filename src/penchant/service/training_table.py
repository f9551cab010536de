"""The table that a new version is trained on: the base's training ratings and what the database has collected since.

Everything is arrays, about 60 bytes a rating at the peak; only ids are Python objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.vocabulary import UNKNOWN, Numbers, Vocabulary
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.service.id_spelling import joined, spelled
from penchant.service.served_items import described, new_items
from penchant.service.storage.database import Database
from penchant.service.storage.events import EventStore
from penchant.service.storage.items import ItemEntry, ItemStore
from penchant.service.storage.ratings import RatingStore, StoredRow


@dataclass(frozen=True)
class Collected:
    """What a database holds: pages of stored ratings, the users to leave out, and the entries of items."""

    pages: Iterable[Sequence[StoredRow]]
    erased: set[str]
    items: Sequence[ItemEntry]

    @classmethod
    def from_database(cls, database: Database, weights: Mapping[str, float] | None = None) -> Collected:
        """weights: of kinds of events, for a table of choices, where an item whose events weigh 1 or more was chosen;
        None for a table of ratings."""
        ratings = RatingStore(database, most=1)
        pages = ratings.pages()
        if weights is not None:
            pages = chain(EventStore(database, most=1).chosen_pages(weights), pages)
        return cls(pages, ratings.erased(), ItemStore(database).since(0)[0])


@dataclass(frozen=True)
class _Rows:
    """Ratings by number. values: NaN for a training rating that was taken back. times: seconds since 1970, or None."""

    users: Numbers
    items: Numbers
    values: NDArray[np.float32]
    times: NDArray[np.int64] | None

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> _Rows:
        times = None if self.times is None else self.times[rows]
        return _Rows(self.users[rows], self.items[rows], self.values[rows], times)

    def keys(self, n_items: int) -> NDArray[np.int64]:
        """One number for each pair of user and item."""
        return self.users.astype(np.int64) * n_items + self.items


def together(base: TrainedModel, collected: Collected) -> Ratings:
    """The base's training ratings, replaced by stored ones; without those taken back and without erased users.

    Times are kept where the base has them.
    """
    added = new_items(base.items, collected.items)
    items = joined(base.items.vocabulary, [item.item_id for item in added])
    own = base.users.vocabulary
    stays = np.ones(len(own), bool)
    stays[[number for user in collected.erased if (number := own.number(spelled(own, user))) != UNKNOWN]] = False
    numbering = _UserNumbers(own, stays)
    stored = _latest(_stored(collected.pages, numbering, items), len(items))
    stored = replace(stored, values=base.scale.clip(stored.values))  # a choice may weigh more than any in the base
    kept = _of_base(base, numbering.renumbered)
    if base.interactions.timestamps is None:
        stored = replace(stored, times=None)
    rows = _merged(kept, stored, len(items))
    return Ratings(
        rows.users, rows.items, rows.values, numbering.vocabulary(), items, base.scale, rows.times,
        user_features=_features_of_users(base.users, numbering.vocabulary()),
        item_features=_features_of_items(base.items, items, collected.items),
    )  # fmt: skip


class _UserNumbers:
    """Numbers for users: those of the base who stay keep their order; others follow as their ratings are read."""

    def __init__(self, own: Vocabulary, stays: NDArray[np.bool_]) -> None:
        self._own = own
        self.renumbered = np.where(stays, np.cumsum(stays) - 1, UNKNOWN).astype(np.int32)
        self._kept = own.ids[stays]
        self._new: dict[str, int] = {}

    def number(self, given: str, *, new: bool) -> int:
        """The number of a stored user id. new: whether an unknown one gets a number; else it is UNKNOWN."""
        user = spelled(self._own, given)
        own = self._own.number(user)
        if own != UNKNOWN and self.renumbered[own] != UNKNOWN:
            return int(self.renumbered[own])
        if new:
            return self._new.setdefault(user, len(self._kept) + len(self._new))
        return self._new.get(user, UNKNOWN)

    def vocabulary(self) -> Vocabulary:
        return joined(Vocabulary(self._kept), self._new)


def _stored(pages: Iterable[Sequence[StoredRow]], users: _UserNumbers, items: Vocabulary) -> _Rows:
    """The stored rows by number; those of items that are not in the catalogue are left out."""
    parts = [_Rows(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.int64))]
    for page in pages:
        values = np.array([np.nan if row[2] is None else row[2] for row in page], np.float32)
        part = _Rows(
            np.array([users.number(row[0], new=row[2] is not None) for row in page], np.int32),
            np.array([items.number(spelled(items, row[1])) for row in page], np.int32),
            values,
            np.array([row[3] // 1000 for row in page], np.int64),
        )
        parts.append(part.take((part.users != UNKNOWN) & (part.items != UNKNOWN)))
    users_, items_, values_, times = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("users", "items", "values", "times")
    )
    return _Rows(users_, items_, values_, times)


def _latest(rows: _Rows, n_items: int) -> _Rows:
    """One row for each pair, in the order of pairs: the latest, where two spellings of an id were stored."""
    keys = rows.keys(n_items)
    order = np.lexsort((keys if rows.times is None else rows.times, keys))
    ordered = keys[order]
    last = np.append(ordered[1:] != ordered[:-1], np.ones(min(len(ordered), 1), bool))
    return rows.take(order[last])


def _of_base(base: TrainedModel, renumbered: Numbers) -> _Rows:
    known = base.interactions
    rows = _Rows(renumbered[known.users], known.items, known.values, known.timestamps)
    return rows if (renumbered != UNKNOWN).all() else rows.take(rows.users != UNKNOWN)


def _merged(kept: _Rows, stored: _Rows, n_items: int) -> _Rows:
    """The kept rows that no stored row is about, then the stored rows that hold a rating."""
    if not len(stored.values):
        return kept
    keys, ordered = kept.keys(n_items), stored.keys(n_items)
    at = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
    kept = kept.take(ordered[at] != keys)
    stored = stored.take(~np.isnan(stored.values))
    users, items, values = (
        np.concatenate([getattr(kept, name), getattr(stored, name)]) for name in ("users", "items", "values")
    )
    times = None if kept.times is None or stored.times is None else np.concatenate([kept.times, stored.times])
    return _Rows(users, items, values, times)


def _features_of_users(side: Side, users: Vocabulary) -> FeatureTable | None:
    """The users' features in the order of `users`; those of new users are missing."""
    return None if side.features is None else side.features.take(side.vocabulary.numbers(users.ids.tolist()))


def _features_of_items(side: Side, items: Vocabulary, entries: Sequence[ItemEntry]) -> FeatureTable | None:
    """The features and titles of all items, those of the entries over those of the base."""
    given = [one for one in entries if one.item_id in items and one.says_something]
    if not given:
        return side.features
    own = side.features or FeatureTable({}, {}, [None] * len(side))
    return own.with_rows(items.numbers([one.item_id for one in given]), described(side, given, side), len(items))
