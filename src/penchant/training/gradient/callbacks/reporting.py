"""Reports the epochs of a run to a Progress."""

from __future__ import annotations

from penchant.foundations.progress import Progress
from penchant.training.gradient.events import Callback, Run

_SHOWN = ("train_loss", "validation_rmse")


class Reporting(Callback):
    """One step of progress for each epoch, with its metrics."""

    def __init__(self, progress: Progress, task: str) -> None:
        self.progress, self.task = progress, task

    def fit_begins(self, run: Run) -> None:
        self.progress.start(self.task, run.plan.epochs - len(run.history))

    def epoch_ends(self, run: Run, epoch: int, metrics: dict[str, float]) -> None:
        self.progress.step({name: value for name, value in metrics.items() if name in _SHOWN})

    def fit_ends(self, run: Run) -> None:
        if run.stopped and len(run.history) < run.plan.epochs:
            self.progress.note(f"{self.task}: stopped after {len(run.history)} epochs, {run.stopped}")
