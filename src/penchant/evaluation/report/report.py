"""Report: what was measured, under which protocol, beside which baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penchant.evaluation.report.protocol import protocol_lines
from penchant.evaluation.report.slices import Slice
from penchant.evaluation.scoring.metric_names import naming, ordered, spelled
from penchant.foundations.plain_table import plain_table
from penchant.metrics.intervals import Interval

if TYPE_CHECKING:
    from penchant.evaluation.report.plot_data import Pictures


SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Of users, lowest metrics first."""


@dataclass(frozen=True)
class Line:
    """One contestant's metrics by name, and how they differ from user to user.

    by_user: for each figure that a user has, what the SHARES of users stay below.
    """

    label: str
    metrics: Mapping[str, Interval]
    by_user: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """A model on a split.

    lines: the model first, then what stands beside it. protocol: the facts behind the metrics. model: what it is and
    was set to. slices: its error on parts of the test. verdict: what the gap between training and test means.
    pictures: what the page samples, or None.
    """

    lines: Sequence[Line]
    protocol: Mapping[str, Any]
    model: Mapping[str, Any] = field(default_factory=dict)
    slices: Sequence[Slice] = ()
    verdict: str = ""
    pictures: Pictures | None = None

    def __getitem__(self, name: str) -> Interval:
        """The model's figure of that name, such as report["rmse"].value."""
        return self.lines[0].metrics[name]

    @property
    def names(self) -> list[str]:
        """The names of all metrics, in the order of the table."""
        return ordered(name for line in self.lines for name in line.metrics)

    def __str__(self) -> str:
        model, *others = self.lines
        heads = ["", model.label, *(line.label for line in others)]
        rows = [
            [naming(name).words, *(_cell(name, line, ends=line is model) for line in self.lines)] for name in self.names
        ]
        level = self.protocol["measuring"]["level"]
        note = f"In brackets: {level:.0%} intervals, users drawn anew {self.protocol['measuring']['replicates']} times."
        parts = ["\n".join(protocol_lines(dict(self.protocol))), plain_table(heads, rows), note, self.verdict]
        return "\n\n".join(part for part in parts if part)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values, without its pictures."""
        return {
            "model": dict(self.model),
            "protocol": dict(self.protocol),
            "metrics": {
                line.label: {name: _plain(interval) for name, interval in line.metrics.items()} for line in self.lines
            },
            "by_user": {
                line.label: {
                    name: dict(zip(map("{:.0%}".format, SHARES), values, strict=True))
                    for name, values in line.by_user.items()
                }
                for line in self.lines
            },
            "slices": [one.to_json() for one in self.slices],
            "verdict": self.verdict,
        }

    def to_html(self, path: str | Path) -> Path:
        """Write the report as one page that needs no network; returns where."""
        from penchant.evaluation.report.html import write_page

        return write_page(self, Path(path))


def _cell(name: str, line: Line, *, ends: bool) -> str:
    return spelled(name, line.metrics[name], ends=ends) if name in line.metrics else ""


def _plain(interval: Interval) -> dict[str, float | None]:
    """JSON has no NaN: what is not known is null."""
    return {end: None if value != value else value for end, value in vars(interval).items()}
