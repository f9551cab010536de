"""Which ratings count as liked, from their own distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def liked_from(values: NDArray[Any]) -> float:
    """The lowest rating that counts as liked: the highest rating that at least half of all ratings reach.

    values: (n,), n > 0. Where all values are equal, every one counts.
    """
    return float(np.quantile(values, 0.5, method="lower"))
