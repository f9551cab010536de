"""The report as one self-contained page: no network, no JavaScript library, light and dark."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from penchant.evaluation.report import charts
from penchant.evaluation.report.report_contents import ReportContents
from penchant.evaluation.scoring.findings import popularity_sentence
from penchant.evaluation.scoring.metric_names import format_metric, metric_name
from penchant.evaluation.scoring.protocol import protocol_lines
from penchant.foundations.optional import require
from penchant.metrics.intervals import Interval

_PAGES = Path(__file__).parent / "pages"


def write_report(report: ReportContents, path: Path) -> Path:
    """Render the report and write it; a missing folder is made."""
    return write_page(path, "report.html", values(report))


def write_page(path: Path, template: str, context: Mapping[str, Any]) -> Path:
    """Render a template of the pages folder and write it; a missing folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(template, **context), encoding="utf-8")
    return path


def render(template: str, **context: Any) -> str:
    """A template of the pages folder as text. Everything is escaped except drawings."""
    jinja2 = require("jinja2", extra="plot")
    loader = jinja2.FileSystemLoader(_PAGES)
    pages = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text: str = pages.get_template(template).render(**context)
    return text


def values(report: ReportContents) -> dict[str, Any]:
    """The template's variables."""
    return {
        "title": titled(report.protocol, f"{report.rows[0].label}: {report.protocol['split']}"),
        "protocol": protocol_lines(report.protocol),
        "facts": _facts(report),
        "heads": [row.label for row in report.rows],
        "metrics": [_metric(name, report) for name in report.names],
        "level": f"{report.protocol['settings']['level']:.0%}",
        "findings": _findings(report),
        "overfitting": report.overfitting,
        "plots": report.plots,
        "charts": _charts(report),
        "map": drawing(charts.item_map(report.plots.spots)) if report.plots and report.plots.spots else None,
    }


def titled(protocol: Mapping[str, Any], title: str) -> str:
    """The title with the name of the data before it, where there is one."""
    return f"{protocol['data']}, {title}" if protocol["data"] else title


def _findings(report: ReportContents) -> list[str]:
    """The findings, with a sentence on lists against popularity first where the others have none."""
    metrics = {row.label: row.metrics for row in report.rows}
    models = [report.rows[0].label, *(label for label in report.parts if label in metrics)]
    return with_popularity(report.findings, popularity_sentence(metrics, models, report.protocol["settings"]))


def with_popularity(findings: Sequence[str], sentence: str) -> list[str]:
    """The findings after the sentence, unless one of them says the same at more length."""
    lists = sentence.partition(" are ")[0]
    return list(findings) if not sentence or any(one.startswith(lists) for one in findings) else [sentence, *findings]


def _metric(name: str, report: ReportContents) -> dict[str, Any]:
    """One metric's row of the table: its title, which direction is better, each model's cell, and the best cell."""
    cells = [
        (format_metric(name, row.metrics[name], ends=False), _ends(name, row.metrics[name]))
        if name in row.metrics
        else ("", "")
        for row in report.rows
    ]
    info = metric_name(name)
    return {"title": info.title, "better": info.better, "cells": cells, "best": _best(name, report)}


def _ends(name: str, interval: Interval) -> str:
    places = metric_name(name).decimals
    return "" if interval.low != interval.low else f"{interval.low:.{places}f} to {interval.high:.{places}f}"


def _best(name: str, report: ReportContents) -> int | None:
    better = metric_name(name).better
    found = {n: row.metrics[name].value for n, row in enumerate(report.rows) if name in row.metrics}
    if better == "neither" or len(found) < 2:
        return None
    return (min if better == "lower" else max)(found, key=found.__getitem__)


def _charts(report: ReportContents) -> list[dict[str, Any]]:
    """The charts in page order, each with a heading and a caption."""
    found = report.plots
    if found is None:
        return []
    parts = [
        _chart(
            "Predictions and true ratings",
            "Darker cells hold more ratings. A prediction on the line is exact.",
            charts.density(found.density),
        ),
        _chart("Calibration", "Mean true rating by mean prediction.", charts.calibration(found.calibration)),
    ]
    if curves := charts.learning_curves(found.curves):
        parts.insert(0, _chart("Learning curves", "RMSE after each epoch.", curves))
    if found.coverage:
        caption = "Share of true ratings inside prediction intervals. Below the line, intervals are too narrow."
        parts.append(_chart("Interval coverage", caption, charts.coverage(found.coverage)))
    if report.like_curve is not None:
        caption = "The observed share of liked items by the predicted probability of liking. The line is exact."
        parts.append(_chart("Reliability of P(like)", caption, charts.reliability(report.like_curve)))
    return [*parts, _user_chart(report), *_slice_charts(report)]


def _user_chart(report: ReportContents) -> dict[str, Any]:
    """How much the error differs between users."""
    bars = [
        charts.Bar(row.label, Interval(middle, low, high), f"{middle:.3f}")
        for row in report.rows
        if "rmse" in row.by_user
        for low, _, middle, _, high in [row.by_user["rmse"]]
    ]
    caption = "RMSE of single users. Dot: the median user. Line: from the 10 % to the 90 % quantile of users."
    svg = charts.whiskers(bars, bars[0].metric.value, "RMSE of a user", "median", "RMSE of single users")
    return _chart("Error by user", caption, svg)


def _slice_charts(report: ReportContents) -> list[dict[str, Any]]:
    test_rmse = report["rmse"].value
    groups = [(by, list(parts)) for by, parts in itertools.groupby(report.slices, key=lambda one: one.by)]
    captions = {
        "user activity": "By the user's number of training ratings.",
        "item popularity": "By the item's number of training ratings.",
        "source": "By what predictions are based on: training ratings, folded-in ratings, features, or the prior.",
    }
    return [
        _chart(f"Error by {by}", captions.get(by, ""), charts.by_part(parts, test_rmse))
        for by, parts in groups
        if len(parts) > 1
    ]


def _chart(heading: str, caption: str, svg: str) -> dict[str, Any]:
    return {"heading": heading, "caption": caption, "svg": drawing(svg)}


def drawing(svg: str) -> Any:
    """Marks a finished drawing as safe; svg.py has escaped all its texts."""
    return require("markupsafe", extra="plot").Markup(svg)


def _facts(report: ReportContents) -> list[tuple[str, str]]:
    """The footer: size of the model, settings of every model, versions, machine."""
    model = report.model
    return [
        ("Model", f"{model.get('kind', '')}: {model.get('factors', 0)} factors, {model.get('samples', 0)} samples"),
        *((f"Settings of {label}", _settings_of(parts)) for label, parts in report.parts.items()),
        *protocol_facts(report.protocol),
    ]


def _settings_of(parts: Mapping[str, Any]) -> str:
    """The settings of a model's parts, each with its kind."""
    return "; ".join(
        f"{part['kind']}: {', '.join(f'{name} {value}' for name, value in part['settings'].items()) or 'none'}"
        for part in parts.values()
    )


def protocol_facts(protocol: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Date, evaluation settings, versions and machine, for the footer."""
    return [
        ("Date", protocol["date"]),
        ("Evaluation settings", ", ".join(f"{name} {value}" for name, value in protocol["settings"].items())),
        ("Versions", ", ".join(f"{name} {value}" for name, value in protocol["versions"].items())),
        ("Machine", protocol["machine"]),
    ]
