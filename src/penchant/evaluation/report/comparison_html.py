"""A comparison as one self-contained page."""

from __future__ import annotations

from pathlib import Path

from penchant.evaluation.comparison.comparison import Comparison
from penchant.evaluation.report import charts
from penchant.evaluation.report.html import drawing, render, small_print
from penchant.evaluation.report.protocol import protocol_lines
from penchant.evaluation.scoring.metric_names import naming


def write_comparison(comparison: Comparison, path: Path) -> Path:
    """Render the comparison and write it; the folder is made where it is missing."""
    heads, rows = comparison.table()
    best = comparison.metrics[comparison.labels[0]][comparison.by].value
    bars = [
        charts.Bar(label, metrics[comparison.by], f"{metrics[comparison.by].value:.4f}")
        for label, metrics in comparison.metrics.items()
        if comparison.by in metrics
    ]
    words = naming(comparison.by).words
    text = render(
        "comparison.html",
        title=comparison.protocol["split"],
        protocol=protocol_lines(dict(comparison.protocol)),
        facts=small_print(comparison.protocol),
        heads=heads,
        rows=rows,
        note=comparison.note,
        chart=drawing(charts.whiskers(bars, best, f"{words}; the line is the best", words, f"{words} by model")),
        pairs=comparison.pairs,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
