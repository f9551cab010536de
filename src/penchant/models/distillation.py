"""Distillation: one sample of a given width whose dot products approximate the mean over all samples.

The mean over S samples of p_s · q_s is the dot product of A = [p_1/S, ..., p_S/S] and B = [q_1, ..., q_S], of width
S K. The best approximation of width W is the truncated singular value decomposition of A B' (Eckart and Young 1936). It
is computed from the two Gramians, without A B'. It is linear in the rows, so priors and feature maps are mapped too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import SettingsError
from penchant.foundations.threads import limit_blas
from penchant.models.pair_predictions import score_pairs
from penchant.models.priors import Prior
from penchant.models.rows import Floats
from penchant.models.scorers import DotScorer
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel

Array = NDArray[np.float64]

PAIRS = 20_000
"""The number of random pairs on which the error is measured."""


def distil(trained: TrainedModel, width: int) -> TrainedModel:
    """The model as one sample of `width` factors, for serving.

    Its facts contain the largest and the root mean square difference from the predictions of the original model, on
    random pairs. The variance between samples becomes part of its noise. Raises SettingsError for a model that is not a
    plain dot product, and for a width below one.
    """
    if not trained.scorer.linear or trained.users.histories is not None:
        raise SettingsError("only a plain dot product can be distilled", where=trained.kind)
    if width < 1:
        raise SettingsError(f"{width} is below 1", where="width", remedy="Give the number of factors to keep")
    with limit_blas(1):  # for matrices of this size, threads cost more than they save
        maps = _maps(_stacked(trained.users.vectors) / trained.samples, _stacked(trained.items.vectors), width)
    users = _distilled(trained.users, maps[0] / trained.samples)
    items = _distilled(trained.items, maps[1])
    made = replace(
        trained,
        scorer=DotScorer(np.array([trained.mean.mean()], np.float32)),
        users=users,
        items=items,
        noise=np.sqrt(np.mean(np.square(trained.noise), keepdims=True)).astype(np.float32),
    )
    return _measured(trained, made, width)


def _stacked(vectors: Floats) -> Array:
    """(S, N, K) as (N, S K)."""
    samples, size, factors = vectors.shape
    return vectors.transpose(1, 0, 2).reshape(size, samples * factors).astype(np.float64)


def _maps(A: Array, B: Array, width: int) -> tuple[Array, Array]:
    """The matrices from stacked rows to distilled rows, (S K, W) each."""
    (left, left_root), (right, right_root) = _root(A.T @ A), _root(B.T @ B)
    U, sizes, Vt = np.linalg.svd((left_root.T @ right_root), full_matrices=False)
    kept = min(width, len(sizes))
    root = np.zeros((kept, width))
    root[np.arange(kept), np.arange(kept)] = np.sqrt(sizes[:kept])
    return left @ U[:, :kept] @ root, right @ Vt[:kept].T @ root


def _root(gram: Array) -> tuple[Array, Array]:
    """Matrices M, R with A M orthonormal and A M R' = A, from A'A."""
    power, basis = np.linalg.eigh(gram)
    kept = power > 1e-10 * max(float(power.max(initial=0.0)), 1e-30)
    size, basis = np.sqrt(power[kept]), basis[:, kept]
    return basis / size, basis * size


def _distilled(side: Side, matrix: Array) -> Side:
    """The side as one sample: the mean of the biases, and stacked vectors times the matrix (S K, W)."""

    def through(joined: NDArray[Any]) -> Floats:
        """Rows [bias, vector] in every sample, (S, N, 1 + K), as (1, N, 1 + W)."""
        bias = joined[:, :, 0].mean(axis=0)
        vectors = _stacked(joined[:, :, 1:]) @ matrix
        return np.concatenate([bias[:, None], vectors], axis=1)[None].astype(np.float32)

    rows = through(np.concatenate([side.bias[:, :, None], side.vectors], axis=2))
    mean, effects = side.prior.mapped(through)
    precision = _precision(rows[0][side.counts > 0], mean[0])
    made = Prior(mean, precision, effects, variance=side.prior.variance)
    cold_start = None if side.cold_start is None else side.cold_start.mean(axis=0, keepdims=True)
    return replace(side, bias=rows[:, :, 0], vectors=rows[:, :, 1:], prior=made, cold_start=cold_start)


def _precision(rows: Floats, mean: Floats) -> Floats:
    """The precision (1, D, D) of the rows around the prior mean; a floor on the variances keeps it finite."""
    off = rows.astype(np.float64) - mean
    D = rows.shape[1]
    covariance = off.T @ off / max(len(off), 1)
    floor = 1e-3 * max(float(np.trace(covariance)) / D, 1e-6)
    precision: Floats = np.linalg.inv(covariance + floor * np.eye(D))[None].astype(np.float32)
    return precision


def _measured(trained: TrainedModel, made: TrainedModel, width: int) -> TrainedModel:
    """The distilled model with its error in its facts, and the variance between samples in its noise."""
    rng = np.random.default_rng(0)
    users, items = (rng.integers(0, max(len(side), 1), PAIRS) for side in (trained.users, trained.items))
    before = trained.scorer.pairs(trained.users.rows(users), trained.items.rows(items))
    after = score_pairs(made, made.users.rows(users), made.items.rows(items)).mean
    difference = after - trained.clip(before.mean(axis=0))
    facts = dict(trained.facts) | {
        "distilled_from_samples": trained.samples,
        "distilled_to": width,
        "distilled_largest_error": float(np.abs(difference).max()),
        "distilled_rms_error": float(np.sqrt(np.mean(np.square(difference, dtype=np.float64)))),
        "distilled_pairs": PAIRS,
    }
    noise = np.sqrt(np.square(made.noise) + before.var(axis=0).mean())
    return replace(made, noise=noise.astype(np.float32), facts=facts)
