"""Which ratings count as liked, from their own distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def liked_from(values: NDArray[Any]) -> float:
    """The lowest rating that counts as liked: the highest rating that at least half of all ratings reach.

    values: (n,), n > 0. The lowest rating of all is not liked, so that a table of few likes and many dislikes has both.
    Where all values are equal, every one counts.
    """
    median, lowest = np.quantile(values, 0.5, method="lower"), values.min()
    above = values[values > lowest]
    return float(above.min() if median == lowest and len(above) else median)
