"""The sampler's input: standardised ratings of active rows, and decomposed feature matrices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from penchant.data.feature_encoding import FeatureEncoder
from penchant.data.features import FeatureTable
from penchant.data.ratings import Grouped, Ratings
from penchant.foundations.errors import DataError, SettingsError
from penchant.training.bayes.feature_block import FeatureBlock
from penchant.training.bayes.row_terms import RowTerm, SideData, terms_of
from penchant.training.bayes.settings import BayesSettings
from penchant.training.row_solver import ThreadTeam

SIDES: tuple[Literal["users", "items"], ...] = ("users", "items")

MOST_LEVELS = 30
"""The highest number of distinct ratings for an ordered-probit link."""


@dataclass(frozen=True)
class PreprocessedSide:
    """One side of the preprocessed ratings.

    active: (A,), the numbers that have ratings. entries: their standardised ratings; rows and columns are active rows.
    encoder, encoded: the features, (N, F), or None. terms: the terms of the rows' prior mean.
    """

    size: int
    active: NDArray[np.int64]
    entries: Grouped
    encoder: FeatureEncoder | None
    encoded: Any
    terms: list[RowTerm]

    @property
    def blocks(self) -> list[FeatureBlock]:
        """The blocks of all terms, in their order."""
        return [block for term in self.terms for block in term.blocks]


@dataclass(frozen=True)
class PreprocessedRatings:
    """Both sides, and the mean and standard deviation of the ratings.

    times: (n,), the time of each of the users' entries, or None if the model does not use times. levels: (C,), the
    distinct ratings, and codes: (n,), the level of each of the users' entries; None without an ordered-probit link.
    """

    users: PreprocessedSide
    items: PreprocessedSide
    mean: float
    deviation: float
    times: NDArray[np.int64] | None
    levels: NDArray[np.float64] | None = None
    codes: NDArray[np.int64] | None = None


def prepare(ratings: Ratings, settings: BayesSettings, team: ThreadTeam) -> PreprocessedRatings:
    """Standardise the ratings, leave out rows without ratings, and decompose the feature matrices."""
    levels = _levels(ratings, settings) if settings.link == "ordered_probit" else None
    if settings.temporal_bias and ratings.timestamps is None:
        raise DataError("the ratings have no timestamps to learn from", where="temporal_bias", remedy="Leave it off")
    mean = ratings.mean
    deviation = float(ratings.values.std(dtype=np.float64))
    if levels is not None:  # the cut points contain mean and scale
        mean, deviation = 0.0, 1.0
    deviation = deviation if deviation > 1e-6 * max(abs(mean), 1.0) else 1.0
    by_user, by_item = ratings.by_user(), ratings.by_item()
    active = np.flatnonzero(by_user.counts), np.flatnonzero(by_item.counts)
    users = _active_entries(by_user, *active, mean, deviation)
    items = _active_entries(by_item, *active[::-1], mean, deviation)
    sides = []
    size, tables = (ratings.n_users, ratings.n_items), (ratings.user_features, ratings.item_features)
    for at, (entries, grouped) in enumerate(((users, by_user), (items, by_item))):
        features = _features(tables[at] if settings.use_features else None, grouped.counts)
        data = SideData(SIDES[at], active[at], entries, *features, active[1 - at], size[1 - at])
        terms = terms_of(data, settings, team)
        sides.append(PreprocessedSide(size[at], active[at], entries, data.encoder, data.encoded, terms))
    times = ratings.timestamps[by_user.rows] if settings.temporal_bias and ratings.timestamps is not None else None
    codes = None if levels is None else np.searchsorted(levels, by_user.values)
    return PreprocessedRatings(sides[0], sides[1], mean, deviation, times, levels, codes)


def _levels(ratings: Ratings, settings: BayesSettings) -> NDArray[np.float64]:
    """The distinct ratings, for an ordered-probit link."""
    levels = np.unique(ratings.values).astype(np.float64)
    if settings.temporal_bias:
        raise SettingsError(
            "an ordered-probit link has no temporal bias", where="temporal_bias", remedy="Leave one off"
        )
    if not 2 <= len(levels) <= MOST_LEVELS:
        raise DataError(
            f"an ordered-probit link is for 2 to {MOST_LEVELS} distinct ratings, not {len(levels)}",
            where="link",
            remedy="Use the identity link",
        )
    return levels


def _active_entries(
    entries: Grouped, own: NDArray[np.int64], other: NDArray[np.int64], mean: float, deviation: float
) -> Grouped:
    """The standardised entries of the active rows, with rows and columns numbered among the active ones."""
    starts = np.append(entries.starts[own], entries.starts[-1])
    numbers = np.searchsorted(other, entries.numbers).astype(np.int32)
    return Grouped(starts, numbers, ((entries.values - mean) / deviation).astype(np.float32), entries.rows)


def _features(
    table: FeatureTable | None, counts: NDArray[Any]
) -> tuple[FeatureEncoder | None, Any, list[NDArray[np.int64]]]:
    """The encoder of a table, the encoded table, and the matrix columns of each feature."""
    if table is None or not table.columns:
        return None, None, []
    encoder = FeatureEncoder.fit(table, counts)
    if not encoder.width:
        return None, None, []
    encoded = encoder.encode(table)
    owner = np.array([_owner(name, table.columns) for name in encoder.names])
    used = encoded[np.flatnonzero(counts)]
    groups = [np.flatnonzero(owner == column) for column in dict.fromkeys(owner)]
    return encoder, encoded, [columns for columns in groups if used[:, columns].nnz]


def _owner(name: str, columns: Iterable[str]) -> str:
    """The feature of a matrix column such as "genres=Comedy", "plot~17" or "year<1935"."""
    return next(column for column in columns if name.startswith(tuple(column + sign for sign in "=~<>")))
