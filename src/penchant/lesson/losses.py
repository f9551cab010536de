"""The losses that the lesson prints after each epoch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from penchant.training.gradient.callbacks.validation import Held
from penchant.training.gradient.events import Callback, Run
from penchant.training.gradient.losses import Loss, squared_error

Metric = Callable[..., Any]
"""(predictions (n,), ratings (n,)) -> one number."""


class PrintedLosses(Callback):
    """Adds validation_loss, validation_rmse and the named metrics to the history, and prints one line an epoch.

    Predictions are not clipped to the rating scale here: the loss is the one that training minimises. train_rmse is
    added where that loss is the mean squared error.
    """

    def __init__(
        self, held: Held, before: int = 0, *, loss: Loss = squared_error, metrics: Sequence[Metric] = ()
    ) -> None:
        self.held, self.before, self.loss, self.metrics = held, before, loss, metrics

    def epoch_ends(self, run: Run, epoch: int, metrics: dict[str, float]) -> None:
        predicted = torch.from_numpy(run.backend.predict(self.held.user_numbers, self.held.item_numbers))
        both = predicted.double(), torch.from_numpy(self.held.values).double()
        metrics["validation_loss"] = float(self.loss(*both))
        metrics["validation_rmse"] = float(squared_error(*both)) ** 0.5
        if _is_squared(self.loss):
            metrics["train_rmse"] = metrics["train_loss"] ** 0.5
        own = {_name(one): float(np.asarray(one(*both))) for one in self.metrics}
        metrics.update(own)
        shown = [metrics["train_loss"], metrics["validation_loss"], *own.values()]
        sys.stdout.write(f"[{self.before + epoch:3d}  {'  '.join(f'{one:.5f}' for one in shown)}]\n")


def _name(metric: Metric) -> str:
    return str(getattr(metric, "__name__", type(metric).__name__))


def _is_squared(loss: Loss) -> bool:
    known = (squared_error, torch.nn.functional.mse_loss)
    return loss in known or isinstance(loss, torch.nn.MSELoss)
