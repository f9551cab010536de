"""The report's charts, each from plain numbers to one SVG."""

from __future__ import annotations

from collections.abc import Sequence

from penchant.evaluation.drawing import Frame, line, padded, rectangle, text
from penchant.evaluation.pictures import Density, Pictures, Spot
from penchant.evaluation.slices import Slice
from penchant.evaluation.verdict import Curve

_LINES = ("first", "second", "third", "fourth")


def learning_curves(found: Sequence[Curve]) -> list[tuple[str, str]]:
    """A heading and a chart for each figure that training recorded, its training and validation curves together."""
    groups: dict[str, list[Curve]] = {}
    for curve in found:
        groups.setdefault(curve.name.rpartition("_")[2], []).append(curve)
    return [
        (figure.upper() if figure != "loss" else figure, _curves(figure, group)) for figure, group in groups.items()
    ]


def _curves(figure: str, group: Sequence[Curve]) -> str:
    longest = max(len(curve.values) for curve in group)
    frame = Frame.of((1, max(longest, 2)), padded([v for curve in group for v in curve.values]), top=30)
    parts = [frame.axes("epoch or draw", figure)]
    for n, curve in enumerate(group):
        css = _LINES[n % len(_LINES)]
        epochs = range(1, len(curve.values) + 1)
        parts.append(frame.path(epochs, curve.values, f"curve {css}"))
        parts += [
            frame.dot(x, y, 2.5, css, f"{curve.name} {x}: {y:.4f}") for x, y in zip(epochs, curve.values, strict=True)
        ]
        parts.append(_key(frame, n, css, curve.name.replace("_", " ")))
    return frame.svg("".join(parts), f"{figure} by epoch: {', '.join(curve.name for curve in group)}")


def _key(frame: Frame, place: int, css: str, words: str) -> str:
    x = frame.x.start + 4 + place * 165
    return line(x, 14, x + 22, 14, f"curve {css}") + text(x + 28, 18.5, words, "key")


def density(found: Density) -> str:
    """Where predictions fall for each true rating, and the line they would follow if each were right on average."""
    half = (found.truths[1] - found.truths[0]) / 2
    frame = Frame.of(
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


def _cell(frame: Frame, truth: float, half: float, low: float, high: float, count: int, top: int) -> str:
    x, width = frame.x.at(truth - half), frame.x.at(truth + half) - frame.x.at(truth - half)
    y, height = frame.y.at(high), frame.y.at(low) - frame.y.at(high)
    words = f"true {truth:g}, predicted {low:.2f}–{high:.2f}: {count:,} ratings"
    return rectangle(x, y, width, height, "heat", 0.06 + 0.94 * (count / top) ** 0.5, words)


def calibration(found: Pictures) -> str:
    """Mean truth against mean prediction in equally full bins."""
    guess, actual, counts = found.calibration
    ends = padded([*guess.tolist(), *actual.tolist()])
    frame = Frame.of(ends, ends)
    dots = [
        frame.dot(g, a, 4.5, "first", f"predicted {g:.2f}, true {a:.2f}, {n:,} ratings")
        for g, a, n in zip(guess.tolist(), actual.tolist(), counts.tolist(), strict=True)
    ]
    body = frame.axes("mean prediction", "mean true rating") + frame.path(ends, ends, "ideal") + "".join(dots)
    return frame.svg(body, "Calibration: mean true rating against mean prediction")


def coverage(found: Pictures) -> str:
    """The share of truths inside the interval that promises to hold them."""
    frame = Frame.of((0, 1), (0, 1))
    promised, held = zip(*found.coverage, strict=True)
    body = frame.axes("share an interval promises", "share it held") + frame.path((0, 1), (0, 1), "ideal")
    body += frame.path(promised, held, "curve first")
    body += "".join(frame.dot(p, h, 4, "first", f"promised {p:.0%}, held {h:.1%}") for p, h in found.coverage)
    return frame.svg(body, "How often prediction intervals held the truth")


def by_part(parts: Sequence[Slice], whole: float) -> str:
    """RMSE with its interval for each part of the test, the whole test's as a line."""
    step, left = 26, 118
    height = step * len(parts) + 74
    frame = Frame.of(
        padded([end for p in parts for end in (p.rmse.low, p.rmse.high)] + [whole]), (len(parts) - 0.5, -0.5),
        height=height, left=left, right=64, top=22,
    )  # fmt: skip
    marks = "".join(_whisker(frame, row, part) for row, part in enumerate(parts))
    at = frame.x.at(whole)
    body = frame.axes("RMSE; the line is the whole test's", y_ticks=False) + line(
        at, frame.y.start, at, frame.y.end, "ideal"
    )
    body += text(frame.width - 4, 14, "ratings", "tick right")
    return frame.svg(body + marks, f"RMSE by {parts[0].by}")


def _whisker(frame: Frame, row: int, part: Slice) -> str:
    at = frame.y.at(row)
    ends = line(frame.x.at(part.rmse.low), at, frame.x.at(part.rmse.high), at, "whisker")
    words = f"{part.part}: {part.rmse.value:.3f} ({part.rmse.low:.3f}–{part.rmse.high:.3f})"
    name = part.part if len(part.part) <= 15 else part.part[:14] + "…"
    return (
        ends + frame.dot(part.rmse.value, row, 4, "first", words)
        + text(frame.x.start - 8, at + 4.5, name, "tick right")
        + text(frame.width - 4, at + 4.5, f"{part.rows:,}", "tick right")
    )  # fmt: skip


def item_map(spots: Sequence[Spot]) -> str:
    """The best-known items on two principal axes; the best known of all are named where there is room."""
    frame = Frame.of(
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
    return frame.svg(body, f"Map of the {len(spots)} best-known items", "map")


def _names(frame: Frame, spots: Sequence[Spot]) -> str:
    """Short titles beside spots, those far out and well known first, none on top of another or of the edge."""
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
    """A title without the year and what follows a comma, cut at a word."""
    words = title.partition(" (")[0].partition(",")[0]
    return words if len(words) <= 22 else words[:21].rstrip() + "…"
