"""Items added while serving, as rows of a model and of its features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from penchant.data.features import FeatureTable
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.recommending.growth import with_unrated_items
from penchant.recommending.recommender import Recommender
from penchant.service.id_spelling import joined
from penchant.service.storage.items import AddedItem


def with_items(model: Recommender, added: Sequence[AddedItem]) -> Recommender:
    """The recommender with those added items that are unknown to it; the given one is unchanged."""
    parts = (_grown(model.rating_model, added), _grown(model.choice_model, added))
    unchanged = parts[0] is model.rating_model and parts[1] is model.choice_model
    return model if unchanged else Recommender(*parts, model.ranker)


def _grown(trained: TrainedModel | None, added: Sequence[AddedItem]) -> TrainedModel | None:
    if trained is None or not (new := new_items(trained.items, added)):
        return trained
    vocabulary = joined(trained.items.vocabulary.ids, [item.item_id for item in new])
    return with_unrated_items(trained, vocabulary, features_of(trained.items, new))


def new_items(side: Side, added: Sequence[AddedItem]) -> list[AddedItem]:
    """Those of the added items that the side does not hold."""
    return [item for item in added if item.item_id not in side.vocabulary]


def features_of(side: Side, items: Sequence[AddedItem]) -> FeatureTable:
    """The features and titles of items, one row each, in the columns of the side's own features."""
    kinds = {} if side.features is None else side.features.kinds
    columns = {name: [_value(kind, item.features.get(name)) for item in items] for name, kind in kinds.items()}
    return FeatureTable(columns, kinds, [item.title for item in items])


def _value(kind: str, value: Any) -> Any:
    """A value from a request as a column of this kind holds it, or None where it is of another kind."""
    if kind == "many":
        return tuple(map(str, value)) if isinstance(value, list) else None if value is None else (str(value),)
    if kind == "number":
        return float(value) if isinstance(value, int | float) else None
    return value if isinstance(value, str) else None
