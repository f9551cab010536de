"""Learning curves of a training run, and a summary in words of what they say about overfitting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.optional import require

_FALLING = 0.002
"""A validation RMSE that fell by more than this share in the last epoch is still falling."""
_RISEN = 0.002
"""A validation RMSE this share above its minimum has risen; a smaller difference is noise."""
_SMALL_GAP, _WIDE_GAP = 0.03, 0.35
"""Gaps as shares of the error on other rows: below the first the model may underfit, above the second overfit."""


@dataclass(frozen=True)
class LearningCurves:
    """train, validation: RMSE after each epoch, sweep or sample, (E,); NaN where it was not computed."""

    train: NDArray[np.float64]
    validation: NDArray[np.float64]

    @classmethod
    def of(cls, history: Sequence[Mapping[str, float]]) -> LearningCurves:
        """From a training history; a "train_loss" without a "train_rmse" is a mean squared error."""
        train = [epoch.get("train_rmse", epoch.get("train_loss", float("nan")) ** 0.5) for epoch in history]
        validation = [epoch.get("validation_rmse", float("nan")) for epoch in history]
        return cls(np.array(train, np.float64), np.array(validation, np.float64))

    @property
    def best_epoch(self) -> int:
        """The number, from 1, of the epoch with the lowest validation error; 0 where none was computed."""
        return 0 if np.isnan(self.validation).all() else int(np.nanargmin(self.validation)) + 1

    def overfitting_summary(self, *, train_rmse: float | None = None, test_rmse: float | None = None) -> str:
        """What the gap between the training error and the error on other rows means, and what to do.

        train_rmse, test_rmse: errors of the final model; where absent, those of the last epoch. A wide gap alone is no
        fault, since every model fits its training rows better than others. A validation error that rises is
        overfitting.
        """
        train = train_rmse if train_rmse is not None else _last(self.train)
        name, other = ("test", test_rmse) if test_rmse is not None else ("validation", _last(self.validation))
        if np.isnan(train) or np.isnan(other):
            return "Overfitting cannot be judged without an error on other rows. Hold out some ratings for validation."
        gap = f"The RMSE is {train:.3f} on training rows and {other:.3f} on {name} rows."
        share = (other - train) / other if other > 0 else 0.0
        return f"{gap} {self._of_curve() or _of_gap(share, levelled=self.best_epoch > 0)}"

    def _of_curve(self) -> str:
        """What a validation curve that has risen or is still falling says; nothing for one that has levelled off."""
        if not self.best_epoch or len(self.validation) < 2:
            return ""
        best, before, last = float(np.nanmin(self.validation)), float(self.validation[-2]), float(self.validation[-1])
        if last > best * (1 + _RISEN):
            return (
                f"The validation RMSE was lowest at epoch {self.best_epoch} ({best:.3f}) and has risen since: the "
                "model overfits. Stop at that epoch, raise the regularization, or use fewer factors."
            )
        if last < before * (1 - _FALLING):
            return "The validation RMSE was still falling at the last epoch: more epochs may help."
        return ""

    def plot(self) -> Any:
        """A plotly figure of both errors, the best epoch marked."""
        graphs = require("plotly.graph_objects", extra="plot")
        epochs = np.arange(1, len(self.train) + 1)
        figure = graphs.Figure(graphs.Scatter(x=epochs, y=self.train, name="training"))
        figure.add_trace(graphs.Scatter(x=epochs, y=self.validation, name="validation"))
        if self.best_epoch:
            figure.add_vline(x=self.best_epoch, line_dash="dot", annotation_text=f"best: epoch {self.best_epoch}")
        return figure.update_layout(xaxis_title="epoch", yaxis_title="RMSE", title="Learning curves")


def _last(curve: NDArray[np.float64]) -> float:
    return float(curve[-1]) if len(curve) else float("nan")


def _of_gap(share: float, *, levelled: bool) -> str:
    """What the gap, a share of the error on other rows, says. levelled: there is a validation curve, and it is flat."""
    if share < _SMALL_GAP:
        return "The two errors are close: more factors or less regularization may help."
    if levelled:
        return "The validation RMSE has levelled off and has not risen, so the gap does no harm."
    if share < _WIDE_GAP:
        return "A gap of this size is normal for a well-regularized model and does no harm by itself."
    return "The gap is wide. Train with more regularization: if the test error falls, the model was overfitting."
