"""What happens during a run, in order, and the parent of everything that wants to hear of it.

fit_begins, then for each epoch: epoch_begins, steps_end (once or more), epoch_ends; at last fit_ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from penchant.data.epoch_order import steps_in
from penchant.training.gradient.backend import Backend
from penchant.training.gradient.schedules import Curve, constant


@dataclass(frozen=True)
class Plan:
    """What a run intends.

    curve: position in the run -> multiple of learning_rate. stride: steps between two steps_end events; None for an
    epoch's worth.
    """

    epochs: int
    learning_rate: float
    curve: Curve = constant
    stride: int | None = None


@dataclass
class Run:
    """A run under way: what callbacks are shown.

    history: one mapping of metrics an epoch. rates, losses: one number for each step taken. stopped: why training is
    to end after this epoch, or nothing.
    """

    plan: Plan
    backend: Backend
    seed: int
    history: list[Mapping[str, float]] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    stopped: str = ""

    @property
    def steps_per_epoch(self) -> int:
        return steps_in(self.backend.rows, self.backend.batch_size)

    @property
    def total_steps(self) -> int:
        return self.plan.epochs * self.steps_per_epoch

    def stop(self, reason: str) -> None:
        """Ask for the end of training; the other callbacks still hear of the event under way."""
        self.stopped = self.stopped or reason


class Callback:
    """Hears of a run's events; every hook does nothing unless it is overridden."""

    def fit_begins(self, run: Run) -> None:
        """Before the first step; a resumed run already has a history."""

    def epoch_begins(self, run: Run, epoch: int) -> None:
        """Before the rows are put into the epoch's order."""

    def steps_end(self, run: Run, first: int, losses: NDArray[np.float64]) -> None:
        """Steps first, first + 1, ... of the whole run have been taken; losses: (C,)."""

    def epoch_ends(self, run: Run, epoch: int, metrics: dict[str, float]) -> None:
        """An epoch is over; metrics may be added to, callbacks run in the order they were given in."""

    def fit_ends(self, run: Run) -> None:
        """After the last epoch, however the run came to its end."""
