"""The two losses that the lesson prints after each epoch."""

from __future__ import annotations

import sys

import numpy as np

from penchant.training.gradient.callbacks.validation import Held
from penchant.training.gradient.events import Callback, Run


class PrintedLosses(Callback):
    """Writes the epoch, and the mean squared errors of training and of validation as they are, without clipping."""

    def __init__(self, held: Held, before: int = 0) -> None:
        self.held, self.before = held, before

    def epoch_ends(self, run: Run, epoch: int, figures: dict[str, float]) -> None:
        errors = run.backend.predict(self.held.user_numbers, self.held.item_numbers) - self.held.values
        figures["validation_loss"] = float(np.mean(np.square(errors, dtype=np.float64)))
        losses = f"{figures['train_loss']:.5f}  {figures['validation_loss']:.5f}"
        sys.stdout.write(f"[{self.before + epoch:3d}  {losses}]\n")
