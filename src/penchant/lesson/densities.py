"""Predictions against true ratings, as a density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import DataError
from penchant.foundations.optional import require
from penchant.lesson.display import Summarized


@dataclass(frozen=True, repr=False)
class PredictionDensity(Summarized):
    """counts: (P, T), the number of ratings in each cell of predictions and true ratings.

    predicted_edges: (P + 1,) and true_edges: (T + 1,), the cells' limits. correlation: Pearson's r. rmse: the error.
    """

    counts: NDArray[np.int64]
    predicted_edges: NDArray[np.float64]
    true_edges: NDArray[np.float64]
    correlation: float
    rmse: float

    @classmethod
    def of(cls, truth: NDArray[Any], predicted: NDArray[Any], cells: int = 40) -> PredictionDensity:
        """From n true ratings and n predictions."""
        if not len(truth):
            raise DataError("there are no ratings to compare with", where="val_idxs", remedy="Hold out some rows")
        levels = np.unique(truth)
        middles = (levels[1:] + levels[:-1]) / 2
        ends = (
            (levels[0] - 0.5, levels[-1] + 0.5)
            if len(levels) < 2
            else (2 * levels[0] - middles[0], 2 * levels[-1] - middles[-1])
        )
        edges = (
            np.concatenate([[ends[0]], middles, [ends[1]]]) if len(levels) <= cells else np.linspace(*ends, cells + 1)
        )
        own = np.linspace(float(predicted.min()), float(predicted.max()) + 1e-6, cells + 1)
        counts, _, _ = np.histogram2d(predicted, truth, bins=(own, edges))
        varied = np.std(truth) > 0 and np.std(predicted) > 0
        correlation = float(np.corrcoef(truth, predicted)[0, 1]) if varied else float("nan")
        return cls(counts.astype(np.int64), own, edges, correlation, float(np.sqrt(np.mean((predicted - truth) ** 2))))

    def plot(self) -> Any:
        """A plotly figure: the density, and the mean prediction for each true rating."""
        graphs = require("plotly.graph_objects", extra="plot")
        middle = (self.predicted_edges[1:] + self.predicted_edges[:-1]) / 2
        true_middle = (self.true_edges[1:] + self.true_edges[:-1]) / 2
        with np.errstate(invalid="ignore"):
            means = (self.counts * middle[:, None]).sum(axis=0) / self.counts.sum(axis=0)
        figure = graphs.Figure(
            graphs.Heatmap(z=self.counts, x=true_middle, y=middle, colorscale="Blues", name="ratings")
        )
        figure.add_trace(graphs.Scatter(x=true_middle, y=means, mode="lines+markers", name="mean prediction"))
        title = f"Predicted against true: r = {self.correlation:.2f}, RMSE = {self.rmse:.3f}"
        return figure.update_layout(title=title, xaxis_title="true rating", yaxis_title="prediction")

    def summary(self) -> str:
        return f"{int(self.counts.sum()):,} predictions, correlation {self.correlation:.3f}, RMSE {self.rmse:.4f}"
