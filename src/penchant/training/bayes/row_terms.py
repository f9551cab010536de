"""The terms of a row's prior mean that the sampler learns; each becomes an effect of the trained prior."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from penchant.data.feature_encoding import FeatureEncoder
from penchant.data.ratings import Grouped
from penchant.models.priors import Effect, FeatureEffect, HistoryEffect
from penchant.training.bayes.conditionals import Array
from penchant.training.bayes.feature_block import FeatureBlock
from penchant.training.bayes.settings import BayesSettings
from penchant.training.row_solver import Floats, ThreadTeam

HISTORY_POWERS = {"users": 0.5, "items": 0.2}
"""The entries of a history of n have the weight n^-power. SVD++ has 0.5. For items, whose number of ratings varies
much more, a smaller power predicted held-out parts of the lesson's training rows better (RMSE 0.831, not 0.834)."""


@dataclass(frozen=True)
class SideData:
    """The data of one side from which its terms are built.

    active: (A,), the numbers that have ratings. entries: their ratings; rows and columns are active rows.
    encoder, encoded: the side's features, (N, F), or None. groups: the columns of each feature. other_active: (B,), the
    active numbers of the other side. other_size: the number of all rows of the other side.
    """

    of: Literal["users", "items"]
    active: NDArray[np.int64]
    entries: Grouped
    encoder: FeatureEncoder | None
    encoded: Any
    groups: list[NDArray[np.int64]]
    other_active: NDArray[np.int64]
    other_size: int


class RowTerm(Protocol):
    """A term of the prior mean: the sum of the shifts of its `blocks`."""

    @property
    def blocks(self) -> Sequence[FeatureBlock]: ...

    def effect(self, maps: Sequence[Sequence[Array]], units: Array) -> Effect:
        """The term as an effect of the prior, in rating units. maps: of each sample and block, standardised."""


@dataclass(frozen=True)
class FeatureTerm:
    """The effect of features, one block for each feature. groups: its columns out of `width`."""

    width: int
    groups: list[NDArray[np.int64]]
    blocks: list[FeatureBlock]

    def effect(self, maps: Sequence[Sequence[Array]], units: Array) -> Effect:
        weights = np.zeros((len(maps), self.width, len(units)), np.float32)
        for s, sample in enumerate(maps):
            for columns, block, coordinates in zip(self.groups, self.blocks, sample, strict=True):
                weights[s, columns] = block.right @ coordinates * units
        return FeatureEffect(weights)


@dataclass(frozen=True)
class HistoryTerm:
    """The effect of histories: one block whose features are the rated rows of the other side."""

    block: FeatureBlock
    power: float
    other_active: NDArray[np.int64]
    other_size: int

    @property
    def blocks(self) -> list[FeatureBlock]:
        return [self.block]

    def effect(self, maps: Sequence[Sequence[Array]], units: Array) -> Effect:
        weights = np.stack([coordinates * units for (coordinates,) in maps]).astype(np.float32)
        basis = np.zeros((self.other_size, self.block.right.shape[1]), np.float32)
        basis[self.other_active] = self.block.right
        return HistoryEffect(weights, basis, self.power)


def _feature_term(data: SideData, settings: BayesSettings, team: ThreadTeam) -> RowTerm | None:
    if data.encoder is None:
        return None
    encoded = data.encoded[data.active]
    blocks = [FeatureBlock(encoded[:, columns], settings.rank, team) for columns in data.groups]
    return FeatureTerm(data.encoder.width, data.groups, blocks)


def _history_term(data: SideData, settings: BayesSettings, team: ThreadTeam) -> RowTerm | None:
    if not settings.history:
        return None
    power = HISTORY_POWERS[data.of]
    block = FeatureBlock(_history(data.entries, len(data.other_active), power), settings.rank, team)
    return HistoryTerm(block, power, data.other_active, data.other_size)


def _history(entries: Grouped, others: int, power: float) -> Any:
    """The histories as a sparse matrix (A, others): a row's n entries are n^-power (Koren 2008, equation 15)."""
    from scipy.sparse import csr_array

    weights: Floats = np.repeat(entries.counts.astype(np.float64) ** -power, entries.counts).astype(np.float32)
    return csr_array((weights, entries.numbers, entries.starts), shape=(len(entries.counts), others))


TERMS: tuple[Callable[[SideData, BayesSettings, ThreadTeam], RowTerm | None], ...] = (_feature_term, _history_term)
"""Builders of the terms, in the order in which they are sampled; None if settings or data leave a term out."""


def terms_of(data: SideData, settings: BayesSettings, team: ThreadTeam) -> list[RowTerm]:
    """The terms of one side."""
    return [term for make in TERMS if (term := make(data, settings, team)) is not None]
