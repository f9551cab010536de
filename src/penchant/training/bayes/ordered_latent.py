"""The ordered-probit link: a rating is the step of a staircase on which a hidden, continuous opinion falls.

Albert and Chib 1993, section 4: opinions are normal around the score with variance one; level c is given where the
opinion lies between cut points c - 1 and c. The cut points are drawn with the opinions integrated out (after Cowles
1996), then the opinions given the cut points.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.training.bayes.conditionals import Array
from penchant.training.row_solver import Floats

SPREAD = 3.0
"""The standard deviation of the normal whose ordered samples are the cut points' prior."""

_TINY = 1e-12


class OrderedLatent:
    """The opinions behind n ratings and the cut points between C levels.

    codes: (n,), the level of each rating, 0 to C - 1. cutpoints: (C - 1,), rising. values: (n,), the opinions.
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
        """Sample cut points and opinions given the scores (n,).

        The steps adapt, ever less, towards 44 % accepted, the best for one dimension (Gelman, Roberts and Gilks 1996).
        """
        self._rounds += 1
        for c in range(len(self.cutpoints)):
            accepted = 1.0 if self._move(c, scores, rng) else 0.0
            self.steps[c] *= np.exp((accepted - 0.44) / (1 + self._rounds / 20))
        self.draw_values(scores, rng)

    def _move(self, c: int, scores: Array, rng: np.random.Generator) -> bool:
        """One Metropolis step of a cut point; only ratings on either side of it see it."""
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
        """How likely an opinion lies below either end of its rating's level, for the ratings `at`."""
        from scipy.special import ndtr

        ends = np.concatenate([[-np.inf], cutpoints, [np.inf]])
        codes, centre = self.codes[at], scores[at]
        return ndtr(ends[codes] - centre), ndtr(ends[codes + 1] - centre)

    def draw_values(self, scores: Array, rng: np.random.Generator) -> None:
        """Sample every opinion from the normal around its score, cut off at the ends of its level."""
        from scipy.special import ndtri

        below, above = self._tails(self.cutpoints, np.arange(len(self.codes)), scores)
        share = below + rng.random(len(below)) * (above - below)
        ends = np.concatenate([[-np.inf], self.cutpoints, [np.inf]])
        opinion = scores + ndtri(np.clip(share, _TINY, 1 - _TINY))
        self.values = np.clip(opinion, ends[self.codes], ends[self.codes + 1]).astype(np.float32)

    def squared_error(self, scores: Array, levels: Array) -> float:
        """The mean square of rating less expected rating, for levels (C,)."""
        from scipy.special import ndtr

        expected = levels[0] + sum(
            step * ndtr(scores - cut) for step, cut in zip(np.diff(levels), self.cutpoints, strict=True)
        )
        return float(np.mean((levels[self.codes] - expected) ** 2))
