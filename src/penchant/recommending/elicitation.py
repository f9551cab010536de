"""Preference elicitation: which items to ask a new user about, so that the answers reduce the expected error most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers
from penchant.foundations.contraction import contract
from penchant.models.rows import Rows
from penchant.models.scorers import RowPosterior
from penchant.models.trained import TrainedModel

KNOWN = 0.02
"""Only items that at least this share of the users has rated are asked about."""

FEW = 5
"""If too few items have so many ratings, the items with the most ratings are candidates, this many a question."""

SAMPLES = 16
"""The highest number of posterior samples that are used."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ElicitedItem:
    """An item to ask about.

    gain: the share of the expected squared error that an answer would remove. known: the share of users who have rated
    the item, an estimate of the probability of an answer.
    """

    item: Any
    title: str
    gain: float
    known: float


@dataclass(frozen=True)
class ElicitationState:
    """The derivatives of all items' ratings by a user's row, in some samples of the model.

    samples: (S,), their numbers. slopes: (S, I, D), the derivative of each item's rating by the user's row. spread: (S,
    D, D), the sum of the slopes' outer products, weighted by the items' share of all ratings. The expected squared
    error of a row with covariance C is the trace of C · spread.
    """

    samples: NDArray[np.int64]
    slopes: Array
    spread: Array


def elicitation_state_of(trained: TrainedModel, row: Rows) -> ElicitationState:
    """The state at the row (S, 1, D); with an identity link it is the same for all users."""
    samples = np.unique(np.linspace(0, trained.samples - 1, min(SAMPLES, trained.samples)).round().astype(np.int64))
    slopes = np.stack([_slopes(trained, row, draw) for draw in samples])
    weights = trained.items.counts / max(trained.items.counts.sum(), 1)
    return ElicitationState(samples, slopes, (slopes * weights[:, None]).transpose(0, 2, 1) @ slopes)


def questions(
    trained: TrainedModel,
    row: Rows,
    posterior: RowPosterior,
    skip: Numbers,
    n: int,
    *,
    certain: bool = False,
    state: ElicitationState | None = None,
) -> Sequence[ElicitedItem]:
    """The n items to ask a user about; fewer only if there are fewer items.

    The selection is greedy: each item has the highest expected gain given those before it. In the error, each item has
    the weight of its number of ratings. row: (S, 1, D), from fold-in. posterior: of the fold-in. skip: item numbers not
    to ask about. certain: assume that every question is answered; otherwise the probability of an answer is the share
    of users who rated the item. state: the state at the row, if it was computed before.
    """
    covariance, noise = posterior.covariance.astype(np.float64), posterior.noise_precision
    state = state or elicitation_state_of(trained, row)
    covariance, noise = covariance[state.samples], noise[state.samples]
    counts = trained.items.counts.astype(np.float64)
    slopes, spread = state.slopes, state.spread
    candidates = _askable(counts, len(trained.users), skip, n)
    start = contract("sde,sed->s", covariance, spread).mean()
    chances = np.ones(len(counts)) if certain else np.minimum(counts / max(len(trained.users), 1), 1.0)
    chosen: list[ElicitedItem] = []
    while len(chosen) < n and len(candidates):
        x = slopes[:, candidates]
        turned, gains = _gains(x, covariance, spread, noise)
        best = int(np.argmax(gains * chances[candidates]))
        number = int(candidates[best])
        share = float(gains[best] / start) if start > 0 else 0.0
        item, title = trained.items.vocabulary.id_of(number), trained.items.title(number)
        chosen.append(ElicitedItem(item, title, share, float(counts[number] / max(len(trained.users), 1))))
        answered = _answered(covariance, turned[:, best], x[:, best], noise)
        covariance = covariance + chances[number] * (answered - covariance)
        candidates = np.delete(candidates, best)
    return chosen


def _slopes(trained: TrainedModel, row: Rows, draw: int) -> Array:
    one = Rows(row.bias[draw : draw + 1], row.vectors[draw : draw + 1])
    alone = trained.one_sample(draw)
    slopes: Array = alone.scorer.linearize(one, alone.items.all_rows(), "users")[1][0].astype(np.float64)
    return slopes


def _gains(x: Array, covariance: Array, spread: Array, noise: Array) -> tuple[Array, Array]:
    """C x for each candidate, (S, J, D), and by how much its rating reduces tr(C M), averaged over samples, (J,).

    A rating with variance 1/τ changes C to C - C x x' C τ / (1 + τ x' C x). M is the `spread` of the state.
    """
    turned = x @ covariance
    error = ((turned @ spread) * turned).sum(axis=2)
    unsure = (turned * x).sum(axis=2)
    gains: Array = (noise[:, None] * error / (1 + noise[:, None] * unsure)).mean(axis=0)
    return turned, gains


def _answered(covariance: Array, turned: Array, x: Array, noise: Array) -> Array:
    share = noise / (1 + noise * (turned * x).sum(axis=1))
    left: Array = covariance - share[:, None, None] * turned[:, :, None] * turned[:, None, :]
    return left


def _askable(counts: Array, users: int, skip: Numbers, n: int) -> Numbers:
    """Items that enough users have rated, those with the most ratings first."""
    order = np.argsort(-counts, kind="stable")
    order = order[(counts[order] > 0) & ~np.isin(order, skip)]
    widely = int((counts[order] >= KNOWN * users).sum())
    return order[: max(widely, FEW * n)].astype(np.int32)
