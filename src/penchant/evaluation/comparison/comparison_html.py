"""A comparison as one self-contained page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from penchant.evaluation.report import charts
from penchant.evaluation.report.html import drawing, protocol_facts, titled, with_popularity, write_page
from penchant.evaluation.scoring.baselines import BASELINE
from penchant.evaluation.scoring.findings import popularity_sentence
from penchant.evaluation.scoring.metric_names import metric_name
from penchant.evaluation.scoring.protocol import protocol_lines
from penchant.metrics.intervals import Interval


def write_comparison(
    path: Path,
    *,
    by: str,
    metrics: Mapping[str, Mapping[str, Interval]],
    protocol: Mapping[str, Any],
    settings: Sequence[tuple[str, str]],
    findings: Sequence[str],
    **shown: Any,
) -> Path:
    """Render a comparison and write it; a missing folder is made.

    by: the metric of the chart. metrics: those of each model by label, the best model first. settings: label and
    settings of the models. findings: in sentences; one on lists against popularity is added. shown: the heads, rows
    and note of the table, and the pairs of models.
    """
    best = next(iter(metrics.values()))[by].value
    bars = [charts.Bar(label, found[by], f"{found[by].value:.4f}") for label, found in metrics.items() if by in found]
    title = metric_name(by).title
    chart = charts.whiskers(bars, best, f"{title}; dashed line: best model", title, f"{title} by model")
    models = [label for label, _ in settings if label != BASELINE]
    sentence = popularity_sentence(metrics, models, protocol["settings"])
    context = {
        "findings": with_popularity(findings, sentence),
        "title": titled(protocol, protocol["split"]),
        "protocol": protocol_lines(protocol),
        "facts": [*((f"Settings of {label}", text) for label, text in settings), *protocol_facts(protocol)],
        "chart_heading": f"{title} by model",
        "chart": drawing(chart),
        **shown,
    }
    return write_page(path, "comparison.html", context)
