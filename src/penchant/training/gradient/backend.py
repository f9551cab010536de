"""The protocol of backends, which compute the steps of gradient descent for the learner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

State = Mapping[str, NDArray[Any]]
"""Named arrays: the parameters, and the optimiser's state under names that start with "optimizer."."""


class Backend(Protocol):
    """Holds the parameters, the optimiser's state and the training rows. Schedules and callbacks are the learner's."""

    @property
    def rows(self) -> int:
        """The number of training ratings."""

    @property
    def batch_size(self) -> int:
        """The number of ratings in a step."""

    def begin(self, run_seed: int, epoch: int) -> None:
        """Bring the rows into the order of this epoch."""

    def advance(self, first: int, rates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take steps first, first + 1, ... of this epoch, one for each learning rate, and return their losses (C,)."""

    def predict(self, user_numbers: NDArray[np.int32], item_numbers: NDArray[np.int32]) -> NDArray[np.float32]:
        """Predictions of B pairs with the current parameters, shape (B,)."""

    def state(self) -> State:
        """A copy of the complete state; after `restore`, training continues with the same bits."""

    def restore(self, state: State) -> None:
        """Restore a state returned by `state`."""
