"""Scale: what the values of a table are, ratings between two ends or the weights of choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["ratings", "choices"]
"""What a row of a table says: how a user rated an item, or only that they chose it."""

_COUNTS_ABOVE = 20
"""Whole numbers up to this are ratings, however they are distributed."""

_SMALL = 0.1
"""Values are counts where half of them are at most this share of the largest."""


@dataclass(frozen=True)
class Scale:
    """The lowest and the highest value, and the step between neighbouring values (0 if there is none).

    declared: whether the ends were given by the caller, not taken from the values. kind: what the values are.
    """

    low: float
    high: float
    step: float = 0.0
    declared: bool = False
    kind: Kind = "ratings"

    @property
    def width(self) -> float:
        return self.high - self.low

    def clip(self, values: NDArray[Any]) -> NDArray[Any]:
        """The values, clipped to the scale."""
        clipped: NDArray[Any] = np.clip(values, self.low, self.high)
        return clipped

    @classmethod
    def of(cls, values: NDArray[Any], ends: tuple[float, float] | None = None, *, kind: Kind = "ratings") -> Scale:
        """The scale of observed values; it has a step if they are at most 101 distinct, evenly spaced values.

        ends: (lowest, highest) as declared by the caller, in place of the observed ones.
        """
        levels = np.unique(values)
        gaps = np.diff(levels.astype(np.float64))
        even = 0 < len(gaps) <= 100 and np.allclose(gaps / gaps.min(), np.round(gaps / gaps.min()), atol=1e-3)
        low, high = (levels[0], levels[-1]) if ends is None else ends
        return cls(float(low), float(high), float(gaps.min()) if even else 0.0, declared=ends is not None, kind=kind)


def look_like_counts(values: NDArray[Any]) -> bool:
    """Whether values (n,) are distributed as counts are: positive whole numbers, most of them small, a few large."""
    top = float(values.max())
    if top <= _COUNTS_ABOVE or values.min() <= 0 or (values % 1).any():
        return False
    return float(np.median(values)) <= _SMALL * top
