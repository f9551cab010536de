"""Items added while serving, as part of a model: each at the mean its features give it, as unsure as the prior."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import Vocabulary
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.recommending.recommender import Recommender
from penchant.service.storage.items import AddedItem


def with_items(model: Recommender, added: Sequence[AddedItem]) -> Recommender:
    """The recommender with those added items that are unknown to it; the given one is unchanged."""
    parts = (_grown(model.rating_model, added), _grown(model.choice_model, added))
    unchanged = parts[0] is model.rating_model and parts[1] is model.choice_model
    return model if unchanged else Recommender(*parts, model.ranker)


def _grown(trained: TrainedModel | None, added: Sequence[AddedItem]) -> TrainedModel | None:
    new = [] if trained is None else [item for item in added if item.item_id not in trained.items.vocabulary]
    if trained is None or not new:
        return trained
    return dataclasses.replace(trained, items=_with_rows(trained.items, new))


def _with_rows(side: Side, new: Sequence[AddedItem]) -> Side:
    vocabulary = extended(side.vocabulary.ids, [item.item_id for item in new])
    table = features_with(side, new)
    own = None if table is None else table.take(np.arange(len(side), len(vocabulary)))
    rows = side.new_rows(own, len(new))
    return dataclasses.replace(
        side,
        vocabulary=vocabulary,
        bias=np.concatenate([side.bias, rows.bias], axis=1),
        vectors=np.concatenate([side.vectors, rows.vectors], axis=1),
        counts=np.pad(side.counts, (0, len(new))),
        unformed=None if side.unformed is None else np.pad(side.unformed, (0, len(new)), constant_values=True),
        variance=None if side.variance is None else np.pad(side.variance, (0, len(new))),
        features=table,
    )


def extended(ids: NDArray[Any], more: Sequence[str]) -> Vocabulary:
    """These ids, then those of `more` that are new. A text among whole numbers makes texts of all: each is still
    found by either spelling."""
    vocabulary = Vocabulary(ids)
    fresh = [one for one in dict.fromkeys(more) if one not in vocabulary]
    if not fresh:
        return vocabulary
    if not vocabulary.of_text and all(one.isascii() and one.isdecimal() and len(one) < 19 for one in fresh):
        return Vocabulary(np.concatenate([vocabulary.ids, np.array([int(one) for one in fresh])]))
    return Vocabulary([*map(str, vocabulary.ids.tolist()), *fresh])


def features_with(side: Side, added: Sequence[AddedItem]) -> FeatureTable:
    """The items' features and titles, then those of the added items that the side does not hold."""
    new = [item for item in added if item.item_id not in side.vocabulary]
    table = side.features or FeatureTable({}, {}, None)
    columns = {
        name: [*values, *(_value(table, name, item.features.get(name)) for item in new)]
        for name, values in table.columns.items()
    }
    titles = table.titles or [None] * len(side)
    return FeatureTable(columns, table.kinds, [*titles, *(item.title for item in new)])


def _value(table: FeatureTable, name: str, value: Any) -> Any:
    """A value from outside as this column holds it, or None where it is of another kind."""
    kind = table.kinds[name]
    if kind == "many":
        return tuple(map(str, value)) if isinstance(value, list) else None if value is None else (str(value),)
    if kind == "number":
        return float(value) if isinstance(value, int | float) else None
    return value if isinstance(value, str) else None
