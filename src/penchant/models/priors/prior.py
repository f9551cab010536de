"""The Gaussian prior of a row: a mean, effects that are added to it, and a precision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import ModelShapeError
from penchant.models.priors.cold_start_offset import ColdStartOffset
from penchant.models.priors.effects import Arrays, Effect, FeatureEffect, HistoryEffect, RowFacts, RowMap
from penchant.models.priors.popularity_mean import PopularityMean
from penchant.models.priors.temporal_bias import TemporalBias
from penchant.models.rows import Floats, Rows

EFFECTS: dict[str, type[Effect]] = {
    effect.name: effect for effect in (FeatureEffect, HistoryEffect, ColdStartOffset, TemporalBias, PopularityMean)
}
"""All effects, by the name under which they are saved."""

Kind = TypeVar("Kind", bound=Effect)


@dataclass(frozen=True)
class Prior:
    """The Gaussian prior of a row [bias, vector] of D = 1 + K numbers.

    mean: (S, D). precision: (S, D, D), or None if it is unknown.
    effects: terms that are added to the mean of a row, at most one of each class.
    per_rating, offset: the precision is multiplied by (number of ratings + offset) ^ per_rating. 1 is the weighted-λ
    regularisation of Zhou et al. 2008, equation 4; other powers: Rendle et al. 2021 (arXiv 2110.14037), equation 12.
    everyone: (S, D, D), the term of the precision from all rows of the other side, rated or not (the Gramian of
    implicit feedback), or None.
    variance: the variance of a new row's ratings beyond the model's noise.
    """

    mean: Floats
    precision: Floats | None
    effects: tuple[Effect, ...] = ()
    per_rating: float = 0.0
    offset: float = 0.0
    everyone: Floats | None = None
    variance: float = 0.0

    def effect(self, kind: type[Kind]) -> Kind | None:
        """The effect of that class, or None."""
        return next((one for one in self.effects if isinstance(one, kind)), None)

    def with_effect(self, effect: Effect) -> Prior:
        """The prior with the effect; it replaces one of the same class."""
        return replace(self, effects=(*self.without(type(effect)).effects, effect))

    def without(self, kind: type[Effect]) -> Prior:
        """The prior without the effect of that class."""
        return replace(self, effects=tuple(one for one in self.effects if not isinstance(one, kind)))

    def precision_for(self, count: int) -> NDArray[np.float64]:
        """The precision (S, D, D) of a row with `count` ratings; 0 counts as 1."""
        if self.precision is None:
            raise ModelShapeError("this prior has no precision")
        scaled = self.precision.astype(np.float64) * (max(count, 1) + self.offset) ** self.per_rating
        return scaled if self.everyone is None else scaled + self.everyone

    def means(self, features: Any | None, count: int) -> Floats:
        """The prior mean of `count` rows without a history, (S, count, D); features: sparse or dense (count, F)."""
        return self._moved(RowFacts(count, features))

    def mean_given(self, features: Any | None, history: NDArray[Any]) -> Floats:
        """The prior mean (S, D) of one row with features (1, F), or None. history: (n,) numbers of the other side."""
        mean: Floats = self._moved(RowFacts(1, features, history))[:, 0]
        return mean

    def _moved(self, rows: RowFacts) -> Floats:
        total = np.repeat(self.mean[:, None, :], rows.count, axis=1)
        for effect in self.effects:
            total = total + effect.mean(rows)
        return total.astype(np.float32, copy=False)

    def rows(self, features: Any | None, count: int) -> Rows:
        """The prior mean of `count` rows without ratings, with the prior covariance if there is one."""
        means, unrated = self.means(features, count), np.ones(count, bool)
        if self.precision is None:
            return replace(Rows.split(means), unrated=unrated)
        covariance = np.linalg.inv(self.precision_for(0))[:, None]
        return replace(self.inferred(means, np.repeat(covariance, count, axis=1)), unrated=unrated)

    def inferred(self, joined: NDArray[Any], covariance: NDArray[Any]) -> Rows:
        """Inferred rows [bias, vector], (S, B, D), with their covariance and the extra variance of their ratings."""
        rows = Rows.split(joined, covariance)
        return replace(rows, variance=np.full(len(rows), self.variance, np.float32)) if self.variance else rows

    def samples(self, at: slice) -> Prior:
        """The prior in the given samples."""
        return replace(
            self,
            mean=self.mean[at],
            precision=None if self.precision is None else self.precision[at],
            everyone=None if self.everyone is None else self.everyone[at],
            effects=tuple(effect.samples(at) for effect in self.effects),
        )

    def concatenated(self, other: Prior) -> Prior:
        """The prior with the samples of both, and the effects that both have."""
        if self.precision is None or other.precision is None:
            raise ModelShapeError("this prior has no precision")
        pairs = [(self.effect(type(effect)), effect) for effect in other.effects]
        return replace(
            other,
            mean=np.concatenate([self.mean, other.mean]),
            precision=np.concatenate([self.precision, other.precision]),
            effects=tuple(one.concatenated(effect) for one, effect in pairs if one is not None),
        )

    def mapped(self, through: RowMap) -> tuple[Floats, tuple[Effect, ...]]:
        """The mean (1, D') and the effects in one sample, on rows transformed by the map `through`."""
        return through(self.mean[:, None])[:, 0], tuple(effect.mapped(through) for effect in self.effects)

    def to_parts(self) -> tuple[dict[str, Any], Arrays]:
        """JSON values and arrays from which `from_parts` builds the same prior."""
        arrays: dict[str, Any] = {"mean": self.mean, "precision": self.precision, "everyone": self.everyone}
        for effect in self.effects:
            arrays |= {f"{effect.name}.{name}": array for name, array in effect.to_arrays().items()}
        values = {
            "per_rating": self.per_rating,
            "offset": self.offset,
            "variance": self.variance,
            "effects": [effect.name for effect in self.effects],
        }
        return values, {name: array for name, array in arrays.items() if array is not None}

    @classmethod
    def from_parts(cls, values: dict[str, Any], arrays: Arrays) -> Prior:
        """The prior from the result of `to_parts`."""
        numbers = {name: value for name, value in values.items() if name != "effects"}
        effects = tuple(
            EFFECTS[one].from_arrays(
                {name.removeprefix(f"{one}."): array for name, array in arrays.items() if name.startswith(f"{one}.")}
            )
            for one in values["effects"]
        )
        return cls(arrays["mean"], arrays.get("precision"), effects, everyone=arrays.get("everyone"), **numbers)


def flat_prior(samples: int, factors: int, precision: float, *, per_rating: float = 0.0) -> Prior:
    """A prior with zero mean and the same precision in every direction, equivalent to an L2 penalty."""
    width = 1 + factors
    eye = np.eye(width, dtype=np.float32) * precision
    return Prior(np.zeros((samples, width), np.float32), np.repeat(eye[None], samples, 0), per_rating=per_rating)
