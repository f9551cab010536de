"""From samples of active rows in standardised units to a TrainedModel in rating units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from penchant.data.interactions import Interactions
from penchant.data.ratings import Ratings
from penchant.models.priors import Effect, Prior
from penchant.models.priors.temporal_bias import TemporalBias, TemporalBiasLevel
from penchant.models.rows import Floats
from penchant.models.scorers import DotScorer
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel, counts_of, settled
from penchant.training.bayes.chain import Sample
from penchant.training.bayes.conditionals import Array
from penchant.training.bayes.preprocessing import PreprocessedRatings, PreprocessedSide
from penchant.training.bayes.settings import BayesSettings
from penchant.training.bayes.temporal_bias_sampler import temporal_bias_levels


def to_trained_model(
    ratings: Ratings,
    prepared: PreprocessedRatings,
    settings: BayesSettings,
    samples: Sequence[Sample],
    history: Sequence[Mapping[str, float]],
    facts: Mapping[str, Any],
) -> TrainedModel:
    """A model of the given samples."""
    # the noise of the mean precision: a new user is folded in with the noise of the average user
    noise = np.array([np.mean(1 / sample.noise) ** -0.5 for sample in samples]) * prepared.deviation
    users, items = (_side(ratings, prepared, samples, at) for at in (0, 1))
    extra = prepared.deviation**2 * np.mean([sample.noise for sample in samples], axis=0) - np.mean(noise**2)
    own = np.zeros(prepared.users.size, np.float32)
    own[prepared.users.active] = extra
    prior = replace(users.prior, variance=float(extra.mean()))
    if (bias := _temporal_bias(prepared, samples)) is not None:
        prior = prior.with_effect(bias)
    users = replace(users, prior=prior)
    return TrainedModel(
        "bayes",
        settings.to_json(),
        scorer_of(prepared, samples),
        _with_variance(users, own),
        items,
        noise.astype(np.float32),
        ratings.scale,
        Interactions.of(ratings),
        history=list(history),
        facts=dict(facts),
    )


def scorer_of(prepared: PreprocessedRatings, samples: Sequence[Sample]) -> DotScorer:
    """The scorer of the given samples."""
    mean = np.full(len(samples), prepared.mean, np.float32)
    if prepared.levels is None:
        return DotScorer(mean)
    cutpoints = np.stack([sample.cutpoints for sample in samples if sample.cutpoints is not None]).astype(np.float32)
    return DotScorer(mean, "ordered_probit", levels=prepared.levels.astype(np.float32), cutpoints=cutpoints)


def _temporal_bias(prepared: PreprocessedRatings, samples: Sequence[Sample]) -> TemporalBias | None:
    if prepared.times is None:
        return None
    owners = np.repeat(prepared.users.active, prepared.users.entries.counts).astype(np.int32)
    levels = []
    for at, level in enumerate(temporal_bias_levels(owners, prepared.times)):
        biases = np.stack([sample.temporal_bias[at][0] for sample in samples]) * prepared.deviation
        variance = np.array([prepared.deviation**2 / sample.temporal_bias[at][1] for sample in samples])
        levels.append(
            TemporalBiasLevel(
                level.span, level.users, level.spans, biases.astype(np.float32), variance.astype(np.float32)
            )
        )
    return TemporalBias(tuple(levels))


def _with_variance(side: Side, more: Floats) -> Side:
    return replace(side, variance=more if side.variance is None else side.variance + more)


def _side(ratings: Ratings, prepared: PreprocessedRatings, samples: Sequence[Sample], at: int) -> Side:
    """The users (at = 0) or items (at = 1) of the model."""
    side = (prepared.users, prepared.items)[at]
    units = units_of(prepared, len(samples[0].means[0]))
    bias = np.zeros((len(samples), side.size), np.float32)
    vectors = np.zeros((len(samples), side.size, len(units) - 1), np.float32)
    for s, sample in enumerate(samples):
        rows = (sample.users, sample.items)[at] * units.astype(np.float32)
        bias[s, side.active], vectors[s, side.active] = rows[:, 0], rows[:, 1:]
    table = (ratings.user_features, ratings.item_features)[at]
    made = Side(
        (ratings.users, ratings.items)[at],
        bias,
        vectors,
        counts_of((ratings.by_user(), ratings.by_item())[at]),
        _prior(prepared, samples, at, units),
        side.encoder,
        table,
        _variance(side, prepared, samples, at),
    )
    return settled(made, side.encoded, fresh=True)


def units_of(prepared: PreprocessedRatings, width: int) -> Array:
    """What takes a standardised row to rating units, (D,): the deviation for the bias, its root for the vector."""
    return np.append(prepared.deviation, np.full(width - 1, np.sqrt(prepared.deviation)))


def _variance(
    side: PreprocessedSide, prepared: PreprocessedRatings, samples: Sequence[Sample], at: int
) -> Floats | None:
    """The variance of a rating that conditional means leave out, (N,); None for the side with sampled rows."""
    found = [
        sample.spread for sample in samples if sample.spread is not None and len(sample.spread) == len(side.active)
    ]
    if not found or (at == 1) != (len(prepared.items.active) >= len(prepared.users.active)):
        return None
    variance = np.zeros(side.size, np.float32)
    variance[side.active] = prepared.deviation**2 * np.mean(found, axis=0)
    return variance


def _prior(prepared: PreprocessedRatings, samples: Sequence[Sample], at: int, units: Array) -> Prior:
    side = (prepared.users, prepared.items)[at]
    mean = np.stack([sample.means[at] * units for sample in samples])
    precision = np.stack([sample.precisions[at] / np.outer(units, units) for sample in samples])
    effects: list[Effect] = []
    first = 0
    for term in side.terms:
        last = first + len(term.blocks)
        effects.append(term.effect([sample.maps[at][first:last] for sample in samples], units))
        first = last
    return Prior(mean.astype(np.float32), precision.astype(np.float32), tuple(effects))
