"""The result of a comparison: several models with several seeds on one split, and tests of their differences."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from penchant.evaluation.comparison.comparison_html import write_comparison
from penchant.evaluation.comparison.records import Record
from penchant.evaluation.scoring.baselines import BASELINE
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings
from penchant.evaluation.scoring.findings import is_popularity, list_findings
from penchant.evaluation.scoring.metric_names import format_metric, metric_name, sorted_metrics
from penchant.evaluation.scoring.protocol import protocol_lines
from penchant.evaluation.scoring.user_metrics import metric_intervals
from penchant.foundations.plain_table import plain_table
from penchant.metrics.intervals import Difference, Interval, UserSums, holm, paired_difference

_ALPHA = 0.05
_SHOWN = ("rmse", "mae", "log_likelihood", "auc", "recall", "ndcg", "coverage")
"""The metrics in the table; to_json has all metrics."""


@dataclass(frozen=True)
class Pair:
    """The difference of a metric between two models. p_value is corrected for the number of pairs (Holm)."""

    first: str
    second: str
    difference: Difference
    p_value: float

    @property
    def differs(self) -> bool:
        return self.p_value < _ALPHA


@dataclass(frozen=True)
class Comparison:
    """records: one for each model and seed. by: the metric that orders the table and is tested for each pair.

    population: what is to be said of the test rows, in sentences.
    """

    records: Sequence[Record]
    protocol: Mapping[str, Any]
    settings: EvaluationSettings
    by: str
    population: Sequence[str] = ()

    @cached_property
    def labels(self) -> list[str]:
        """The labels of the models, best first; models without the metric `by` last."""
        sign = -1 if metric_name(self.by).better == "higher" else 1
        value = {label: self._pooled(label).get(self.by) for label in dict.fromkeys(r.label for r in self.records)}
        return sorted(value, key=lambda label: sign * sums.value if (sums := value[label]) else np.inf)

    @cached_property
    def metrics(self) -> dict[str, dict[str, Interval]]:
        """Metrics with intervals by label; with several seeds, of the mean over seeds."""
        found = {}
        for label in self.labels:
            overall = [record.overall for record in self._of(label)]
            means = {name: float(np.mean([each[name] for each in overall])) for name in overall[0]}
            found[label] = metric_intervals(self._pooled(label), means, self.settings)
        return found

    @cached_property
    def pairs(self) -> list[Pair]:
        """Every two models that have the metric `by`, tested over users."""
        sums = {label: self._pooled(label)[self.by] for label in self.labels if self.by in self._pooled(label)}
        rng = np.random.default_rng(self.settings.seed)
        names = list(itertools.combinations(sums, 2))
        found = [
            paired_difference(
                sums[a], sums[b], rng=rng, replicates=self.settings.replicates, level=self.settings.level,
                permutations=self.permutations,
            )
            for a, b in names
        ]  # fmt: skip
        corrected = holm([one.p_value for one in found])
        return [Pair(a, b, one, float(p)) for (a, b), one, p in zip(names, found, corrected, strict=True)]

    @cached_property
    def findings(self) -> list[str]:
        """What the table says, in sentences: lists that popularity beats, and metrics that mean little."""
        sums = {label: self._pooled(label) for label in self.labels}
        judged = [label for label in self.labels if label != BASELINE and not is_popularity(label)]
        return [*self.population, *list_findings(sums, judged, self.settings)]

    @property
    def permutations(self) -> int:
        """Enough for a significant p-value to be possible after the correction for all pairs."""
        n = sum(self.by in self._pooled(label) for label in self.labels)
        return max(self.settings.replicates, round(4 / _ALPHA) * n * (n - 1) // 2)

    def spread(self, label: str) -> float:
        """The standard deviation of the metric `by` over seeds; NaN for one seed."""
        values = [record.metrics[self.by].value for record in self._of(label) if self.by in record.metrics]
        return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")

    def __str__(self) -> str:
        heads, rows = self.table()
        return "\n\n".join(
            ["\n".join(protocol_lines(self.protocol)), plain_table(heads, rows), self.note, *self.findings]
        )

    @property
    def note(self) -> str:
        """The table's legend."""
        return (
            f"In brackets: {self.settings.level:.0%} intervals over users. Differences are paired by user, tested with "
            f"{self.permutations} permutations and corrected for all {len(self.pairs)} pairs (Holm). ≈: not "
            "significantly different from the best."
        )

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Heads and rows of texts, one row for each model."""
        others = [name for name in self._names if name != self.by]
        heads = ["", metric_name(self.by).title, "difference from best", *(metric_name(name).title for name in others)]
        seeds = len({record.seed for record in self.records}) > 1
        heads += (["seeds ±"] if seeds else []) + ["train s", "MB"]
        return heads, [self._row(label, others, seeds) for label in self.labels]

    def to_json(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        return {
            "protocol": dict(self.protocol),
            "by": self.by,
            "findings": self.findings,
            "models": [self._model(label) for label in self.labels],
            "pairs": [
                {**vars(pair), "difference": vars(pair.difference), "differs": pair.differs} for pair in self.pairs
            ],
        }

    def to_html(self, path: str | Path) -> Path:
        """Write the comparison as one page that needs no network; returns its path."""
        heads, rows = self.table()
        return write_comparison(
            Path(path), by=self.by, metrics=self.metrics, protocol=self.protocol, settings=self.model_settings(),
            heads=heads, rows=rows, note=self.note, findings=self.findings, pairs=self.pairs,
        )  # fmt: skip

    def model_settings(self) -> list[tuple[str, str]]:
        """Label and settings of each model that has settings, for reports."""
        identities = {label: self._of(label)[0].identity or {} for label in self.labels}
        settings = {label: one.get("settings") or one.get("external", {}) for label, one in identities.items()}
        return [
            (label, ", ".join(f"{name} {value}" for name, value in found.items()))
            for label, found in settings.items()
            if found
        ]

    # --- parts -------------------------------------------------------------------------------------------------------

    def _of(self, label: str) -> list[Record]:
        return [record for record in self.records if record.label == label]

    def _pooled(self, label: str) -> dict[str, UserSums]:
        """Sums by user, averaged over seeds: an RMSE over seeds is the root of the mean squared error over seeds."""
        records = self._of(label)
        return {
            name: UserSums(np.mean([r.metrics[name].parts for r in records], axis=0), first.weights, first.link)
            for name, first in records[0].metrics.items()
        }

    @property
    def _names(self) -> list[str]:
        """The metrics in the table, at the first k."""
        names = sorted_metrics(name for metrics in self.metrics.values() for name in metrics)
        return [
            n for n in names if n.partition("@")[0] in _SHOWN and n.partition("@")[2] in ("", str(self.settings.at[0]))
        ]

    def behind(self, label: str) -> Pair | None:
        """The difference from the best model; None for the best model and for models without the metric `by`."""
        return next((p for p in self.pairs if (p.first, p.second) == (self.labels[0], label)), None)

    def _row(self, label: str, others: Sequence[str], seeds: bool) -> list[str]:
        metrics, pair, records = self.metrics[label], self.behind(label), self._of(label)
        gap = "" if pair is None else f"{-pair.difference.value:+.4f} {' ' if pair.differs else '≈'}"
        row = [label, format_metric(self.by, metrics[self.by]) if self.by in metrics else "", gap]
        row += [format_metric(name, metrics[name], ends=False) if name in metrics else "" for name in others]
        if seeds:
            row.append("" if np.isnan(self.spread(label)) else f"{self.spread(label):.4f}")
        seconds, megabytes = (np.mean([getattr(r, name) for r in records]) for name in ("train_seconds", "megabytes"))
        return [*row, f"{seconds:.1f}", f"{megabytes:.0f}"]

    def _model(self, label: str) -> dict[str, Any]:
        records = self._of(label)
        return {
            "label": label,
            "identity": records[0].identity,
            "seeds": [record.seed for record in records],
            "metrics": {name: interval.to_json() for name, interval in self.metrics[label].items()},
            "by_seed": [record.metrics[self.by].value for record in records if self.by in record.metrics],
            "train_seconds": [record.train_seconds for record in records],
            "evaluation_seconds": [record.evaluation_seconds for record in records],
            "megabytes": [record.megabytes for record in records],
        }
