"""Row lookup: the trained row of a number, or the row from features or the prior, with its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable, table_from_rows
from penchant.data.vocabulary import Numbers
from penchant.models.rows import Rows, merged
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel

PIECE = 2**20
"""The number of pairs that are scored at a time."""


@dataclass(frozen=True)
class Resolved:
    """Rows of B users or items, and their sources (B,)."""

    rows: Rows
    sources: NDArray[Any]


def resolve(side: Side, numbers: Numbers, features: FeatureTable | None = None) -> Resolved:
    """Rows of the given numbers (B,); a number outside the vocabulary is unknown.

    features: B rows of features, used for unknown numbers, or None. Known rows without ratings have the covariance of
    the prior, like unknown ones.
    """
    numbers = np.asarray(numbers)
    rated = is_rated(side, numbers)
    if rated.all():
        return Resolved(side.rows(numbers), _sources(side, rated, described=False))
    unrated = np.flatnonzero(~rated)
    table = _features_of(side, numbers[unrated], None if features is None else features.take(unrated))
    new = side.new_rows(table, len(unrated))
    sources = _sources(side, rated, described=table is not None)
    return Resolved(merged(side.rows(numbers[rated]), new, rated), sources)


def sources_of(side: Side, numbers: Numbers) -> NDArray[Any]:
    """The sources (B,) of rows of the catalogue, as `resolve` gives them."""
    described = side.features is not None and bool(side.features.columns)
    return _sources(side, is_rated(side, numbers), described=described)


def _sources(side: Side, rated: NDArray[np.bool_], *, described: bool) -> NDArray[Any]:
    """The sources (B,) of rows. described: whether the unrated ones have features."""
    found = np.empty(len(rated), dtype=object)
    found[:] = "features" if described and side.maps_features else "prior"
    found[rated] = "known"
    return found


def is_rated(side: Side, numbers: Numbers) -> NDArray[np.bool_]:
    """Which of the numbers (B,) have a row trained on ratings."""
    known = (numbers >= 0) & (numbers < len(side))
    known[known] = side.counts[numbers[known]] > 0
    return known


def pieces(
    trained: TrainedModel, positions: NDArray[np.int64], rated: NDArray[np.bool_]
) -> Iterator[NDArray[np.int64]]:
    """The positions (B,) of pairs in pieces that fit the cache; pairs of trained rows, without covariance, come first.

    rated: (B,), whether both rows of a pair are trained.
    """
    width = trained.users.factors + 1
    for some, numbers in ((positions[rated], width), (positions[~rated], width * width)):
        size = max(64, PIECE // (trained.samples * numbers))
        for start in range(0, len(some), size):
            yield some[start : start + size]


def _features_of(side: Side, numbers: Numbers, given: FeatureTable | None) -> FeatureTable | None:
    """The features of unrated rows: the given ones, else those of the catalogue for numbers in the vocabulary."""
    if given is not None and given.columns:
        return given
    if side.features is None or not side.features.columns:
        return None
    return side.features.take(np.where(numbers < len(side), numbers, -1))


def features_from(side: Side, rows: Sequence[Mapping[str, Any]]) -> FeatureTable | None:
    """Feature rows (name -> value) as a table with the kinds of this side's encoder, or None without an encoder."""
    if side.encoder is None:
        return None
    return table_from_rows(rows, side.encoder.kinds)
