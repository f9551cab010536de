"""A grown model: the same with one row more or replaced, or with items that have no ratings yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import Numbers, Vocabulary
from penchant.foundations.errors import CallerError
from penchant.models.rows import Rows
from penchant.models.scorers import SideName
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel


def grown(
    trained: TrainedModel,
    of: SideName,
    wanted: Any,
    row: Rows,
    numbers: Numbers,
    values: NDArray[np.float32],
    features: FeatureTable | None,
) -> TrainedModel:
    """The model with `row` (S, 1, D) for the user (or item) with that id; it replaces an existing row.

    numbers, values: (n,), all its ratings, which the grown model stores. features: a table with its one row, or None.
    The row is stored like a trained row, without its covariance within a sample.
    """
    own, other = (trained.users, trained.items) if of == "users" else (trained.items, trained.users)
    vocabulary = own.vocabulary.extended([wanted])
    number, more = vocabulary.number(wanted), len(vocabulary) - len(own)
    if of == "items" and not trained.scorer.replaces_items and not more and own.counts[number]:
        raise CallerError("an item-item model takes an item it knows anew only by training", where=str(wanted))
    add = trained.interactions.with_user if of == "users" else trained.interactions.with_item
    interactions = add(number, numbers, values)
    counted = interactions.values == interactions.values
    if trained.feedback is not None:
        counted = trained.feedback.weights(interactions.values) > 0
    users, items = interactions.users[counted], interactions.items[counted]
    bias = np.pad(own.bias, ((0, 0), (0, more)))
    bias[:, number] = row.bias[:, 0]
    own_numbers, other_numbers = (users, items) if of == "users" else (items, users)
    own = replace(
        own,
        vocabulary=vocabulary,
        bias=bias,
        **_with_vector(own, number, more, row),
        counts=_counted(own_numbers, len(vocabulary)),
        variance=None if own.variance is None else _with(own.variance, number, more),
        unformed=_with(own.without_ratings, number, more, value=not (own_numbers == number).any()),
        cold_start=None if own.cold_start is None else _with(own.cold_start, number, more),
        features=_described(own.features, number, len(vocabulary), features),
    )
    other = replace(other, counts=_counted(other_numbers, len(other)), unformed=other.without_ratings)
    all_users, all_items = (own, other) if of == "users" else (other, own)
    return replace(trained, users=all_users, items=all_items, interactions=interactions)


def with_described_items(
    trained: TrainedModel, vocabulary: Vocabulary, numbers: Numbers, features: FeatureTable
) -> TrainedModel:
    """The model with new features and titles of some items, known or new.

    vocabulary: the ids of the model's items in their order, then those of new ones. numbers: (m,), the items that are
    described; the new ones are among them. features: a row for each. An item without ratings has the prior mean that
    its features give; the row of another one stays.
    """
    own, more = trained.items, len(vocabulary) - len(trained.items)
    counts = np.pad(own.counts, (0, more))
    at = np.flatnonzero(counts[numbers] == 0)
    rows, unrated = own.new_rows(features.take(at), len(at)), numbers[at]
    bias, vectors = np.pad(own.bias, ((0, 0), (0, more))), np.pad(own.vectors, ((0, 0), (0, more), (0, 0)))
    bias[:, unrated], vectors[:, unrated] = rows.bias, rows.vectors
    table = own.features or FeatureTable({}, {}, [None] * len(own))
    items = replace(
        own,
        vocabulary=vocabulary,
        bias=bias,
        vectors=vectors,
        histories=None if own.histories is None else own.histories.padded(more),
        counts=counts,
        variance=None if own.variance is None else np.pad(own.variance, (0, more)),
        unformed=None if own.unformed is None else np.pad(own.unformed, (0, more), constant_values=True),
        features=table.with_rows(numbers, features, len(vocabulary)),
    )
    return replace(trained, items=items)


def _counted(numbers: Numbers, size: int) -> NDArray[np.int32]:
    return np.bincount(numbers, minlength=size).astype(np.int32)


def _with_vector(side: Side, number: int, more: int, row: Rows) -> dict[str, Any]:
    """The side's vectors (S, N + more, K), or its histories, with the one row at the number."""
    padded = np.pad(side.vectors, ((0, 0), (0, more), (0, 0)))
    if side.histories is not None:
        return {"vectors": padded, "histories": side.histories.with_row(number, row.history)}
    padded[:, number] = row.vectors[:, 0]
    return {"vectors": padded}


def _with(values: NDArray[Any], number: int, more: int, value: float = 0.0) -> NDArray[Any]:
    """The values (..., N + more) with `value` at the number."""
    padded = np.pad(values, [*[(0, 0)] * (values.ndim - 1), (0, more)])
    padded[..., number] = value
    return padded


def _described(table: FeatureTable | None, number: int, size: int, row: FeatureTable | None) -> FeatureTable | None:
    """The table extended to `size` rows, with the given row, if any, at the number."""
    if table is None:
        return None
    table = table.grown(size)
    if row is None:
        return table
    columns = {name: list(values) for name, values in table.columns.items()}
    for name, values in columns.items():
        values[number] = row.columns[name][0] if name in row.columns else None
    titles = None if table.titles is None else list(table.titles)
    if titles is not None and row.titles is not None:
        titles[number] = row.titles[0]
    return FeatureTable(columns, table.kinds, titles)
