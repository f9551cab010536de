"""Small synthetic data sets with known parameters, quick to train on."""

from __future__ import annotations

from typing import Any

from penchant.data.ratings import Ratings
from penchant.data.synthetic import World, synthetic


def dense_world(**changes: Any) -> World:
    """150 users, 100 items, two factors, real-valued ratings; the lowest possible RMSE is the noise of 0.5."""
    shape = {"users": 150, "items": 100, "ratings": 5000, "factors": 2, "noise": 0.5, "signal": 0.8, "seed": 7}
    return synthetic(**(shape | changes))


def featured_world(**changes: Any) -> World:
    """A dense world whose item labels determine most of biases and vectors, so features predict new items."""
    return dense_world(**({"labels": 6, "driven": 0.9} | changes))


def small_ratings(**changes: Any) -> Ratings:
    """60 users, 40 items, 700 ratings of 1 to 5 in steps of a half, with times and item labels."""
    shape = {"users": 60, "items": 40, "ratings": 700, "factors": 2, "labels": 5, "timestamps": True}
    return synthetic(**(shape | {"scale": (1.0, 5.0, 0.5), "seed": 3} | changes)).ratings
