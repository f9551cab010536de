"""The best n of a row of scores, in a defined order: higher scores first, equal scores by lower number, NaN last."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers


def top_n(scores: NDArray[Any], n: int, *, allowed: NDArray[np.bool_] | None = None) -> Numbers:
    """The numbers of the n highest scores (I,) among the allowed (I,), best first; fewer if there are fewer."""
    candidates = np.arange(len(scores)) if allowed is None else np.flatnonzero(allowed)
    low = -scores[candidates]  # NumPy sorts what is not a number to the end
    if 0 < n < len(candidates):
        cut = np.partition(low, n - 1)[n - 1]
        if cut == cut:  # NaN differs from itself
            keep = np.flatnonzero(low <= cut)
            candidates, low = candidates[keep], low[keep]
    order = np.argsort(low, kind="stable")[:n]  # the candidates rise, so equal scores stay in the order of numbers
    return candidates[order].astype(np.int32)
