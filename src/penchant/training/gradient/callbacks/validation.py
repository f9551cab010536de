"""Validation: the error on held-out ratings after each epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.training.gradient.backend import Backend
from penchant.training.gradient.events import Callback, Run


@dataclass(frozen=True)
class Held:
    """Held-out ratings in the numbering of training: user and item numbers and values, (n,) each."""

    user_numbers: NDArray[np.int32]
    item_numbers: NDArray[np.int32]
    values: NDArray[np.float32]
    scale: tuple[float, float]

    @classmethod
    def of(cls, validation: Ratings, training: Ratings) -> Held:
        """The validation ratings of known users and items, in the numbering of training."""
        users = training.users.numbers(validation.users.ids)[validation.user_numbers]
        items = training.items.numbers(validation.items.ids)[validation.item_numbers]
        known = (users >= 0) & (items >= 0)
        return cls(users[known], items[known], validation.values[known], (training.scale.low, training.scale.high))

    def rmse(self, backend: Backend) -> float:
        """The RMSE of the current predictions of the backend, clipped to the rating scale."""
        predicted = np.clip(backend.predict(self.user_numbers, self.item_numbers), *self.scale)
        return float(np.sqrt(np.mean(np.square(predicted - self.values, dtype=np.float64))))


class Validation(Callback):
    """Adds validation_rmse to the metrics of each epoch."""

    def __init__(self, held: Held) -> None:
        self.held = held

    def epoch_ends(self, run: Run, epoch: int, metrics: dict[str, float]) -> None:
        metrics["validation_rmse"] = self.held.rmse(run.backend)
