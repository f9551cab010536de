"""A comparison as one self-contained page."""

from __future__ import annotations

from pathlib import Path

from penchant.evaluation import charts
from penchant.evaluation.comparison import Comparison
from penchant.evaluation.figure_names import naming
from penchant.evaluation.page import drawing, render, small_print
from penchant.evaluation.protocol import spoken


def write_comparison(comparison: Comparison, path: Path) -> Path:
    """Render the comparison and write it; the folder is made where it is missing."""
    heads, rows = comparison.table()
    best = comparison.figures[comparison.labels[0]][comparison.by].value
    bars = [
        charts.Bar(label, figures[comparison.by], f"{figures[comparison.by].value:.4f}")
        for label, figures in comparison.figures.items()
        if comparison.by in figures
    ]
    words = naming(comparison.by).words
    text = render(
        "comparison.html",
        title=comparison.protocol["split"],
        protocol=spoken(dict(comparison.protocol)),
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
