"""Scores of pairs of trained rows: one kernel over all posterior samples, without a gathered row for each of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers
from penchant.foundations.threads import available_threads
from penchant.models.pair_predictions import Scores
from penchant.models.rating_moments import ItemSpread, rating_moments, rating_std
from penchant.models.rows import Floats, Rows
from penchant.models.trained import TrainedModel

PIECE = 1 << 16
"""The number of pairs that a thread takes at a time."""


def known_pairs(trained: TrainedModel, users: Numbers, items: Numbers) -> Scores | None:
    """What `score_pairs` says of B pairs of trained rows, on all cores; None where the kernel does not apply."""
    own, other = trained.users.all_rows(), trained.items.all_rows()
    if not _applies(trained, own, other):
        return None
    mean, variance = np.empty(len(users), np.float32), np.empty(len(users), np.float32)

    def compute(start: int) -> None:
        at = slice(start, start + PIECE)
        _moments(trained, own, users[at], other, items[at], mean[at], variance[at])
        variance[at] += np.float32(trained.noise_variance)
        for rows, numbers in ((own, users), (other, items)):
            if rows.variance is not None:
                variance[at] += rows.variance[numbers[at]]

    _in_pieces(compute, len(users))
    return Scores(trained.clip(mean), np.sqrt(variance))


def moments_of_pairs(
    trained: TrainedModel, users: Rows, items: Rows, numbers: Numbers, spread: ItemSpread
) -> tuple[Floats, Floats]:
    """The mean, not clipped, and the standard deviation of a rating, (B, m), of B users with items (B, m) of their own.

    The same as `rating_moments` at these places.
    """
    unrated = None if items.unrated is None else items.unrated[numbers]
    if not users.vectors.flags.c_contiguous:
        users = replace(users, bias=np.ascontiguousarray(users.bias), vectors=np.ascontiguousarray(users.vectors))
    if not _applies(trained, users, items) or (unrated is not None and unrated.any()):
        found = [
            rating_moments(trained, users.take(np.array([b])), items.take(row), spread) for b, row in enumerate(numbers)
        ]
        return np.concatenate([mean for mean, _ in found]), np.concatenate([std for _, std in found])
    mean, between = np.empty((2, *numbers.shape), np.float32)
    own = np.repeat(np.arange(len(users)), numbers.shape[1])

    def compute(start: int) -> None:
        at = slice(start, start + PIECE)
        _moments(trained, users, own[at], items, numbers.ravel()[at], mean.ravel()[at], between.ravel()[at])

    _in_pieces(compute, numbers.size)
    variance = None if items.variance is None else items.variance[numbers]
    return mean, rating_std(trained, users, between, spread, variance, None)


def _in_pieces(compute: Callable[[int], None], size: int) -> None:
    """Call `compute` with the start of every piece, on all cores if there are several."""
    starts = range(0, size, PIECE)
    if len(starts) < 2:
        list(map(compute, starts))
        return
    with ThreadPoolExecutor(available_threads()) as pool:
        list(pool.map(compute, starts))


def _applies(trained: TrainedModel, users: Rows, items: Rows) -> bool:
    """Whether a rating is a sum with a dot product, of arrays in C order, for which the kernel is compiled."""
    arrays = (users.bias, users.vectors, items.bias, items.vectors)
    return trained.scorer.mean_of_dots is not None and all(array.flags.c_contiguous for array in arrays)


def _moments(
    trained: TrainedModel, users: Rows, u: NDArray[Any], items: Rows, i: NDArray[Any], mean: Floats, variance: Floats
) -> None:
    from penchant.training.kernels.pair_moments import pair_moments

    pair_moments(
        u.astype(np.int64, copy=False), i.astype(np.int64, copy=False), trained.scorer.mean_of_dots,
        users.bias, users.vectors, items.bias, items.vectors, mean, variance,
    )  # fmt: skip
