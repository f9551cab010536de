"""The report of an evaluation: metrics of a model and of baselines, with their protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penchant.evaluation.report.slices import Slice
from penchant.evaluation.scoring.metric_names import format_metric, metric_name, sorted_metrics
from penchant.evaluation.scoring.protocol import protocol_lines
from penchant.foundations.plain_table import plain_table
from penchant.metrics.intervals import Interval
from penchant.metrics.probability import Reliability

if TYPE_CHECKING:
    from penchant.evaluation.report.plot_data import PlotData


QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Quantiles over users that a report holds of each metric."""


@dataclass(frozen=True)
class ReportRow:
    """One model's metrics by name. by_user: the QUANTILES over users of each metric that single users have."""

    label: str
    metrics: Mapping[str, Interval]
    by_user: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """The evaluation of a model on a split.

    rows: the model first, then other models and baselines. protocol: data, split, settings, date, versions. model: kind
    and settings of the model. findings: what the table says, in sentences. slices: its error on parts of the test.
    overfitting: a summary in words. like_curve: the reliability of its P(like), or None. plots: the data of the plots,
    or None.
    """

    rows: Sequence[ReportRow]
    protocol: Mapping[str, Any]
    model: Mapping[str, Any] = field(default_factory=dict)
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

    def __str__(self) -> str:
        model, *others = self.rows
        heads = ["", model.label, *(row.label for row in others)]
        cells = [
            [metric_name(name).title, *(_cell(name, row, ends=row is model) for row in self.rows)]
            for name in self.names
        ]
        settings = self.protocol["settings"]
        note = (
            f"In brackets: {settings['level']:.0%} intervals from {settings['replicates']} bootstrap samples of users."
        )
        parts = ["\n".join(protocol_lines(self.protocol)), plain_table(heads, cells), note, *self.findings]
        parts.append(self.overfitting)
        return "\n\n".join(part for part in parts if part)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values, without the data of the plots."""
        return {
            "model": dict(self.model),
            "protocol": dict(self.protocol),
            "metrics": {
                row.label: {name: interval.to_json() for name, interval in row.metrics.items()} for row in self.rows
            },
            "by_user": {
                row.label: {
                    name: dict(zip(map("{:.0%}".format, QUANTILES), values, strict=True))
                    for name, values in row.by_user.items()
                }
                for row in self.rows
            },
            "findings": list(self.findings),
            "p_like_reliability": None if self.like_curve is None else self.like_curve.to_json(),
            "slices": [one.to_json() for one in self.slices],
            "overfitting": self.overfitting,
        }

    def to_html(self, path: str | Path) -> Path:
        """Write the report as one page that needs no network; returns its path."""
        from penchant.evaluation.report.html import write_report

        return write_report(self, Path(path))


def _cell(name: str, row: ReportRow, *, ends: bool) -> str:
    return format_metric(name, row.metrics[name], ends=ends) if name in row.metrics else ""
