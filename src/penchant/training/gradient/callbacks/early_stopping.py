"""Keeping the weights of the best epoch, and early stopping."""

from __future__ import annotations

from penchant.training.gradient.backend import State
from penchant.training.gradient.events import Callback, Run


class BestWeights(Callback):
    """Keeps the state with the lowest value of the metric `watched`, and restores it when training ends.

    patience: epochs without a lower value before training stops; 0 for no early stopping.
    """

    def __init__(self, watched: str = "validation_rmse", patience: int = 0) -> None:
        self.watched, self.patience = watched, patience
        self.best, self.epoch = float("inf"), -1
        self.state: State | None = None

    def epoch_ends(self, run: Run, epoch: int, metrics: dict[str, float]) -> None:
        if metrics[self.watched] < self.best:
            self.best, self.epoch, self.state = metrics[self.watched], epoch, run.backend.state()
        elif self.patience and epoch - self.epoch >= self.patience:
            run.stop(f"no better {self.watched} in {self.patience} epochs")

    def fit_ends(self, run: Run) -> None:
        if self.state is not None:
            run.backend.restore(self.state)


class StopAfter(Callback):
    """Ends training after a number of epochs; the schedule is that of the planned number."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def epoch_ends(self, run: Run, epoch: int, metrics: dict[str, float]) -> None:
        if epoch + 1 >= self.epochs:
            run.stop(f"{self.epochs} epochs were asked for")
