"""Comparison: several models over several seeds on one split, and which of them really differ."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from penchant.evaluation.comparison.records import Record
from penchant.evaluation.report.protocol import protocol_lines
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings, intervals_of
from penchant.evaluation.scoring.metric_names import naming, ordered, spelled
from penchant.foundations.plain_table import plain_table
from penchant.metrics.intervals import Difference, Interval, UserSums, holm, paired_difference

_ALPHA = 0.05
_SHOWN = ("rmse", "mae", "log_likelihood", "auc", "recall", "ndcg", "coverage")
"""The metrics that fit a table of one row a model; to_json has them all."""


@dataclass(frozen=True)
class Pair:
    """How one model's figure differs from another's; p_value is corrected for all pairs looked at (Holm)."""

    first: str
    second: str
    difference: Difference
    p_value: float

    @property
    def differs(self) -> bool:
        return self.p_value < _ALPHA


@dataclass(frozen=True)
class Comparison:
    """records: one for each entry and seed. by: the figure that orders the table and is tested pair by pair."""

    records: Sequence[Record]
    protocol: Mapping[str, Any]
    measuring: EvaluationSettings
    by: str

    @cached_property
    def labels(self) -> list[str]:
        """The entries, best first; those without the headline figure last."""
        sign = -1 if naming(self.by).better == "higher" else 1
        value = {label: self._pooled(label).get(self.by) for label in dict.fromkeys(r.label for r in self.records)}
        return sorted(value, key=lambda label: sign * sums.value if (sums := value[label]) else np.inf)

    @cached_property
    def metrics(self) -> dict[str, dict[str, Interval]]:
        """Metrics with intervals by entry; those of several seeds are of the mean over seeds."""
        found = {}
        for label in self.labels:
            whole = [record.whole for record in self._of(label)]
            means = {name: float(np.mean([each[name] for each in whole])) for name in whole[0]}
            found[label] = intervals_of(self._pooled(label), means, self.measuring)
        return found

    @cached_property
    def pairs(self) -> list[Pair]:
        """Every two entries that have the headline figure, tested over users."""
        sums = {label: self._pooled(label)[self.by] for label in self.labels if self.by in self._pooled(label)}
        rng = np.random.default_rng(self.measuring.seed)
        names = list(itertools.combinations(sums, 2))
        found = [
            paired_difference(
                sums[a], sums[b], rng=rng, replicates=self.measuring.replicates, level=self.measuring.level,
                permutations=self.permutations,
            )
            for a, b in names
        ]  # fmt: skip
        corrected = holm([one.p_value for one in found])
        return [Pair(a, b, one, float(p)) for (a, b), one, p in zip(names, found, corrected, strict=True)]

    @property
    def permutations(self) -> int:
        """Enough that a difference can still be told from none once p-values are corrected for all pairs."""
        n = sum(self.by in self._pooled(label) for label in self.labels)
        return max(self.measuring.replicates, round(4 / _ALPHA) * n * (n - 1) // 2)

    def spread(self, label: str) -> float:
        """The standard deviation of the headline figure over seeds; NaN for one seed."""
        values = [record.metrics[self.by].value for record in self._of(label) if self.by in record.metrics]
        return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")

    def __str__(self) -> str:
        heads, rows = self.table()
        return "\n\n".join(["\n".join(protocol_lines(dict(self.protocol))), plain_table(heads, rows), self.note])

    @property
    def note(self) -> str:
        """How to read the table."""
        return (
            f"In brackets: {self.measuring.level:.0%} intervals over users. Differences are paired by user, tested "
            f"by {self.permutations} permutations and corrected for all {len(self.pairs)} pairs (Holm); ≈ is not "
            "different from the best."
        )

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Heads and rows of texts, one row an entry."""
        others = [name for name in self._names if name != self.by]
        heads = ["", naming(self.by).words, "behind the best", *(naming(name).words for name in others)]
        seeds = len({record.seed for record in self.records}) > 1
        heads += (["seeds ±"] if seeds else []) + ["train s", "MB"]
        return heads, [self._row(label, others, seeds) for label in self.labels]

    def to_json(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        return {
            "protocol": dict(self.protocol),
            "by": self.by,
            "entries": [self._entry(label) for label in self.labels],
            "pairs": [
                {**vars(pair), "difference": vars(pair.difference), "differs": pair.differs} for pair in self.pairs
            ],
        }

    def to_html(self, path: str | Path) -> Path:
        """Write the comparison as one page that needs no network; returns where."""
        from penchant.evaluation.report.comparison_html import write_comparison

        return write_comparison(self, Path(path))

    # --- parts -------------------------------------------------------------------------------------------------------

    def _of(self, label: str) -> list[Record]:
        return [record for record in self.records if record.label == label]

    def _pooled(self, label: str) -> dict[str, UserSums]:
        """Sums over users, averaged over seeds: an RMSE over seeds is the root of the mean squared error over them."""
        records = self._of(label)
        return {
            name: UserSums(np.mean([r.metrics[name].parts for r in records], axis=0), first.weights, first.link)
            for name, first in records[0].metrics.items()
        }

    @property
    def _names(self) -> list[str]:
        """The metrics of the table, at the first k."""
        names = ordered(name for metrics in self.metrics.values() for name in metrics)
        return [
            n for n in names if n.partition("@")[0] in _SHOWN and n.partition("@")[2] in ("", str(self.measuring.at[0]))
        ]

    def behind(self, label: str) -> Pair | None:
        """How the entry differs from the best one; None for the best itself and those without the figure."""
        return next((p for p in self.pairs if (p.first, p.second) == (self.labels[0], label)), None)

    def _row(self, label: str, others: Sequence[str], seeds: bool) -> list[str]:
        metrics, pair, records = self.metrics[label], self.behind(label), self._of(label)
        gap = "" if pair is None else f"{-pair.difference.value:+.4f} {' ' if pair.differs else '≈'}"
        row = [label, spelled(self.by, metrics[self.by]) if self.by in metrics else "", gap]
        row += [spelled(name, metrics[name], ends=False) if name in metrics else "" for name in others]
        if seeds:
            row.append("" if np.isnan(self.spread(label)) else f"{self.spread(label):.4f}")
        seconds, megabytes = (np.mean([getattr(r, name) for r in records]) for name in ("seconds", "megabytes"))
        return [*row, f"{seconds:.1f}", f"{megabytes:.0f}"]

    def _entry(self, label: str) -> dict[str, Any]:
        records = self._of(label)
        return {
            "label": label,
            "identity": records[0].identity,
            "seeds": [record.seed for record in records],
            "metrics": {name: _plain(vars(interval)) for name, interval in self.metrics[label].items()},
            "by_seed": [record.metrics[self.by].value for record in records if self.by in record.metrics],
            "seconds": [record.seconds for record in records],
            "measured_in": [record.measured_in for record in records],
            "megabytes": [record.megabytes for record in records],
        }


def _plain(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if value != value else value for name, value in values.items()}
