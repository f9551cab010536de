"""The events of a run, and the base class of callbacks.

The order is fit_begins; for each epoch epoch_begins, steps_end (once or more) and epoch_ends; and finally fit_ends.
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
class TrainingPlan:
    """The number of epochs and the learning rates of a run.

    curve: position in the run -> multiple of learning_rate. stride: steps between two steps_end events; None for one
    event an epoch.
    """

    epochs: int
    learning_rate: float
    curve: Curve = constant
    stride: int | None = None


@dataclass
class Run:
    """The state of a run, as callbacks see it.

    history: one mapping of metrics for each epoch. rates, losses: one number for each step so far. stopped: why
    training ends after this epoch, or "".
    """

    plan: TrainingPlan
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
        """End training after this epoch; the other callbacks still get the current event."""
        self.stopped = self.stopped or reason


class Callback:
    """The base class of callbacks; each method does nothing unless it is overridden."""

    def fit_begins(self, run: Run) -> None:
        """Before the first step; a resumed run already has a history."""

    def epoch_begins(self, run: Run, epoch: int) -> None:
        """Before the rows are brought into the epoch's order."""

    def steps_end(self, run: Run, first: int, losses: NDArray[np.float64]) -> None:
        """After steps first, first + 1, ... of the whole run. losses: (C,)."""

    def epoch_ends(self, run: Run, epoch: int, metrics: dict[str, float]) -> None:
        """After an epoch. Callbacks are called in their order and may add to `metrics`."""

    def fit_ends(self, run: Run) -> None:
        """After the last epoch, also if training ended early or with an error."""
