"""The pictures of a learner's learning rates and losses: learn.sched.plot_lr() and learn.sched.plot()."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from penchant.foundations.optional import require
from penchant.training.gradient.rate_finder import RateFinding


@dataclass(frozen=True)
class SchedulePlots:
    """rates, losses: of each step. finding: the search for a learning rate that they come from, if any."""

    rates: Sequence[float] = ()
    losses: Sequence[float] = ()
    finding: RateFinding | None = None

    def __repr__(self) -> str:
        return f"<SchedulePlots: {len(self.rates)} steps>"

    def plot(self) -> Any:
        """A plotly figure: after lr_find the loss against the learning rate, after fit the loss at each step."""
        return self.finding.plot() if self.finding is not None else self.plot_loss()

    def plot_loss(self) -> Any:
        """A plotly figure of the loss at each step."""
        return _line(self.losses, "training loss of the batch")

    def plot_lr(self) -> Any:
        """A plotly figure of the learning rate at each step."""
        return _line(self.rates, "learning rate")


def _line(values: Sequence[float], title: str) -> Any:
    graphs = require("plotly.graph_objects", extra="plot")
    return graphs.Figure(graphs.Scatter(y=list(values), mode="lines")).update_layout(
        xaxis_title="step", yaxis_title=title
    )
