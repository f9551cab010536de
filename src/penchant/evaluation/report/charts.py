"""The report's charts, each drawn as one SVG from plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penchant.evaluation.report.plot_data import Calibration, Density, Spot
from penchant.evaluation.report.slices import Slice
from penchant.evaluation.report.svg import PlotArea, line, padded, rectangle, text
from penchant.metrics.intervals import Interval
from penchant.metrics.learning_curves import LearningCurves
from penchant.metrics.probability import Reliability


def learning_curves(curves: LearningCurves) -> str:
    """RMSE on training and validation rows after each epoch; "" where fewer than two epochs have a value."""
    shown = {"train": curves.train, "validation": curves.validation}
    points = {
        name: [(epoch, value) for epoch, value in enumerate(values.tolist(), 1) if value == value]
        for name, values in shown.items()
    }
    points = {name: found for name, found in points.items() if len(found) > 1}
    if not points:
        return ""
    frame = PlotArea.of(
        (1, max(len(curves.train), 2)), padded([y for found in points.values() for _, y in found]), top=30
    )
    parts = [frame.axes("epoch", "RMSE")]
    for n, (css, (name, found)) in enumerate(zip(("first", "second"), points.items(), strict=False)):
        parts.append(frame.path([x for x, _ in found], [y for _, y in found], f"curve {css}"))
        parts += [frame.dot(x, y, 2.5, css, f"{name} RMSE, epoch {x}: {y:.4f}") for x, y in found]
        parts.append(_key(frame, n, css, name))
    return frame.svg("".join(parts), f"RMSE by epoch: {', '.join(points)}")


def _key(frame: PlotArea, place: int, css: str, words: str) -> str:
    x = frame.x.start + 4 + place * 165
    return line(x, 14, x + 22, 14, f"curve {css}") + text(x + 28, 18.5, words, "key")


def density(found: Density) -> str:
    """The distribution of predictions for each true rating, with the line of exact predictions."""
    half = (found.truths[1] - found.truths[0]) / 2
    frame = PlotArea.of(
        (float(found.truths[0] - half), float(found.truths[-1] + half)), (float(found.edges[0]), float(found.edges[-1]))
    )
    top = max(int(found.counts.max()), 1)
    cells = [
        _cell(frame, float(truth), float(half), float(low), float(high), int(count), top)
        for truth, row in zip(found.truths, found.counts, strict=True)
        for low, high, count in zip(found.edges[:-1], found.edges[1:], row, strict=True)
        if count
    ]
    ends = [max(frame.x.low, frame.y.low), min(frame.x.high, frame.y.high)]
    body = frame.axes("true rating", "predicted") + "".join(cells) + frame.path(ends, ends, "ideal")
    return frame.svg(body, "Density of predictions against true ratings", "density")


def _cell(frame: PlotArea, truth: float, half: float, low: float, high: float, count: int, top: int) -> str:
    x, width = frame.x.at(truth - half), frame.x.at(truth + half) - frame.x.at(truth - half)
    y, height = frame.y.at(high), frame.y.at(low) - frame.y.at(high)
    words = f"true {truth:g}, predicted {low:.2f}–{high:.2f}: {count:,} ratings"
    return rectangle(x, y, width, height, "heat", 0.06 + 0.94 * (count / top) ** 0.5, words)


def calibration(found: Calibration) -> str:
    """Mean true rating by mean prediction, in bins of equal numbers of rows."""
    guess, actual, counts = found
    ends = padded([*guess.tolist(), *actual.tolist()])
    frame = PlotArea.of(ends, ends)
    dots = [
        frame.dot(g, a, 4.5, "first", f"predicted {g:.2f}, true {a:.2f}, {n:,} ratings")
        for g, a, n in zip(guess.tolist(), actual.tolist(), counts.tolist(), strict=True)
    ]
    body = frame.axes("mean prediction", "mean true rating") + frame.path(ends, ends, "ideal") + "".join(dots)
    return frame.svg(body, "Calibration: mean true rating by mean prediction")


def coverage(found: Sequence[tuple[float, float]]) -> str:
    """The coverage of prediction intervals by their nominal level."""
    frame = PlotArea.of((0, 1), (0, 1))
    levels, covered = zip(*found, strict=True)
    body = frame.axes("nominal level", "observed coverage") + frame.path((0, 1), (0, 1), "ideal")
    body += frame.path(levels, covered, "curve first")
    body += "".join(frame.dot(p, c, 4, "first", f"nominal {p:.0%}, observed {c:.1%}") for p, c in found)
    return frame.svg(body, "Observed coverage of prediction intervals by nominal level")


def reliability(found: Reliability) -> str:
    """The observed share of liked test items by the predicted probability."""
    frame = PlotArea.of((0, 1), (0, 1))
    points = list(zip(found.predicted.tolist(), found.observed.tolist(), found.counts.tolist(), strict=True))
    body = frame.axes("predicted P(like)", "observed share") + frame.path((0, 1), (0, 1), "ideal")
    body += frame.path([p for p, _, _ in points], [share for _, share, _ in points], "curve first")
    body += "".join(
        frame.dot(p, share, 4, "first", f"predicted {p:.1%}, observed {share:.1%}, {n:,} ratings")
        for p, share, n in points
    )
    return frame.svg(body, "Observed share of liked items by predicted probability")


@dataclass(frozen=True)
class Bar:
    """One row of a whisker chart: a name, a metric with its interval, and a text at the right edge."""

    name: str
    metric: Interval
    right: str


def by_part(parts: Sequence[Slice], test_rmse: float) -> str:
    """RMSE with its interval for each part of the test, and a line at the RMSE of the whole test."""
    bars = [Bar(part.part, part.rmse, f"{part.rows:,}") for part in parts]
    return whiskers(bars, test_rmse, "RMSE; dashed line: whole test", "ratings", f"RMSE by {parts[0].by}")


def whiskers(bars: Sequence[Bar], reference: float, x_name: str, right: str, label: str) -> str:
    """A row for each bar, the value as a dot on its interval; the reference as a dashed line."""
    ends = [end for bar in bars for end in (bar.metric.low, bar.metric.high) if end == end] + [reference]
    left = 16 + 8.6 * max(len(_cut(bar.name)) for bar in bars)
    frame = PlotArea.of(padded(ends), (len(bars) - 0.5, -0.5), height=26 * len(bars) + 74, left=left, right=64, top=22)
    at = frame.x.at(reference)
    body = frame.axes(x_name, y_ticks=False) + line(at, frame.y.start, at, frame.y.end, "ideal")
    body += text(frame.width - 4, 14, right, "tick right")
    return frame.svg(body + "".join(_whisker(frame, row, bar) for row, bar in enumerate(bars)), label)


def _whisker(frame: PlotArea, row: int, bar: Bar) -> str:
    at, found = frame.y.at(row), bar.metric
    words = f"{bar.name}: {found.value:.4f} ({found.low:.4f}–{found.high:.4f})"
    return (
        line(frame.x.at(found.low), at, frame.x.at(found.high), at, "whisker")
        + frame.dot(found.value, row, 4, "first", words)
        + text(frame.x.start - 8, at + 4.5, _cut(bar.name), "tick right")
        + text(frame.width - 4, at + 4.5, bar.right, "tick right")
    )


def _cut(name: str, longest: int = 18) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"


def item_map(spots: Sequence[Spot]) -> str:
    """The most rated items on two principal axes, with titles where there is room."""
    frame = PlotArea.of(
        padded([s.x for s in spots], 0.1), padded([s.y for s in spots], 0.1), width=640, height=520, left=34, right=10,
        bottom=30,
    )  # fmt: skip
    most = max(s.ratings for s in spots)
    dots = [
        frame.dot(s.x, s.y, 2.5 + 4 * (s.ratings / most) ** 0.5, "spot", f"{s.title} ({s.ratings:,} ratings)")
        for s in spots
    ]
    zero = line(frame.x.at(0), frame.y.start, frame.x.at(0), frame.y.end, "grid")
    zero += line(frame.x.start, frame.y.at(0), frame.x.end, frame.y.at(0), "grid")
    names = text((frame.x.start + frame.x.end) / 2, frame.height - 8, "first principal axis", "axis-name")
    middle = (frame.y.start + frame.y.end) / 2
    names += text(22, middle, "second principal axis", "axis-name", f'transform="rotate(-90 22 {middle:.1f})"')
    body = zero + names + "".join(dots) + _names(frame, spots)
    return frame.svg(body, f"Map of the {len(spots)} most rated items", "map")


def _names(frame: PlotArea, spots: Sequence[Spot]) -> str:
    """Short titles beside dots, outer dots first; a title that would overlap another or the edge is left out."""
    taken: list[tuple[float, float, float, float]] = []
    parts: list[str] = []
    for spot in sorted(spots, key=lambda s: -(s.x**2 + s.y**2)):
        words = short(spot.title)
        width, x, y = 5.3 * len(words), frame.x.at(spot.x), frame.y.at(spot.y)
        left = x + 8 if x + 8 + width < frame.x.end else x - 8 - width
        box = (left, y - 7, left + width, y + 5)
        if left > frame.x.start and len(parts) < 60 and not any(_overlap(box, other) for other in taken):
            taken.append(box)
            parts.append(text(left, y + 3, words, "name"))
    return "".join(parts)


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def short(title: str) -> str:
    """A title without the year and without the part after a comma, at most 22 characters."""
    words = title.partition(" (")[0].partition(",")[0]
    return words if len(words) <= 22 else words[:21].rstrip() + "…"
