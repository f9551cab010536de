"""The terms of a ranking for a block of users, and the lists that follow from their weighted sum.

The like term is expensive, because it uses every posterior sample. It is at most zero, so the sum of the other terms is
an upper bound of the score. A list of n therefore needs the like term for few items only (the threshold algorithm;
Fagin, Lotem and Naor 2001): for the items with the highest bounds, until the n-th best score is at least the next
bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers
from penchant.models.rating_moments import ItemSpread, rating_moments
from penchant.models.rows import Rows
from penchant.models.trained import TrainedModel
from penchant.recommending.known_pairs import moments_of_pairs
from penchant.recommending.ranker import (
    LOG_CHOICE,
    LOG_LIKE,
    LOG_NEIGHBOURS,
    Liking,
    Ranker,
    choice_mass,
    log_choice,
    log_choice_of_rated,
    log_count,
    window_of,
)
from penchant.recommending.top_n import top_n

Array = NDArray[np.float64]
Moments = Callable[[Numbers | None], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Item numbers, or None for all, -> the mean and the standard deviation of a rating, (B, I) each."""

NEIGHBOURS_FLOOR = 0.05
"""What is added to the summed similarity of recent neighbours: less than that says little of an item."""

FIRST, FEWEST = 512, 32
"""The number of items, in addition to n, whose like term is computed first: FIRST divided by the number of samples, but
FEWEST at least. It doubles until the list is certain."""


def first_size(n: int, samples: int) -> int:
    """The number of items of a list of n whose like term is computed first."""
    return n + max(FIRST // samples, FEWEST)


@dataclass(frozen=True)
class TermInputs:
    """The inputs of the terms of B users for I items.

    unrated: (I,), the items without interactions. choice: (B, I) scores of the choice model. moments: as in Moments,
    or None without a rating model. static: by term, (I,), the same for all users. neighbours: -> (B, I), the choices
    of users with similar histories, or None where there are none. samples: the number of samples of the rating model.
    """

    unrated: NDArray[np.bool_]
    choice: NDArray[np.float32]
    moments: Moments | None = None
    static: Mapping[str, Array] = field(default_factory=dict)
    neighbours: Callable[[], NDArray[np.float32]] | None = None
    samples: int = 1

    @cached_property
    def mass(self) -> Array:
        """(B, 1), as from `choice_mass`."""
        return choice_mass(self.choice, self.unrated)


def moments_of(trained: TrainedModel, users: Rows, items: Rows, spread: ItemSpread) -> Moments:
    """The moments of B user rows with some or all of the item rows.

    The uncertainty of a folded-in row stays out, as rows kept in a model have none: both get the same list.
    """
    bias, vectors = np.ascontiguousarray(users.bias), np.ascontiguousarray(users.vectors)
    own = replace(users, bias=bias, vectors=vectors, covariance=None)

    def moments(at: Numbers | None) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if at is None or len(own) > 1:  # the same items for all users: products of whole tables
            return rating_moments(trained, own, items if at is None else items.take(at), spread)
        return moments_of_pairs(trained, own, items, np.broadcast_to(at, (len(own), len(at))), spread)

    return moments


def term(name: str, ranker: Ranker, inputs: TermInputs, at: Numbers | None = None) -> Array:
    """One term, (B, I), or of the items at some numbers, (B, m). A term that cannot be computed is zero."""
    if name == LOG_LIKE:
        return _log_like(ranker.liking, inputs, at)
    if name == LOG_CHOICE:
        return log_choice(inputs.choice, inputs.unrated, ranker.cold_share, ranker.floor, at, mass=inputs.mass)
    if name == LOG_NEIGHBOURS:
        found = (
            np.zeros((1, len(inputs.unrated)))
            if inputs.neighbours is None
            else np.log(inputs.neighbours() + NEIGHBOURS_FLOOR)
        )
    else:
        found = inputs.static.get(name, np.zeros(len(inputs.unrated)))[None]
    return found if at is None else found[:, at]


def p_choose(ranker: Ranker, inputs: TermInputs, at: Numbers) -> NDArray[np.float32]:
    """P(choose) of the items at some numbers, (B, m)."""
    found: NDArray[np.float32] = np.exp(term(LOG_CHOICE, ranker, inputs, at)).astype(np.float32)
    return found


def with_new_item(inputs: TermInputs, moments: Moments) -> TermInputs:
    """The inputs with one more item, the last, which has no interactions. moments: those of this item only."""
    near = inputs.neighbours

    def neighbours() -> NDArray[np.float32]:
        assert near is not None
        return _extended(near())

    return TermInputs(
        unrated=np.append(inputs.unrated, True),
        choice=_extended(inputs.choice),
        moments=None if inputs.moments is None else moments,
        static={name: np.append(one, log_count(np.zeros(1))) for name, one in inputs.static.items()},
        neighbours=None if near is None else neighbours,
    )


def _extended(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """(B, I) with a column of zeros after it."""
    return np.pad(table, ((0, 0), (0, 1)))


def _log_like(liking: Liking | None, inputs: TermInputs, at: Numbers | None) -> Array:
    if liking is None or inputs.moments is None:
        return np.zeros((1, len(inputs.unrated) if at is None else len(at)))
    return liking.log_probability(*inputs.moments(at)).astype(np.float64)


def ranking_table(ranker: Ranker, by: str, inputs: TermInputs) -> Array:
    """The scores of B users for all items, (B, I)."""
    total = np.zeros(inputs.choice.shape)
    for name, weight in ranker.used(by).items():
        total += weight * term(name, ranker, inputs)
    return total


def best_by_ranker(
    ranker: Ranker, by: str, inputs: TermInputs, n: int, allowed: NDArray[np.bool_]
) -> tuple[Numbers, Array]:
    """The n best of the allowed items (I,) for one user, best first, and their scores; exact."""
    used = ranker.used(by)
    weight = used.pop(LOG_LIKE, 0.0)
    keys, bound_of = _bounds(ranker, used, inputs, allowed)
    if not weight or inputs.moments is None or ranker.liking is None:
        best = top_n(keys, n, allowed=allowed)
        return best, bound_of(keys[best])
    low = -keys  # the lower, the better: NumPy sorts what is not a number to the end
    low[~allowed] = np.inf
    size, count = first_size(n, inputs.samples), np.count_nonzero(allowed)
    while True:
        # All items whose bound is above that of the first one left out.
        every = size >= count
        left_out = np.inf if every else np.partition(low, size)[size]
        candidates = np.flatnonzero(allowed if every else low < left_out).astype(np.int32)
        scores = weight * term(LOG_LIKE, ranker, inputs, candidates)[0] + bound_of(keys[candidates])
        best = top_n(scores, n)
        if every or (len(best) == n and scores[best[-1]] >= bound_of(-left_out)):
            return candidates[best], scores[best]
        size *= 2


def _bounds(
    ranker: Ranker, used: Mapping[str, float], inputs: TermInputs, allowed: NDArray[np.bool_]
) -> tuple[NDArray[Any], Callable[[Any], Any]]:
    """The order of all items by the terms in `used`: a key of each item, (I,), and a function from keys to that sum.

    The scores of the choice model have the order of log P(choose). So where that is the only term, the scores are the
    keys, and few logarithms are taken.
    """
    if set(used) != {LOG_CHOICE} or (allowed & inputs.unrated).any():
        total = np.zeros(len(allowed))
        for name, weight in used.items():
            total += weight * term(name, ranker, inputs)[0]
        return total, lambda keys: keys
    rated = int(np.count_nonzero(~inputs.unrated))
    cold_share, weight = (0.0 if rated == len(allowed) else ranker.cold_share), used[LOG_CHOICE]

    def bound_of(keys: Any) -> Any:
        scores = np.atleast_1d(keys)[None]
        return weight * log_choice_of_rated(scores, cold_share, ranker.floor, inputs.mass, rated)[0]

    return np.maximum(inputs.choice[0], 0), bound_of


def static_terms(ranker: Ranker, counts: Callable[[float | None], Array]) -> dict[str, Array]:
    """The popularity terms that a ranker uses, (I,) each; counts: days -> how often each item was chosen."""
    names = {*ranker.weights, *ranker.choice_weights}
    windows = {name: window_of(name) for name in names}
    return {name: log_count(counts(days)) for name, days in windows.items() if days is not None}
