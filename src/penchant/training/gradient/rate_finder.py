"""The learning-rate finder: the loss at rising rates (Smith 2017, arXiv 1506.01186, section 3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.epoch_order import steps_in
from penchant.foundations.optional import require
from penchant.training.gradient.backend import Backend

_HOPELESS = 4.0
"""The search ends if the loss is this many times the loss before the search."""

_CLEAR = 0.01
"""A change by this share of the loss before the search is clearly more than the noise of the batches."""


@dataclass(frozen=True)
class RateFinding:
    """rates: (C,), rising. losses: (C,), smoothed. suggestion: the rate at which the loss fell fastest.

    A model that starts from the data's biases has little to learn in so few steps. Where the loss does not fall
    clearly, the suggestion is a tenth of the rate at which it begins to rise.

    Batches differ in difficulty by more than a few steps change the loss. So each loss is taken relative to the loss
    of the same batch before the search; the mean of the latter is added again.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    suggestion: float

    def __repr__(self) -> str:
        return f"<RateFinding: {len(self.rates)} rates, suggestion {self.suggestion:.2g}>"

    def plot(self) -> Any:
        """A plotly figure of the loss against the rate, on a logarithmic axis, with the suggestion marked."""
        graphs = require("plotly.graph_objects", extra="plot")
        figure = graphs.Figure(graphs.Scatter(x=self.rates, y=self.losses, mode="lines", name="loss"))
        figure.add_vline(x=self.suggestion, annotation_text=f"{self.suggestion:.1e}")
        figure.update_xaxes(type="log", title="learning rate")
        return figure.update_layout(yaxis_title="smoothed loss", title="Learning-rate finder")


def find_rate(
    backend: Backend, *, seed: int, low: float = 1e-5, high: float = 10.0, steps: int = 100, smoothing: float = 0.9
) -> RateFinding:
    """Train with a learning rate that grows from low to high, then restore the backend."""
    before = backend.state()
    rates = np.geomspace(low, high, steps)
    try:
        still = np.fromiter(_losses(backend, seed, np.zeros(steps)), np.float64)
        backend.restore(before)
        changes = _until_hopeless(_losses(backend, seed, rates), still)
    finally:
        backend.restore(before)
    smooth = _smoothed(changes + still.mean(), smoothing)
    seen = rates[: len(smooth)]
    return RateFinding(seen, smooth, _suggestion(seen, smooth))


def _losses(backend: Backend, seed: int, rates: NDArray[np.float64]) -> Iterator[float]:
    """The loss of one step at each rate, over as many epochs as needed."""
    each = steps_in(backend.rows, backend.batch_size)
    for at, rate in enumerate(rates):
        if at % each == 0:
            backend.begin(seed, at // each)
        yield float(backend.advance(at % each, np.array([rate]))[0])


def _until_hopeless(losses: Iterable[float], still: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each loss less that of the same batch before the search, up to the first that is far too high or not finite."""
    changes: list[float] = []
    for loss, before in zip(losses, still, strict=True):
        if not np.isfinite(loss) or loss - before > (_HOPELESS - 1.0) * still.mean():
            break
        changes.append(loss - before)
    return np.array(changes)


def _smoothed(losses: NDArray[np.float64], keep: float) -> NDArray[np.float64]:
    """An exponential moving average, with bias correction."""
    average, smooth = 0.0, np.empty(len(losses))
    for at, loss in enumerate(losses):
        average = keep * average + (1.0 - keep) * loss
        smooth[at] = average / (1.0 - keep ** (at + 1))
    return smooth


def _suggestion(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> float:
    """By the steepest fall over the logarithm of the rate before the minimum, or by the rise where no fall is clear."""
    end = int(np.argmin(losses)) + 1
    if losses[0] - losses[end - 1] < _CLEAR * losses[0] or end < 3:
        level = np.flatnonzero(losses <= (1.0 + _CLEAR) * losses[0])
        return float(max(rates[level[-1]] / 10.0, rates[0]))
    slopes = np.gradient(losses[:end], np.log(rates[:end]))
    return float(rates[int(np.argmin(slopes))])
