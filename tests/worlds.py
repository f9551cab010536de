"""Value worlds with known answers, small enough to train on in a test."""

from __future__ import annotations

from typing import Any

from penchant.data.ratings import Ratings
from penchant.data.synthetic import World, synthetic


def dense_world(**changes: Any) -> World:
    """150 users, 100 items, two factors, real-valued ratings: no model can err less than its noise of 0.5."""
    shape = {"users": 150, "items": 100, "ratings": 5000, "factors": 2, "noise": 0.5, "signal": 0.8, "seed": 7}
    return synthetic(**(shape | changes))


def featured_world(**changes: Any) -> World:
    """A dense world whose items' labels truly drive their biases and vectors, so that new items can be foretold."""
    return dense_world(**({"labels": 6, "driven": 0.9} | changes))


def small_ratings(**changes: Any) -> Ratings:
    """60 users, 40 items, 700 ratings of 1 to 5 by halves, with times and item labels."""
    shape = {"users": 60, "items": 40, "ratings": 700, "factors": 2, "labels": 5, "timestamps": True}
    return synthetic(**(shape | {"scale": (1.0, 5.0, 0.5), "seed": 3} | changes)).ratings
