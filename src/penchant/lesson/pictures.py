"""The lab's pictures, as plotly figures of results that other modules compute."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from penchant.foundations.optional import require
from penchant.lesson.derivatives import Array, Method
from penchant.lesson.gradient_descent import LinePoints, Trace
from penchant.lesson.initial_scores import InitialScoreGrid
from penchant.lesson.one_hot import LookupComparison
from penchant.lesson.weight_decay import Sweep

_SURFACE = {"colorscale": "Greys", "reversescale": True, "colorbar": {"title": "log10 RMSE", "x": -0.2}}
_STAR = {"symbol": "star", "size": 14, "color": "#D2452D"}


def loss_per_step(traces: Mapping[str, Trace], line: LinePoints) -> Any:
    """The error over all points after every step, one line for each optimiser."""
    figure = _figure("Error over all points after each step", "step", "RMSE")
    for name, trace in traces.items():
        figure.add_scatter(y=line.rmse(trace.after).tolist(), name=name, mode="lines")
    figure.update_yaxes(type="log")
    return figure


def paths(traces: Mapping[str, Trace], line: LinePoints, *, size: int = 80, shown: int = 4) -> Any:
    """The path of each optimiser over the error surface, whose valley runs along the b axis.

    size: cells a side of the surface. shown: how many paths are visible at first; a click in the legend shows others.
    """
    best = np.array(line.best())
    places = np.concatenate([trace.after for trace in traces.values()])
    low, high = np.percentile(places, [2, 98], axis=0)  # single very long steps must not set the scale
    low, high = np.minimum(low, best), np.maximum(high, best)
    margin = 0.1 * (high - low) + 1e-3
    a, b = (np.linspace(low[p] - margin[p], high[p] + margin[p], size) for p in range(2))
    surface = np.log10(np.maximum(line.rmse(np.stack(np.meshgrid(a, b), axis=-1)), 1e-3))
    figure = _figure("Paths over the error surface", "a", "b")
    figure.add_contour(x=a.tolist(), y=b.tolist(), z=surface.tolist(), opacity=0.5, **_SURFACE)
    for position, (name, trace) in enumerate(traces.items()):
        path = np.concatenate([trace.at[:1], trace.after])
        visible = True if position < shown else "legendonly"
        figure.add_scatter(x=path[:, 0].tolist(), y=path[:, 1].tolist(), name=name, mode="lines", visible=visible)
    figure.add_scatter(x=[best[0]], y=[best[1]], name="best line", mode="markers", marker=_STAR)
    figure.update_xaxes(range=[a[0], a[-1]])
    figure.update_yaxes(range=[b[0], b[-1]])
    return figure


def slope_errors(errors: Mapping[Method, Array], epsilons: Array) -> Any:
    """The error of each kind of finite difference at each epsilon: curvature on the right, rounding on the left."""
    figure = _figure("Error of finite differences", "epsilon", "largest error, relative to the largest slope")
    for name, values in errors.items():
        shown = np.maximum(values, 1e-17)
        figure.add_scatter(x=epsilons.tolist(), y=shown.tolist(), name=name, mode="lines+markers")
    figure.update_xaxes(type="log", exponentformat="power")
    figure.update_yaxes(type="log", exponentformat="power")
    return figure


def decay_sweep(sweep: Sweep) -> Any:
    """Test RMSE over learning rate and decay, L2 in Adam on the left and AdamW on the right, on one colour scale."""
    subplots = require("plotly.subplots", extra="plot")
    figure = subplots.make_subplots(cols=2, subplot_titles=["Adam with L2 in the slopes", "AdamW"])
    ends = {"zmin": float(min(sweep.l2.min(), sweep.adamw.min())), "zmax": sweep.zero}
    for column, (decays, errors) in enumerate(
        ((sweep.l2_decays, sweep.l2), (sweep.adamw_decays, sweep.adamw)), start=1
    ):
        axes = {"x": [f"{decay:g}" for decay in decays], "y": [f"{rate:g}" for rate in sweep.learning_rates]}
        shown = {"z": errors.tolist(), "texttemplate": "%{z:.2f}", "colorscale": "Viridis_r", "showscale": column == 2}
        figure.add_heatmap(**axes, **shown, **ends, row=1, col=column)
        figure.update_xaxes(title="weight decay", type="category", row=1, col=column)
        figure.update_yaxes(title="learning rate", type="category", row=1, col=column)
    return _styled(figure, "Test RMSE after the same number of steps")


def remaining_weights(sizes: Array, l2: Array, adamw: Array) -> Any:
    """What decay alone leaves of a weight, by the size of its random slopes."""
    figure = _figure("What decay leaves of a weight of 1", "size of the random slopes", "remaining share")
    for name, left in (("L2 in Adam", l2), ("AdamW", adamw)):
        figure.add_scatter(x=sizes.tolist(), y=left.tolist(), name=name, mode="lines+markers")
    figure.update_xaxes(type="log")
    return figure


def initial_scores(grid: InitialScoreGrid) -> Any:
    """The mean initial score for every width and scale, with the standard deviation in each cell."""
    figure = _figure("The initial score of two vectors from U(0, scale)", "scale", "factors")
    cells = [
        [f"{m:.2g} ± {s:.2g}" for m, s in zip(*row, strict=True)] for row in zip(grid.mean, grid.deviation, strict=True)
    ]
    axes = {"x": [f"{high:g}" for high in grid.highs], "y": [str(width) for width in grid.widths]}
    shown = {"z": np.log10(grid.mean).tolist(), "text": cells, "texttemplate": "%{text}", "colorscale": "Blues"}
    figure.add_heatmap(**axes, **shown, showscale=False)
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="category")
    return figure


def one_hot_timing(comparisons: Sequence[LookupComparison]) -> Any:
    """Seconds to fetch the same rows by each method, by the number of rows of the table."""
    figure = _figure("The same vectors by three methods", "rows of the table", "seconds for one batch")
    for name in comparisons[0].seconds:
        seconds = [one.seconds[name] for one in comparisons]
        figure.add_scatter(x=[one.rows for one in comparisons], y=seconds, name=name, mode="lines+markers")
    figure.update_xaxes(type="log")
    figure.update_yaxes(type="log", exponentformat="power")
    return figure


def write_page(path: str | Path, title: str, figures: Sequence[tuple[str, Any]]) -> Path:
    """One self-contained HTML page: each figure below its text."""
    parts = [f"<!doctype html><meta charset='utf-8'><title>{html.escape(title)}</title><h1>{html.escape(title)}</h1>"]
    for position, (text, figure) in enumerate(figures):
        parts.append(f"<p>{html.escape(text)}</p>")
        parts.append(figure.to_html(full_html=False, include_plotlyjs=position == 0))
    style = (
        "<style>body{font-family:sans-serif;max-width:70rem;margin:2rem auto;color:#1F3044}p{max-width:45rem}</style>"
    )
    target = Path(path)
    target.write_text("\n".join([*parts[:1], style, *parts[1:]]), encoding="utf-8")
    return target


def _figure(title: str, x: str, y: str) -> Any:
    figure = require("plotly.graph_objects", extra="plot").Figure()
    figure.update_xaxes(title=x)
    figure.update_yaxes(title=y)
    return _styled(figure, title)


def _styled(figure: Any, title: str) -> Any:
    figure.update_layout(title=title, template="plotly_white", height=480, font={"color": "#1F3044"})
    return figure
