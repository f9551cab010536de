"""The weights of a ranker, from the candidates of users whose later choices are known.

The loss looks at the top of a list: the likelihood of the held-back items among the candidates that some term ranks
high, and then the NDCG of the short list itself, weight by weight. Plain likelihood over all items cares for the long
tail and gives worse short lists over time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.recommending.ranker import LOG_CHOICE, LOG_LIKE
from penchant.recommending.ranking_candidates import Candidates, of_terms

Array = NDArray[np.float64]

PLACES = 10
"""The length of the list whose NDCG the weights are chosen for."""

FACTORS = (0.0, 0.5, 0.7, 0.85, 1.2, 1.5, 2.0)
"""The factors by which each weight is multiplied in turn, to test whether the short list improves."""

PENALTY = 1e-3
"""The penalty on the squares of the weights, so that terms that say the same share their weight."""

CERTAIN = 2.0
"""How many standard errors a paired gain must exceed before a weight is changed for it."""


def fitted(names: Sequence[str], table: Candidates, target: str) -> tuple[dict[str, float], dict[str, Any]]:
    """Weights by likelihood among the candidates, then by the NDCG of the short list; and facts about each term.

    Where no term helps, the order is that of log_choice.
    """
    likeliest, likelihood = _likeliest(table, target)
    weights = _sharpened(table, target, likeliest)
    if not weights.any():  # equal scores would list the items by their numbers
        weights[names.index(LOG_CHOICE)] = 1.0
    found = {name: float(weight) for name, weight in zip(names, weights, strict=True)}
    alone = {}
    for at, name in enumerate(names):
        one = np.zeros(len(names))
        one[at] = 1.0
        without = weights.copy()
        without[at] = 0.0
        alone[name] = {"alone": _short_list(table, target, one), "without": _short_list(table, target, without)}
    parts = [name for name in names if name in (LOG_CHOICE, LOG_LIKE) and len(names) > 1]
    others = {name: [one for one in names if one != name] for name in parts}
    facts = {
        "weights": found,
        "log_likelihood": likelihood,
        "log_likelihood_without": {
            name: _likeliest(of_terms(table, names, kept), target)[1] for name, kept in others.items()
        },
        f"ndcg@{PLACES}": _short_list(table, target, weights),
        "terms": alone,
    }
    return found, facts


def _likeliest(table: Candidates, target: str) -> tuple[Array, float]:
    """The non-negative weights with the highest likelihood of the held-back candidates, and its logarithm."""
    from scipy.optimize import minimize

    width = table.terms.shape[1]
    start = np.full(width, 1.0 / width)
    bounds = [(0.0, 10.0)] * width
    found = minimize(lambda w: _loss(table, target, w), start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found, PENALTY * float(found @ found) - _loss(table, target, found)[0]


def _loss(table: Candidates, target: str, weights: Array) -> tuple[float, Array]:
    """Minus the mean log likelihood of a user's held-back candidates under a softmax, with a small penalty on the
    weights, and its gradient."""
    gains, first = getattr(table, target), table.starts[:-1]
    sizes = np.diff(table.starts)
    held = np.add.reduceat(gains, first)
    share = np.divide(1.0, held, out=np.zeros(len(held)), where=held > 0)
    counted = max(int((held > 0).sum()), 1)
    scores = table.terms @ weights
    scores = scores - np.repeat(np.maximum.reduceat(scores, first), sizes)
    odds = np.exp(scores)
    total = np.add.reduceat(odds, first)
    log_p = scores - np.repeat(np.log(total), sizes)
    pull = gains * np.repeat(share, sizes) - odds / np.repeat(total, sizes) * np.repeat(held > 0, sizes)
    loss = -float((gains * np.repeat(share, sizes) * log_p).sum()) / counted + PENALTY * float(weights @ weights)
    return loss, -(table.terms.T @ pull) / counted + 2 * PENALTY * weights


def _sharpened(table: Candidates, target: str, weights: Array) -> Array:
    """The weights after a coordinate search: each is scaled as long as the short list improves."""
    best, values = weights.copy(), _short_lists(table, target, weights)
    for _ in range(2):
        before = values
        for at in range(len(best)):
            for factor in FACTORS:
                tried = best.copy()
                tried[at] = best[at] * factor if best[at] > 0 else 0.1 * factor
                found = _short_lists(table, target, tried)
                if _surely_better(found - values):
                    best, values = tried, found
        if values is before:
            break
    return best


def _surely_better(gains: Array) -> bool:
    """Whether the mean of paired gains (G,) is clearly above zero."""
    error = gains.std() / np.sqrt(max(len(gains), 1))
    return bool(gains.mean() > CERTAIN * error and gains.mean() > 0)


def _short_list(table: Candidates, target: str, weights: Array) -> float:
    """The mean NDCG of the first places over users with a held-back item."""
    found = _short_lists(table, target, weights)
    return float(found.mean()) if len(found) else 0.0


def _short_lists(table: Candidates, target: str, weights: Array) -> Array:
    """The NDCG of the first places of each user with a held-back item."""
    from penchant.training.kernels.list_gains import discounted_gains

    discounts = 1 / np.log2(np.arange(PLACES) + 2)
    wanted = table.wanted[target]
    found = np.empty(len(wanted))
    discounted_gains(table.terms, weights, getattr(table, target), table.starts, discounts, found)
    ideal = np.append(0, np.cumsum(discounts))[np.minimum(wanted, PLACES).astype(int)]
    judged = wanted > 0
    ratio: Array = found[judged] / ideal[judged]
    return ratio
