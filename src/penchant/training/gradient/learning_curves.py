"""Learning curves, and what they say in words: how much overfitting is too much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.optional import require

_STILL_FALLING = 0.002
"""A validation error that fell by more than this share in the last epoch is taken to be falling still."""
_WORSE = 0.002
"""A validation error this share above its best is taken to have risen: less is noise."""


@dataclass(frozen=True)
class LearningCurves:
    """train, validation: root mean squared errors after each epoch, (E,); validation is NaN where there was none."""

    train: NDArray[np.float64]
    validation: NDArray[np.float64]

    @classmethod
    def of(cls, history: Sequence[Mapping[str, float]]) -> LearningCurves:
        """From the history of a run."""
        train = [metrics["train_loss"] ** 0.5 for metrics in history]
        validation = [metrics.get("validation_rmse", float("nan")) for metrics in history]
        return cls(np.array(train), np.array(validation))

    @property
    def best_epoch(self) -> int:
        """The number, from 1, of the epoch with the lowest validation error; 0 where none was measured."""
        return 0 if np.isnan(self.validation).all() else int(np.nanargmin(self.validation)) + 1

    def verdict(self) -> str:
        """What to do about the gap between the two errors.

        A gap alone is no fault: a model that fits its training ratings better than others is what training makes. It
        matters when the validation error rises while the training error falls on.
        """
        if not self.best_epoch:
            return "No validation error was measured, so nothing can be said of overfitting; hold some ratings out."
        best, last = float(np.nanmin(self.validation)), float(self.validation[-1])
        gap = f"The training error ended at {self.train[-1]:.3f}, the validation error at {last:.3f}."
        if last > best * (1 + _WORSE):
            return (
                f"{gap} Validation was best at epoch {self.best_epoch} ({best:.3f}) and has risen since: the model is "
                "overfitting its training ratings. Stop there, raise regularization, or use fewer factors."
            )
        if len(self.validation) > 1 and last < self.validation[-2] * (1 - _STILL_FALLING):
            return f"{gap} Validation was still falling at the last epoch: more epochs or a higher rate would help."
        if self.train[-1] < 0.9 * last:
            return f"{gap} The gap is wide but harmless: validation has levelled off and has not risen."
        return f"{gap} The two lie close together: a larger model or less regularization may do better."

    def plot(self) -> Any:
        """A plotly figure of both errors, the best epoch marked."""
        graphs = require("plotly.graph_objects", extra="plot")
        epochs = np.arange(1, len(self.train) + 1)
        figure = graphs.Figure(graphs.Scatter(x=epochs, y=self.train, name="training"))
        figure.add_trace(graphs.Scatter(x=epochs, y=self.validation, name="validation"))
        if self.best_epoch:
            figure.add_vline(x=self.best_epoch, line_dash="dot", annotation_text=f"best: epoch {self.best_epoch}")
        return figure.update_layout(xaxis_title="epoch", yaxis_title="RMSE", title="Learning curves")
