"""One side of a model, users or items: the learnt rows, the prior new rows start from, and who they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureEncoder, FeatureTable
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import ModelShapeError
from penchant.models.debut import Debut

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Rows:
    """Some rows of one side, ready to be scored against the other side's.

    bias: (S, B). vectors: (S, B, K). covariance: (S, B, D, D) of [bias, vector], D = 1 + K, for rows that are
    inferred rather than learnt (folded in, from features, or the bare prior); None for learnt rows, whose uncertainty
    is in the draws. variance: (B,), how much more the ratings of learnt rows vary than the model's noise and draws
    say (less, where negative), or None.
    """

    bias: Floats
    vectors: Floats
    covariance: Floats | None = None
    variance: Floats | None = None

    def __len__(self) -> int:
        return int(self.bias.shape[1])

    @property
    def joined(self) -> Floats:
        """[bias, vector], shape (S, B, D)."""
        return np.concatenate([self.bias[:, :, None], self.vectors], axis=2)

    @classmethod
    def split(cls, joined: NDArray[Any], covariance: NDArray[Any] | None = None) -> Rows:
        """Rows from [bias, vector] of shape (S, B, D)."""
        joined = joined.astype(np.float32, copy=False)
        spread = None if covariance is None else covariance.astype(np.float32, copy=False)
        return cls(joined[:, :, 0], joined[:, :, 1:], spread)

    def take(self, at: NDArray[Any]) -> Rows:
        """The rows at the given positions."""
        spread = None if self.covariance is None else self.covariance[:, at]
        variance = None if self.variance is None else self.variance[at]
        return Rows(self.bias[:, at], self.vectors[:, at], spread, variance)


def covariance_of(rows: Rows) -> Floats:
    """The rows' covariance (S, B, D, D), zero for learnt rows."""
    if rows.covariance is not None:
        return rows.covariance
    draws, count, width = rows.vectors.shape
    return np.zeros((draws, count, width + 1, width + 1), dtype=np.float32)


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
    debut: Debut | None = None
    variance: float = 0.0

    def precision_for(self, count: int) -> NDArray[np.float64]:
        """The precision (S, D, D) of a row with `count` ratings; one with none counts as having one."""
        scaled = self.precision.astype(np.float64) * (max(count, 1) + self.offset) ** self.per_rating
        return scaled if self.everyone is None else scaled + self.everyone

    def draws(self, at: slice) -> Prior:
        """The prior of some of its draws."""
        return replace(
            self,
            mean=self.mean[at],
            precision=self.precision[at],
            feature_map=None if self.feature_map is None else self.feature_map[at],
            history_map=None if self.history_map is None else self.history_map[at],
            everyone=None if self.everyone is None else self.everyone[at],
            debut=None if self.debut is None else self.debut.draws(at),
        )

    def means(self, features: Any | None, count: int) -> Floats:
        """The prior mean of `count` rows without a history, (S, count, D); features: sparse or dense (count, F)."""
        settled = self._settled_means(features, count)
        return settled if self.debut is None else settled + self.debut.shifts(features, count)

    def _settled_means(self, features: Any | None, count: int) -> Floats:
        """The same without the debut."""
        base = np.repeat(self.mean[:, None, :], count, axis=1)
        if features is None or self.feature_map is None:
            return base
        return base + np.stack([np.asarray(features @ weights) for weights in self.feature_map]).astype(np.float32)

    def mean_given(self, features: Any | None, history: NDArray[Any]) -> Floats:
        """The prior mean (S, D) of one row with features (1, F), or None, that rated (or was rated by) `history`."""
        met = 0 if self.history_map is None else self.history_map.shape[1]
        met = met if self.history_basis is None else len(self.history_basis)
        history = history[history < met]  # what joined the other side after training says nothing here
        if self.history_map is None or not len(history):
            return self.means(features, 1)[:, 0]
        if self.history_basis is None:
            shift = self.history_map[:, history].sum(axis=1)
        else:
            shift = self.history_basis[history].sum(axis=0) @ self.history_map
        shift = shift * np.float32(len(history) ** -self.history_power)
        mean: Floats = self._settled_means(features, 1)[:, 0]
        if self.debut is None:
            return mean + shift
        debut = self.debut.shifts(features, 1)[:, 0]
        return mean + debut + self.debut.share_of_history(len(history)) * (shift - debut)

    def rows(self, features: Any | None, count: int) -> Rows:
        """What is known of `count` rows without any rating: their prior mean and covariance."""
        covariance = np.linalg.inv(self.precision_for(0))[:, None]
        return self.inferred(self.means(features, count), np.repeat(covariance, count, axis=1))

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
        draws, width = mean.shape
        return cls(mean, np.broadcast_to(np.float32(0), (draws, width, width)))

    def rows(self, features: Any | None, count: int) -> Rows:
        """The prior mean of `count` rows, without a covariance."""
        means = self.means(features, count)
        return Rows(means[:, :, 0], means[:, :, 1:])


@dataclass(frozen=True)
class Side:
    """All learnt rows of one side.

    vocabulary: N ids. bias: (S, N). vectors: (S, N, K). counts: (N,) int32, the training ratings behind each row; a
    row with none holds its prior mean. prior: where unmet rows start. encoder: how features become columns of the
    prior's map, or None. features: the N feature rows, titles included, or None.
    """

    vocabulary: Vocabulary
    bias: Floats
    vectors: Floats
    counts: NDArray[np.int32]
    prior: Prior
    encoder: FeatureEncoder | None = None
    features: FeatureTable | None = None
    variance: Floats | None = None

    def __post_init__(self) -> None:
        size, draws, width = len(self.vocabulary), len(self.bias), self.vectors.shape[2] + 1
        expected = {
            "bias": (draws, size),
            "vectors": (draws, size, width - 1),
            "counts": (size,),
            "prior.mean": (draws, width),
            "prior.precision": (draws, width, width),
        }
        found = {
            "bias": self.bias.shape,
            "vectors": self.vectors.shape,
            "counts": self.counts.shape,
            "prior.mean": self.prior.mean.shape,
            "prior.precision": self.prior.precision.shape,
        }
        for name, shape in expected.items():
            if found[name] != shape:
                raise ModelShapeError(f"{name} has shape {found[name]}, not {shape}")

    def __len__(self) -> int:
        return len(self.vocabulary)

    @property
    def factors(self) -> int:
        return int(self.vectors.shape[2])

    def draws(self, at: slice) -> Side:
        """The side with some of its draws, without a copy."""
        return replace(self, bias=self.bias[at], vectors=self.vectors[at], prior=self.prior.draws(at))

    def rows(self, numbers: NDArray[Any]) -> Rows:
        """The learnt rows of known numbers."""
        variance = None if self.variance is None else self.variance[numbers]
        return Rows(self.bias[:, numbers], self.vectors[:, numbers], variance=variance)

    def all_rows(self) -> Rows:
        """Every learnt row, without a copy."""
        return Rows(self.bias, self.vectors, variance=self.variance)

    def unmet_rows(self, features: FeatureTable | None, count: int) -> Rows:
        """Rows for `count` users or items that training never met, from their features where the model has a map."""
        encoded = None if features is None or self.encoder is None else self.encoder.encode(features)
        return self.prior.rows(encoded, count)

    @property
    def maps_features(self) -> bool:
        """Whether features say anything about a new row."""
        return self.encoder is not None and self.prior.feature_map is not None

    def title(self, number: int) -> str:
        """The display name of a known number, or its id as text."""
        title = self.features.titles[number] if self.features and self.features.titles is not None else None
        return str(self.vocabulary.ids[number]) if title is None else title


def flat_prior(draws: int, factors: int, precision: float, *, per_rating: float = 0.0) -> Prior:
    """A prior with zero mean and the same precision in every direction: what an L2 penalty amounts to."""
    width = 1 + factors
    eye = np.eye(width, dtype=np.float32) * precision
    return Prior(np.zeros((draws, width), np.float32), np.repeat(eye[None], draws, 0), per_rating=per_rating)
