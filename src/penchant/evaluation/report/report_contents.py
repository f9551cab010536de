"""What the report of an evaluation holds, as text, JSON and page show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penchant.evaluation.report.plot_data import PlotData
from penchant.evaluation.report.slices import Slice
from penchant.evaluation.scoring.metric_names import sorted_metrics
from penchant.metrics.intervals import Interval
from penchant.metrics.probability import Reliability

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Quantiles over users that a report holds of each metric."""


@dataclass(frozen=True)
class ReportRow:
    """One model's metrics by name. by_user: the QUANTILES over users of each metric that single users have."""

    label: str
    metrics: Mapping[str, Interval]
    by_user: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportContents:
    """What a report holds.

    rows: the model first, then other models and baselines. protocol: data, split, settings, date, versions. model: kind
    and settings of the model. parts: by label of a model, kind and settings of each of its parts. findings: what the
    table says, in sentences. slices: its error on parts of the test. overfitting: a summary in words. like_curve: the
    reliability of its P(like), or None. plots: the data of the plots, or None.
    """

    rows: Sequence[ReportRow]
    protocol: Mapping[str, Any]
    model: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    findings: Sequence[str] = ()
    slices: Sequence[Slice] = ()
    overfitting: str = ""
    like_curve: Reliability | None = None
    plots: PlotData | None = None

    def __getitem__(self, name: str) -> Interval:
        """The model's metric of that name, such as report["rmse"].value."""
        return self.rows[0].metrics[name]

    @property
    def names(self) -> list[str]:
        """The names of all metrics, in the order of the table."""
        return sorted_metrics(name for row in self.rows for name in row.metrics)
