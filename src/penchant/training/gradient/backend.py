"""A backend: one way to carry out the steps of gradient descent that the learner asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

State = Mapping[str, NDArray[Any]]
"""Named arrays: the parameters, and the optimiser's memory under "optimizer." names."""


class Backend(Protocol):
    """Holds the parameters, the optimiser's memory and the training rows; knows nothing of schedules and callbacks."""

    @property
    def rows(self) -> int:
        """How many training ratings there are."""

    @property
    def batch_size(self) -> int:
        """How many of them make a step."""

    def begin(self, run_seed: int, epoch: int) -> None:
        """Put the rows into the order of this epoch."""

    def advance(self, first: int, rates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take the steps first, first + 1, ... of this epoch, one for each learning rate; their mean losses, (C,)."""

    def predict(self, user_numbers: NDArray[np.int32], item_numbers: NDArray[np.int32]) -> NDArray[np.float32]:
        """The present predictions of B pairs, shape (B,)."""

    def state(self) -> State:
        """A copy of everything that a later `restore` needs to go on as if nothing had happened."""

    def restore(self, state: State) -> None:
        """Take up a state given by `state`."""
