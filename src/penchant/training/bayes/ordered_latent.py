"""The latent values and cut points of the ordered-probit link (Albert and Chib 1993, section 4).

A rating has a latent value, which is normal around the score with variance one. The rating is level c if its latent
value lies between cut points c - 1 and c. The cut points are sampled with the latent values integrated out (Cowles
1996), then the latent values given the cut points.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.training.bayes.conditionals import Array
from penchant.training.row_solver import Floats

SPREAD = 3.0
"""The prior of the cut points: independent normals of this standard deviation, given that they rise."""

_TINY = 1e-12


class OrderedLatent:
    """The latent values of n ratings and the cut points between C levels.

    codes: (n,), the level of each rating, 0 to C - 1. cutpoints: (C - 1,), rising. values: (n,), the latent values.
    """

    def __init__(self, codes: NDArray[np.int64], levels: int, rng: np.random.Generator) -> None:
        from scipy.special import ndtri

        self.codes = codes
        shares = np.cumsum(np.bincount(codes, minlength=levels) + 0.5)
        self.cutpoints: Array = ndtri(shares[:-1] / shares[-1])
        self.steps, self._rounds = np.full(levels - 1, 0.1), 0
        self._beside = [np.flatnonzero((codes == c) | (codes == c + 1)) for c in range(levels - 1)]
        self.values: Floats = np.zeros(len(codes), np.float32)
        self.draw_values(np.zeros(len(codes)), rng)

    def draw(self, scores: Array, rng: np.random.Generator) -> None:
        """Sample cut points and latent values given the scores (n,).

        The step sizes adapt, with a decreasing rate, towards an acceptance rate of 44 %, which is optimal in one
        dimension (Gelman, Roberts and Gilks 1996).
        """
        self._rounds += 1
        for c in range(len(self.cutpoints)):
            accepted = 1.0 if self._move(c, scores, rng) else 0.0
            self.steps[c] *= np.exp((accepted - 0.44) / (1 + self._rounds / 20))
        self.draw_values(scores, rng)

    def _move(self, c: int, scores: Array, rng: np.random.Generator) -> bool:
        """One Metropolis step of a cut point; it changes only the likelihood of the two levels next to it."""
        now = self.cutpoints.copy()
        then = now.copy()
        then[c] += self.steps[c] * rng.standard_normal()
        if (np.diff(then) <= 0).any():
            return False
        at = self._beside[c]
        gain = np.log(self._masses(then, at, scores)).sum() - np.log(self._masses(now, at, scores)).sum()
        gain += 0.5 * (now[c] ** 2 - then[c] ** 2) / SPREAD**2
        if np.log(rng.random()) >= gain:
            return False
        self.cutpoints = then
        return True

    def _masses(self, cutpoints: Array, at: NDArray[np.int64], scores: Array) -> Array:
        below, above = self._tails(cutpoints, at, scores)
        masses: Array = np.maximum(above - below, _TINY)
        return masses

    def _tails(self, cutpoints: Array, at: NDArray[np.int64], scores: Array) -> tuple[Array, Array]:
        """The probabilities that a latent value is below the lower and the upper end of its level, for ratings `at`."""
        from scipy.special import ndtr

        ends = np.concatenate([[-np.inf], cutpoints, [np.inf]])
        codes, centre = self.codes[at], scores[at]
        return ndtr(ends[codes] - centre), ndtr(ends[codes + 1] - centre)

    def draw_values(self, scores: Array, rng: np.random.Generator) -> None:
        """Sample every latent value from the normal around its score, truncated to its level."""
        from scipy.special import ndtri

        below, above = self._tails(self.cutpoints, np.arange(len(self.codes)), scores)
        share = below + rng.random(len(below)) * (above - below)
        ends = np.concatenate([[-np.inf], self.cutpoints, [np.inf]])
        opinion = scores + ndtri(np.clip(share, _TINY, 1 - _TINY))
        self.values = np.clip(opinion, ends[self.codes], ends[self.codes + 1]).astype(np.float32)

    def squared_error(self, scores: Array, levels: Array) -> float:
        """The mean squared error of the expected ratings, for levels (C,)."""
        from scipy.special import ndtr

        expected = levels[0] + sum(
            step * ndtr(scores - cut) for step, cut in zip(np.diff(levels), self.cutpoints, strict=True)
        )
        return float(np.mean((levels[self.codes] - expected) ** 2))
