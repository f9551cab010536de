"""A comparison as one self-contained page."""

from __future__ import annotations

from pathlib import Path

from penchant.evaluation.comparison.comparison import Comparison
from penchant.evaluation.report import charts
from penchant.evaluation.report.html import drawing, protocol_facts, write_page
from penchant.evaluation.scoring.metric_names import metric_name
from penchant.evaluation.scoring.protocol import protocol_lines


def write_comparison(comparison: Comparison, path: Path) -> Path:
    """Render the comparison and write it; a missing folder is made."""
    heads, rows = comparison.table()
    best = comparison.metrics[comparison.labels[0]][comparison.by].value
    bars = [
        charts.Bar(label, metrics[comparison.by], f"{metrics[comparison.by].value:.4f}")
        for label, metrics in comparison.metrics.items()
        if comparison.by in metrics
    ]
    title = metric_name(comparison.by).title
    chart = charts.whiskers(bars, best, f"{title}; dashed line: best model", title, f"{title} by model")
    context = {
        "title": comparison.protocol["split"],
        "protocol": protocol_lines(comparison.protocol),
        "facts": [*comparison.model_settings(), *protocol_facts(comparison.protocol)],
        "heads": heads,
        "rows": rows,
        "note": comparison.note,
        "findings": comparison.findings,
        "chart_heading": f"{title} by model",
        "chart": drawing(chart),
        "pairs": comparison.pairs,
    }
    return write_page(path, "comparison.html", context)
