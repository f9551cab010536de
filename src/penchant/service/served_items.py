"""Item entries applied to a recommender: new items, other features and titles, and items that no list holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import UNKNOWN
from penchant.foundations.errors import CallerError
from penchant.models.sides import Side
from penchant.recommending.argument_checks import check_feature_names
from penchant.recommending.index_growth import with_items
from penchant.recommending.item_index import ItemIndex
from penchant.service.id_spelling import joined
from penchant.service.storage.items import ItemEntry


def with_entries(index: ItemIndex, entries: Sequence[ItemEntry], base: Side) -> ItemIndex:
    """The index with the items, titles and features of these entries; an unknown deleted item stays out.

    base: the items as they were trained, which an entry without a title or features falls back to.
    """
    known = index.items
    wanted = [one for one in entries if one.item_id in known or (one.says_something and not one.deleted)]
    if not wanted:
        return index
    vocabulary = joined(known, [one.item_id for one in wanted])
    numbers = vocabulary.numbers([one.item_id for one in wanted])
    return with_items(index, vocabulary, numbers, lambda side: described(side, wanted, base))


def hidden_items(index: ItemIndex, entries: Iterable[ItemEntry], at: int) -> NDArray[np.bool_] | None:
    """The items (I,) that no list holds at a time, in milliseconds since 1970; None for no such item."""
    numbers = [index.items.number(one.item_id) for one in entries if not one.is_listed(at)]
    found = np.array([number for number in numbers if number != UNKNOWN], np.int64)
    if not len(found):
        return None
    hidden = np.zeros(len(index.items), bool)
    hidden[found] = True
    return hidden


def next_end(entries: Iterable[ItemEntry], at: int) -> int | None:
    """When the next item ends after a time, in milliseconds since 1970."""
    ends = [one.available_until for one in entries if one.available_until is not None and one.available_until > at]
    return min(ends, default=None)


def new_items(side: Side, entries: Iterable[ItemEntry]) -> list[ItemEntry]:
    """The entries of items that the side does not hold and that are not deleted."""
    return [one for one in entries if not one.deleted and one.item_id not in side.vocabulary]


def described(side: Side, entries: Sequence[ItemEntry], base: Side) -> FeatureTable:
    """The features and titles of entries, one row each, in the columns of the side; over those of the base's items."""
    kinds = {} if side.features is None else side.features.kinds
    own = [base.vocabulary.number(one.item_id) for one in entries]
    rows = [
        features_at(base, number)
        | {name: _value(kinds[name], value) for name, value in (one.features or {}).items() if name in kinds}
        for one, number in zip(entries, own, strict=True)
    ]
    titles = [
        (None if number == UNKNOWN else base.title(number)) if one.title is None else one.title
        for one, number in zip(entries, own, strict=True)
    ]
    return FeatureTable({name: [row.get(name) for row in rows] for name in kinds}, kinds, titles)


def features_at(side: Side, number: int) -> dict[str, Any]:
    """The features of a known number, or nothing for UNKNOWN."""
    return {} if side.features is None or number == UNKNOWN else side.features.row(number)


def check_features(side: Side, features: Mapping[str, Any], whose: str = "items") -> None:
    """Raises CallerError for a feature that the model's items (or users) do not have, and for one of another kind."""
    kinds = {} if side.features is None else side.features.kinds
    check_feature_names(features, kinds, whose)
    for name, value in features.items():
        if value is not None and _value(kinds[name], value) is None:
            wanted = {"many": "a list of texts", "number": "a number"}.get(kinds[name], "a text")
            raise CallerError(f"{name} is {wanted}", where="features", remedy=f"Send {name} as {wanted}")


def _value(kind: str, value: Any) -> Any:
    """A value from a request as a column of this kind holds it, or None where it is of another kind."""
    if kind == "many":
        return tuple(map(str, value)) if isinstance(value, list) else (value,) if isinstance(value, str) else None
    if kind == "number":
        return float(value) if isinstance(value, int | float) else None
    return value if isinstance(value, str) else None
