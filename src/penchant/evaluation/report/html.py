"""The report as one self-contained page: no network, no library, light and dark."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penchant.evaluation.report import charts
from penchant.evaluation.report.protocol import protocol_lines
from penchant.evaluation.report.report import Report
from penchant.evaluation.scoring.metric_names import naming, spelled
from penchant.foundations.optional import require
from penchant.metrics.intervals import Interval

_PAGES = Path(__file__).parent / "pages"


def write_page(report: Report, path: Path) -> Path:
    """Render the report and write it; the folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render("report.html", **values(report)), encoding="utf-8")
    return path


def render(template: str, **context: Any) -> str:
    """A template of the pages folder with everything escaped but finished drawings."""
    jinja2 = require("jinja2", extra="plot")
    loader = jinja2.FileSystemLoader(_PAGES)
    pages = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text: str = pages.get_template(template).render(**context)
    return text


def values(report: Report) -> dict[str, Any]:
    """What the template shows, by name."""
    return {
        "title": f"{report.lines[0].label}: {report.protocol['split']}",
        "protocol": protocol_lines(dict(report.protocol)),
        "facts": _facts(report),
        "heads": [line.label for line in report.lines],
        "rows": _rows(report),
        "level": f"{report.protocol['measuring']['level']:.0%}",
        "verdict": report.verdict,
        "pictures": report.pictures,
        "drawn": _drawn(report),
        "map": _map(report),
    }


def _rows(report: Report) -> list[dict[str, Any]]:
    """One row a figure: its name, which way is better, each contestant's text, and which is best."""
    rows = []
    for name in report.names:
        named = naming(name)
        cells = [
            (spelled(name, line.metrics[name], ends=False), _ends(name, report, n))
            if name in line.metrics
            else ("", "")
            for n, line in enumerate(report.lines)
        ]
        rows.append({"words": named.words, "better": named.better, "cells": cells, "best": _best(name, report)})
    return rows


def _ends(name: str, report: Report, n: int) -> str:
    found, places = report.lines[n].metrics[name], naming(name).decimals
    return "" if found.low != found.low else f"{found.low:.{places}f} to {found.high:.{places}f}"


def _best(name: str, report: Report) -> int | None:
    better = naming(name).better
    have = {n: line.metrics[name].value for n, line in enumerate(report.lines) if name in line.metrics}
    if better == "neither" or len(have) < 2:
        return None
    return (min if better == "lower" else max)(have, key=have.__getitem__)


def _drawn(report: Report) -> list[dict[str, Any]]:
    """Charts in page order, each with its heading, what it says, and whether it is wide."""
    found = report.pictures
    if found is None:
        return []
    drawings = [
        *[_chart(f"Learning: {name}", "", svg) for name, svg in charts.learning_curves(found.curves)],
        _chart(
            "Prediction against truth",
            "Darker cells hold more ratings; on the line a prediction would be exactly right.",
            charts.density(found.density),
        ),
        _chart("Calibration", "Where the model says 4, are ratings 4 on average?", charts.calibration(found)),
    ]
    if found.coverage:
        words = "On the line, intervals hold the truth as often as they promise; below it they are too narrow."
        drawings.append(_chart("Honest uncertainty", words, charts.coverage(found)))
    return [*drawings, _user_chart(report), *_slice_charts(report)]


def _user_chart(report: Report) -> dict[str, Any]:
    """How much the error differs from user to user."""
    bars = [
        charts.Bar(line.label, Interval(middle, low, high), f"{middle:.3f}")
        for line in report.lines
        if "rmse" in line.by_user
        for low, _, middle, _, high in [line.by_user["rmse"]]
    ]
    words = "Each user's own RMSE: the dot is the middle user, the line holds eight users of ten."
    svg = charts.whiskers(bars, bars[0].figure.value, "RMSE of a user", "middle", "RMSE of single users")
    return _chart("Users differ", words, svg)


def _map(report: Report) -> Any:
    spots = report.pictures.spots if report.pictures else ()
    return drawing(charts.item_map(spots)) if spots else None


def _slice_charts(report: Report) -> list[dict[str, Any]]:
    whole = report["rmse"].value
    groups = [(by, list(parts)) for by, parts in itertools.groupby(report.slices, key=lambda one: one.by)]
    words = {
        "user activity": "By how many training ratings the user has.",
        "item popularity": "By how many training ratings the item has.",
        "what answers rest on": "Known rows, ratings folded in, features alone, or only the prior.",
    }
    return [
        _chart(f"Error by {by}", words.get(by, ""), charts.by_part(parts, whole))
        for by, parts in groups
        if len(parts) > 1
    ]


def _chart(heading: str, words: str, svg: str) -> dict[str, Any]:
    return {"heading": heading, "words": words, "svg": drawing(svg)}


def drawing(svg: str) -> Any:
    """Marks a finished drawing, whose every text drawing.py has escaped."""
    return require("markupsafe", extra="plot").Markup(svg)


def _facts(report: Report) -> list[tuple[str, str]]:
    """Small print: what the model is, versions, seeds, machine."""
    model = report.model
    settings = ", ".join(f"{name} {value}" for name, value in model.get("settings", {}).items())
    return [
        ("Model", f"{model.get('kind', '')}: {model.get('factors', 0)} factors, {model.get('samples', 0)} samples"),
        ("Settings", settings or "none"),
        *small_print(report.protocol),
    ]


def small_print(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How, with what and where it was measured."""
    return [
        ("Measured with", ", ".join(f"{name} {value}" for name, value in told["measuring"].items())),
        ("Versions", ", ".join(f"{name} {value}" for name, value in told["versions"].items())),
        ("Machine", told["machine"]),
    ]
