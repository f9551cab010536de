"""The best n of a row of scores, in a defined order: higher scores first, equal scores by lower number, NaN last."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Numbers


def top_n(scores: NDArray[Any], n: int, *, allowed: NDArray[np.bool_] | None = None) -> Numbers:
    """The numbers of the n highest scores (I,) among the allowed (I,), best first; fewer if there are fewer."""
    candidates = np.arange(len(scores)) if allowed is None else np.flatnonzero(allowed)
    values = np.nan_to_num(scores[candidates], nan=-np.inf)
    if n < len(candidates):
        cut = np.partition(values, len(values) - n)[len(values) - n]
        keep = np.flatnonzero(values >= cut)
        candidates, values = candidates[keep], values[keep]
    order = np.lexsort((candidates, -values))[:n]
    return candidates[order].astype(np.int32)
