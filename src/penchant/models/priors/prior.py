"""The Gaussian that a row is drawn from before its ratings are seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.models.priors.cold_start_offset import ColdStartOffset
from penchant.models.rows import Floats, Rows


@dataclass(frozen=True)
class Prior:
    """The Gaussian that a row [bias, vector] of D = 1 + K numbers is drawn from before its ratings are seen.

    mean: (S, D). precision: (S, D, D). feature_map: (S, F, D), the linear map W from a row of F features to a shift of
    the mean (Macau; Simm et al. 2017, arXiv 1509.04610), or None. per_rating: the power of a row's number of ratings,
    plus `offset`, that its precision is multiplied by: 1 is the weighted-lambda regularisation of Zhou et al. 2008,
    equation 4; Rendle et al. 2021 (arXiv 2110.14037), equation 12, has other powers. everyone: (S, D, D), what the
    other side's rows add to the precision whether rated or not (the Gramian of implicit feedback), or None.
    history_map: (S, R, D), or None; a row that rated the set N of the other side's M rows shifts its mean by
    |N|^-history_power times the sum over N of history_basis (M, R), times the map (the implicit feedback of SVD++;
    Koren 2008, equation 15, with a power of 1/2 and y = basis · map). Without a basis R is M.
    debut: what stands in for the history of a row that has none, or None. variance: how much more a new row's ratings
    vary than the model's noise says.
    """

    mean: Floats
    precision: Floats
    feature_map: Floats | None = None
    per_rating: float = 0.0
    history_map: Floats | None = None
    history_basis: Floats | None = None
    history_power: float = 0.5
    offset: float = 0.0
    everyone: Floats | None = None
    debut: ColdStartOffset | None = None
    variance: float = 0.0

    def precision_for(self, count: int) -> NDArray[np.float64]:
        """The precision (S, D, D) of a row with `count` ratings; one with none counts as having one."""
        scaled = self.precision.astype(np.float64) * (max(count, 1) + self.offset) ** self.per_rating
        return scaled if self.everyone is None else scaled + self.everyone

    def samples(self, at: slice) -> Prior:
        """The prior of some of its samples."""
        return replace(
            self,
            mean=self.mean[at],
            precision=self.precision[at],
            feature_map=None if self.feature_map is None else self.feature_map[at],
            history_map=None if self.history_map is None else self.history_map[at],
            everyone=None if self.everyone is None else self.everyone[at],
            debut=None if self.debut is None else self.debut.samples(at),
        )

    def means(self, features: Any | None, count: int) -> Floats:
        """The prior mean of `count` rows without a history, (S, count, D); features: sparse or dense (count, F)."""
        settled = self._settled_means(features, count)
        return settled if self.debut is None else settled + self.debut.without_history(features, count)

    def _settled_means(self, features: Any | None, count: int) -> Floats:
        """The same without the debut."""
        base = np.repeat(self.mean[:, None, :], count, axis=1)
        if features is None or self.feature_map is None:
            return base
        return base + np.stack([np.asarray(features @ weights) for weights in self.feature_map]).astype(np.float32)

    def mean_given(self, features: Any | None, history: NDArray[Any]) -> Floats:
        """The prior mean (S, D) of one row with features (1, F), or None, that rated (or was rated by) `history`."""
        if self.history_map is None or not len(history):
            return self.means(features, 1)[:, 0]
        known = self.history_map.shape[1] if self.history_basis is None else len(self.history_basis)
        history = history[history < known]  # nothing is known of what joined the other side after training
        if self.history_basis is None:
            shift = self.history_map[:, history].sum(axis=1)
        else:
            shift = self.history_basis[history].sum(axis=0) @ self.history_map
        shift = shift * np.float32(max(len(history), 1) ** -self.history_power)
        mean: Floats = self._settled_means(features, 1)[:, 0]
        if self.debut is None:
            return mean + shift
        debut = self.debut.shifts(features, 1)[:, 0]
        return mean + debut + self.debut.share_of_history(len(history)) * (shift - debut)

    def rows(self, features: Any | None, count: int) -> Rows:
        """What is known of `count` rows without any rating: their prior mean and covariance."""
        covariance = np.linalg.inv(self.precision_for(0))[:, None]
        rows = self.inferred(self.means(features, count), np.repeat(covariance, count, axis=1))
        return replace(rows, unrated=np.ones(count, bool))

    def inferred(self, joined: NDArray[Any], covariance: NDArray[Any]) -> Rows:
        """New rows [bias, vector], (S, B, D), with their covariance, and with what is unsure of their noise."""
        rows = Rows.split(joined, covariance)
        return replace(rows, variance=np.full(len(rows), self.variance, np.float32)) if self.variance else rows


@dataclass(frozen=True)
class Point(Prior):
    """A prior that says where new rows start and not how sure that is; it takes no memory of D x D numbers."""

    @classmethod
    def at(cls, mean: Floats) -> Point:
        """The prior at mean (S, D)."""
        samples, width = mean.shape
        return cls(mean, np.broadcast_to(np.float32(0), (samples, width, width)))

    def rows(self, features: Any | None, count: int) -> Rows:
        """The prior mean of `count` rows, without a covariance."""
        means = self.means(features, count)
        return Rows(means[:, :, 0], means[:, :, 1:], unrated=np.ones(count, bool))


def flat_prior(samples: int, factors: int, precision: float, *, per_rating: float = 0.0) -> Prior:
    """A prior with zero mean and the same precision in every direction: what an L2 penalty amounts to."""
    width = 1 + factors
    eye = np.eye(width, dtype=np.float32) * precision
    return Prior(np.zeros((samples, width), np.float32), np.repeat(eye[None], samples, 0), per_rating=per_rating)
