"""Functions between a score and a rating."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray


def sigmoid(values: NDArray[Any]) -> NDArray[Any]:
    """1 / (1 + exp(-x)), without overflow at either end."""
    from scipy.special import expit

    result: NDArray[Any] = expit(values)
    return result
