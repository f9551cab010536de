"""Which items to ask a new user about: those whose ratings, if given, most reduce the expected error over all items."""

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
"""An item must have been rated by this share of the users to be asked about."""

FEW = 5
"""Where too few items are known so widely, the best known are asked about, this many for each question."""

SAMPLES = 16
"""Posterior samples of a model that are used."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """An item to ask about.

    gain: the share of the expected squared error that an answer would remove. known: the share of users who have
    rated the item: about how likely an answer is.
    """

    item: Any
    title: str
    gain: float
    known: float


@dataclass(frozen=True)
class ElicitationState:
    """How a user's row moves all items' ratings, in some of a model's samples.

    samples: (S,), their numbers. slopes: (S, I, D), what a change of the user's row does to each item's rating.
    spread: (S, D, D), the slopes' outer products, weighted by the items' share of all ratings: the expected squared
    error of a row with covariance C is the trace of C times it.
    """

    samples: NDArray[np.int64]
    slopes: Array
    spread: Array


def elicitation_state_of(trained: TrainedModel, row: Rows) -> ElicitationState:
    """The state for a user near the row (S, 1, D); under an identity link it is the same for all users."""
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
) -> Sequence[Question]:
    """The n items to ask a user about whose row (S, 1, D) was just folded in; fewer only when fewer exist.

    posterior: of their fold-in. skip: item numbers not to ask about. certain: every question will be answered;
    otherwise as likely as other users have rated the item. state: the one at the row, where it is already made.
    Greedy: each question is the one of the highest expected gain given those before it. The error is that of the items
    that users rate, so each counts by its number of ratings.
    """
    covariance, noise = posterior.covariance.astype(np.float64), posterior.noise_precision
    state = state or elicitation_state_of(trained, row)
    covariance, noise = covariance[state.samples], noise[state.samples]
    counts = trained.items.counts.astype(np.float64)
    slopes, spread = state.slopes, state.spread
    candidates = _askable(counts, len(trained.users), skip, n)
    start = contract("sde,sed->s", covariance, spread).mean()
    chances = np.ones(len(counts)) if certain else np.minimum(counts / max(len(trained.users), 1), 1.0)
    chosen: list[Question] = []
    while len(chosen) < n and len(candidates):
        x = slopes[:, candidates]
        turned, gains = _gains(x, covariance, spread, noise)
        best = int(np.argmax(gains * chances[candidates]))
        number = int(candidates[best])
        share = float(gains[best] / start) if start > 0 else 0.0
        item, title = trained.items.vocabulary.id_of(number), trained.items.title(number)
        chosen.append(Question(item, title, share, float(counts[number] / max(len(trained.users), 1))))
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
    """C x for each candidate, (S, J, D), and how much knowing its rating lessens tr(C M), averaged over samples, (J,).

    Knowing a rating of variance 1/τ turns C into C - C x x' C τ / (1 + τ x' C x), and M is what the error sums over.
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
    """Items that enough people know, best known first."""
    order = np.argsort(-counts, kind="stable")
    order = order[(counts[order] > 0) & ~np.isin(order, skip)]
    widely = int((counts[order] >= KNOWN * users).sum())
    return order[: max(widely, FEW * n)].astype(np.int32)
