"""A table with the rows of a later one: new rows, changed rows and deleted rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.id_lists import pairs_in
from penchant.data.vocabulary import UNKNOWN, Vocabulary
from penchant.foundations.errors import DataError

Table = Any
"""Ratings, whose module imports this one."""


def updated(ratings: Table, more: Table, deleted: Any) -> Table:
    """The ratings with the rows of `more`, without those of `deleted`; see `Ratings.updated`."""
    if ratings.kind != more.kind:
        raise DataError(f"the table has {ratings.kind}, the new rows are {more.kind}", where="updated()")
    if ratings.timestamps is not None and more.timestamps is None:
        raise DataError(
            "the table has times, the new rows have none", where="updated()", remedy="Read the table without times"
        )
    users, items = (getattr(ratings, side).extended(getattr(more, side).ids.tolist()) for side in ("users", "items"))
    new = {
        "user_numbers": users.numbers(more.users.ids)[more.user_numbers],
        "item_numbers": items.numbers(more.items.ids)[more.item_numbers],
        "values": more.values,
        "timestamps": None if ratings.timestamps is None else more.timestamps,
    }
    stays, comes = _newest(ratings, new, len(items))
    columns: dict[str, Any] = {
        name: None if new[name] is None else np.concatenate([getattr(ratings, name)[stays], new[name][comes]])
        for name in new
    }
    found = replace(
        ratings, **columns, users=users, items=items, report=more.report, scale=_wider(ratings, more),
        user_features=_features(ratings.user_features, more.user_features, more.users, users),
        item_features=_features(ratings.item_features, more.item_features, more.items, items),
    )  # fmt: skip
    return found if deleted is None else found.take(~_are_in(found, deleted))


def _newest(ratings: Table, new: dict[str, Any], n_items: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of the old rows and of the new rows stay; of two about a pair it is the newer, or the new one."""
    old = ratings.user_numbers.astype(np.int64) * n_items + ratings.item_numbers
    late = new["user_numbers"].astype(np.int64) * n_items + new["item_numbers"]
    comes = np.ones(len(late), bool)
    if ratings.timestamps is not None:
        _, at_old, at_new = np.intersect1d(old, late, assume_unique=True, return_indices=True)
        comes[at_new] = new["timestamps"][at_new] >= ratings.timestamps[at_old]
    return ~np.isin(old, late[comes]), comes


def _are_in(ratings: Table, deleted: Any) -> NDArray[np.bool_]:
    """Which rows are about a pair of a table; pairs with unknown ids are about none."""
    users, items = pairs_in(deleted, "deleted")
    user_numbers, item_numbers = ratings.users.numbers(users), ratings.items.numbers(items)
    known = (user_numbers != UNKNOWN) & (item_numbers != UNKNOWN)
    gone = user_numbers[known].astype(np.int64) * ratings.n_items + item_numbers[known]
    return np.isin(ratings.user_numbers.astype(np.int64) * ratings.n_items + ratings.item_numbers, gone)


def _wider(ratings: Table, more: Table) -> Any:
    """The scale of both; a declared scale must hold the new ratings."""
    own, other = ratings.scale, more.scale
    if not (own.declared and ratings.kind == "ratings"):
        return replace(own, low=min(own.low, other.low), high=max(own.high, other.high))
    if len(more) and not own.low <= float(more.values.min()) <= float(more.values.max()) <= own.high:
        raise DataError(
            f"a new rating is outside the scale {own.low:g}..{own.high:g}", where="updated()",
            remedy=f"Read the new rows with scale=({own.low:g}, {own.high:g})",
        )  # fmt: skip
    return own


def _features(
    before: FeatureTable | None, more: FeatureTable | None, more_ids: Vocabulary, ids: Vocabulary
) -> FeatureTable | None:
    """The features in the order of `ids`; of an id that both tables have, those of the later one."""
    start = None if before is None else before.grown(len(ids))
    if more is None:
        return start
    numbers = np.full(len(ids), UNKNOWN, np.int64)
    numbers[ids.numbers(more_ids.ids)] = np.arange(len(more_ids))
    late = more.take(numbers)
    if start is None:
        return late
    columns = {
        name: _over(start.columns.get(name), late.columns.get(name), len(ids)) for name in {**start.kinds, **late.kinds}
    }
    titles = _over(start.titles, late.titles, len(ids)) if start.titles or late.titles else None
    return FeatureTable(columns, {**late.kinds, **start.kinds}, titles)


def _over(one: Any, other: Any, size: int) -> list[Any]:
    """The values of the second, and those of the first where it has none."""
    first, second = one or [None] * size, other or [None] * size
    return [old if new is None else new for old, new in zip(first, second, strict=True)]
