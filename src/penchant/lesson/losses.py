"""The losses that the lesson prints after each epoch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from penchant.foundations.arguments import type_of
from penchant.foundations.errors import CallerError
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
        self, held: Held, before: int = 0, *, loss: Loss = squared_error, metrics: Sequence[Metric] | None = None
    ) -> None:
        self.held, self.before, self.loss, self.metrics = held, before, loss, checked_metrics(metrics)

    def epoch_ends(self, run: Run, epoch: int, metrics: dict[str, float]) -> None:
        predicted = torch.from_numpy(run.backend.predict(self.held.user_numbers, self.held.item_numbers))
        both = predicted.double(), torch.from_numpy(self.held.values).double()
        metrics["validation_loss"] = float(self.loss(*both))
        metrics["validation_rmse"] = float(squared_error(*both)) ** 0.5
        if _is_squared(self.loss):
            metrics["train_rmse"] = metrics["train_loss"] ** 0.5
        own = {_name(one): _value(one, *both) for one in self.metrics}
        metrics.update(own)
        shown = [metrics["train_loss"], metrics["validation_loss"], *own.values()]
        sys.stdout.write(f"[{self.before + epoch:3d}  {'  '.join(f'{one:.5f}' for one in shown)}]\n")


def checked_metrics(metrics: Any) -> Sequence[Metric]:
    """The metrics, none for None; raises CallerError unless it is a list of functions."""
    given: Any = () if metrics is None else metrics
    if not isinstance(given, Sequence) or isinstance(given, str):
        wrong = f"{type_of(metrics)} is not a list"
    else:
        wrong = next((f"{one!r} is not a function" for one in given if not callable(one)), "")
    if wrong:
        raise CallerError(wrong, where="metrics", remedy="Give a list of functions, such as [F.l1_loss]")
    return tuple(given)


def _value(metric: Metric, predicted: Tensor, ratings: Tensor) -> float:
    value = np.asarray(metric(predicted, ratings))
    if value.size != 1:
        raise CallerError(
            f"{_name(metric)} returned shape {value.shape}", where="metrics", remedy="A metric returns one number"
        )
    return float(value.reshape(()))


def _name(metric: Metric) -> str:
    return str(getattr(metric, "__name__", type(metric).__name__))


def _is_squared(loss: Loss) -> bool:
    known = (squared_error, torch.nn.functional.mse_loss)
    return loss in known or isinstance(loss, torch.nn.MSELoss)
