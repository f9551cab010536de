"""TrainedModel: the result of every trainer. Two sides of rows with a sample axis, and a scorer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from penchant.data.interactions import Interactions
from penchant.data.ratings import Grouped, Ratings
from penchant.data.scale import Scale
from penchant.foundations.errors import ModelShapeError
from penchant.models.priors import TemporalBias
from penchant.models.rows import Floats
from penchant.models.scorers import Scorer
from penchant.models.sides import Side

Objective = Literal["rating", "preference"]
"""Whether predictions are ratings on a scale, or only an order of preference (implicit feedback)."""

Confidence = Literal["equal", "values", "logarithm"]
"""The weight of a positive interaction: 1; its value (a count); 1 + ln of its value."""


DAY = 86_400
"""Seconds in a day."""

SMALLEST = 1e-6
"""What the oldest entry weighs at least, so that it stays a positive interaction."""


@dataclass(frozen=True)
class Feedback:
    """Which entries of implicit feedback are positive interactions, and the weight of each.

    positive_from: the least rating that is positive; None where every entry is. unobserved_weight: the weight α of the
    penalty on unobserved pairs where it is not applied to positive pairs (`form="hu"`); 0 where it is applied to all.
    half_life: in days; an entry that is this much older than `latest`, the time of the last training rating in seconds
    since 1970, weighs half as much. None where age does not matter.
    """

    positive_from: float | None = None
    confidence: Confidence = "equal"
    unobserved_weight: float = 0.0
    half_life: float | None = None
    latest: int = 0

    def weights(self, values: NDArray[Any], times: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """What each entry weighs, shape (n,); 0 for one that is not positive. times: (n,); None: as of the latest."""
        weights = np.ones(len(values), np.float32) if self.confidence == "equal" else np.asarray(values, np.float32)
        if self.confidence == "logarithm":
            weights = 1 + np.log(np.maximum(weights, 1))
        if self.half_life is not None and times is not None:
            days = np.maximum(self.latest - np.asarray(times, np.float64), 0) / DAY
            weights = weights * np.maximum(0.5 ** (days / self.half_life), SMALLEST).astype(np.float32)
        return weights if self.positive_from is None else np.where(values >= self.positive_from, weights, np.float32(0))

    def targets(self, weights: NDArray[Any]) -> NDArray[np.float32]:
        """The targets of entries with these weights, shape (n,): 1 + α / w.

        Training adds the penalty α s² for every pair. Together with it, w (1 + α/w - s)² equals (w + α) (1 - s)² up to
        a constant, which is the loss of a positive pair without the penalty.
        """
        return (1 + np.divide(self.unobserved_weight, weights, out=np.zeros_like(weights), where=weights > 0)).astype(
            np.float32
        )


@dataclass(frozen=True)
class TrainedModel:
    """Parameters with a sample axis S, and everything else that prediction, fold-in, ranking and saving need.

    kind: the registry's name of the model. settings: its training settings, as JSON values. scorer: turns two rows into
    a rating. users, items: the two sides. noise: (S,), the standard deviation of a rating around its expectation.
    scale: the rating scale. interactions: the training ratings by user, in time order. feedback: how entries of
    implicit feedback are read; None for ratings. history: named metrics of each epoch or sample. facts: other values
    for reports, such as convergence metrics.
    """

    kind: str
    settings: Mapping[str, Any]
    scorer: Scorer
    users: Side
    items: Side
    noise: Floats
    scale: Scale
    interactions: Interactions
    feedback: Feedback | None = None
    history: Sequence[Mapping[str, float]] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        samples = {
            "scorer": self.scorer.samples,
            "users": len(self.users.bias),
            "items": len(self.items.bias),
            "noise": len(self.noise),
        }
        if len(set(samples.values())) != 1:
            raise ModelShapeError(f"the parts of a model differ in their number of samples: {samples}")
        self.scorer.check_widths(self.users.factors, self.items.factors)
        if self.interactions.n_users != len(self.users):
            raise ModelShapeError(f"the interactions have {self.interactions.n_users} users, not {len(self.users)}")

    @property
    def samples(self) -> int:
        return self.scorer.samples

    @property
    def objective(self) -> Objective:
        """What predictions are: ratings, or only an order of preference."""
        return "rating" if self.feedback is None else "preference"

    @property
    def mean(self) -> Floats:
        """The mean of each sample, shape (S,); zero for a scorer that has none."""
        return self.scorer.mean

    @property
    def temporal_bias(self) -> TemporalBias | None:
        """The users' biases that depend on time, or None."""
        return self.users.prior.effect(TemporalBias)

    @cached_property
    def noise_variance(self) -> float:
        """The variance of a rating around its expectation, the mean over samples."""
        return float(np.mean(np.square(self.noise, dtype=np.float64)))

    def relative_precision(self, variance: Floats) -> Floats:
        """The noise precision of each of B users relative to the average user's, (B,), from their `Side.variance`."""
        precision: Floats = self._average_variance / (np.float32(self.noise_variance) + variance)
        return precision

    @cached_property
    def _average_variance(self) -> Any:
        """The harmonic mean of the users' rating variances, over users with ratings."""
        own = np.float32(0) if self.users.variance is None else self.users.variance[self.users.counts > 0]
        return 1 / np.mean(1 / (np.float32(self.noise_variance) + own))

    def one_sample(self, number: int) -> TrainedModel:
        """The model of one sample alone; nothing is copied."""
        at = slice(number, number + 1)
        return replace(
            self,
            scorer=self.scorer.one_sample(number),
            users=self.users.samples(at),
            items=self.items.samples(at),
            noise=self.noise[at],
        )

    def clip(self, values: NDArray[Any]) -> NDArray[Any]:
        """Predictions clipped to the rating scale; preferences are not clipped."""
        return self.scale.clip(values) if self.objective == "rating" else values


def counts_of(grouped: Grouped) -> NDArray[np.int32]:
    """The number of ratings of each row, shape (N,)."""
    return grouped.counts.astype(np.int32)


def settled(side: Side, encoded: Any | None = None, *, fresh: bool = False) -> Side:
    """The side with each row without ratings set to its prior mean.

    encoded: the side's features (N, F). fresh: nothing else uses the side's arrays, so they are changed in place.
    """
    empty = np.flatnonzero(side.counts == 0)
    if not len(empty):
        return side
    rows = side.prior.means(None if encoded is None else encoded[empty], len(empty))
    bias, vectors = (side.bias, side.vectors) if fresh else (side.bias.copy(), np.array(side.vectors))
    bias[:, empty], vectors[:, empty] = rows[:, :, 0], rows[:, :, 1:]
    return replace(side, bias=bias, vectors=vectors)


def assemble(
    ratings: Ratings,
    *,
    kind: str,
    settings: Mapping[str, Any],
    scorer: Scorer,
    user_rows: tuple[Floats, Floats],
    item_rows: tuple[Floats, Floats],
    priors: tuple[Any, Any],
    noise: Floats,
    interactions: Interactions | None = None,
    **more: Any,
) -> TrainedModel:
    """A TrainedModel from bare arrays: (bias (S, N), vectors (S, N, K)) and a Prior for each side, users first.

    interactions: stored with the model in place of the ratings.
    """
    users = Side(ratings.users, *user_rows, counts_of(ratings.by_user()), priors[0], features=ratings.user_features)
    items = Side(ratings.items, *item_rows, counts_of(ratings.by_item()), priors[1], features=ratings.item_features)
    kept = Interactions.of(ratings) if interactions is None else interactions
    return TrainedModel(kind, settings, scorer, settled(users), settled(items), noise, ratings.scale, kept, **more)
