"""The report of an evaluation: metrics of a model and of baselines, with their protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from penchant.evaluation.report.html import write_report
from penchant.evaluation.report.report_contents import QUANTILES, ReportContents, ReportRow
from penchant.evaluation.scoring.metric_names import format_metric, metric_name
from penchant.evaluation.scoring.protocol import protocol_lines
from penchant.foundations.plain_table import plain_table


class Report(ReportContents):
    """The evaluation of a model on a split, shown as text, as JSON values or as a page."""

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
            "parts": dict(self.parts),
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
        return write_report(self, Path(path))


def _cell(name: str, row: ReportRow, *, ends: bool) -> str:
    return format_metric(name, row.metrics[name], ends=ends) if name in row.metrics else ""
