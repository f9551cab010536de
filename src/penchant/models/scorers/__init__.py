"""Scorers: functions from a user row and an item row to a number."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from penchant.models.scorers.dot import DotScorer, stack_items, stack_users, with_ones
from penchant.models.scorers.item_item import HistoryPosterior, ItemItemScorer
from penchant.models.scorers.links import sigmoid
from penchant.models.scorers.net import NetScorer
from penchant.models.scorers.row_problem import LinearPosterior, RowPosterior, RowProblem, RowUpdate
from penchant.models.scorers.scorer import Link, Scorer, SideName
from penchant.models.scorers.sparse_item_item import SparseItemItemScorer

__all__ = [
    "DotScorer",
    "HistoryPosterior",
    "ItemItemScorer",
    "LinearPosterior",
    "Link",
    "NetScorer",
    "RowPosterior",
    "RowProblem",
    "RowUpdate",
    "Scorer",
    "SideName",
    "SparseItemItemScorer",
    "scorer_from_parts",
    "sigmoid",
    "stack_items",
    "stack_users",
    "with_ones",
]


def scorer_from_parts(values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Scorer:
    """The scorer from the result of its `to_parts`."""
    if values["scorer"] == "dot":
        return DotScorer(
            arrays["mean"], values["link"], values["low"], values["high"], arrays.get("levels"), arrays.get("cutpoints")
        )
    if values["scorer"] == "item_item":
        return ItemItemScorer(arrays["spread"], arrays.get("self_weights"))
    if values["scorer"] == "sparse_item_item":
        return SparseItemItemScorer(values["penalty"], values["neighbours"])
    layers = range(values["layers"])
    weights, biases = (tuple(arrays[f"{name}.{n}"] for n in layers) for name in ("weights", "biases"))
    return NetScorer(weights, biases, values["low"], values["high"])
