"""SVG charts: a frame with axes, and marks on it. Colours are CSS classes, so that a page can theme them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Axis:
    """Maps the numbers low..high to positions start..end in the drawing."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.start)

    def ticks(self, wanted: int = 5) -> list[float]:
        """Round numbers inside the axis."""
        step = round_step((self.high - self.low) / wanted)
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def round_step(rough: float) -> float:
    """The round number (1, 2 or 5 times a power of ten) next above `rough`."""
    if rough <= 0 or not math.isfinite(rough):
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= rough * 0.999)


def padded(values: Sequence[float], share: float = 0.06) -> tuple[float, float]:
    """The range of the values with a margin on either side."""
    low, high = min(values), max(values)
    air = (high - low) * share or abs(high) * 0.1 or 1.0
    return low - air, high + air


@dataclass(frozen=True)
class PlotArea:
    """A drawing of width × height units with a plot inside its margins."""

    x: Axis
    y: Axis
    width: float
    height: float

    @classmethod
    def of(
        cls, x: tuple[float, float], y: tuple[float, float], *,
        width: float = 420, height: float = 300,
        left: float = 58, right: float = 14, top: float = 12, bottom: float = 50,
    ) -> PlotArea:  # fmt: skip
        return cls(Axis(*x, left, width - right), Axis(*y, height - bottom, top), width, height)

    def axes(self, x_name: str, y_name: str = "", *, y_ticks: bool = True) -> str:
        """Grid lines, tick labels and the names of both axes."""
        bottom, middle = self.y.start, (self.x.start + self.x.end) / 2
        parts = [self._x_tick(value) for value in self.x.ticks()]
        if y_ticks:
            parts += [self._y_tick(value) for value in self.y.ticks()]
        parts.append(line(self.x.start, bottom, self.x.end, bottom, "axis"))
        parts.append(text(middle, self.height - 8, x_name, "axis-name"))
        if y_name:
            up = (self.y.start + self.y.end) / 2
            turned = f'transform="rotate(-90 14 {up:.1f})"'
            parts.append(text(14, up, y_name, "axis-name", turned))
        return "".join(parts)

    def _x_tick(self, value: float) -> str:
        at = self.x.at(value)
        grid = line(at, self.y.start, at, self.y.end, "grid")
        return grid + text(at, self.y.start + 18, number(value, self.x), "tick")

    def _y_tick(self, value: float) -> str:
        at = self.y.at(value)
        grid = line(self.x.start, at, self.x.end, at, "grid")
        return grid + text(self.x.start - 7, at + 4.5, number(value, self.y), "tick right")

    def path(self, xs: Sequence[float], ys: Sequence[float], css: str) -> str:
        """A line through points."""
        points = " ".join(f"{self.x.at(x):.1f},{self.y.at(y):.1f}" for x, y in zip(xs, ys, strict=True))
        return f'<polyline class="{css}" points="{points}"/>'

    def dot(self, x: float, y: float, radius: float, css: str, title: str = "") -> str:
        """A point; its title is its tooltip."""
        inside = f"<title>{escape(title)}</title>" if title else ""
        return f'<circle class="{css}" cx="{self.x.at(x):.1f}" cy="{self.y.at(y):.1f}" r="{radius:g}">{inside}</circle>'

    def svg(self, body: str, label: str, kind: str = "") -> str:
        """The whole drawing. label: what it shows, for screen readers."""
        return (
            f'<svg class="chart {kind}" viewBox="0 0 {self.width:g} {self.height:g}" role="img" '
            f'aria-label="{escape(label)}">{body}</svg>'
        )


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    return f'<line class="{css}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def text(x: float, y: float, words: str, css: str, more: str = "") -> str:
    return f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" {more}>{escape(words)}</text>'


def rectangle(x: float, y: float, width: float, height: float, css: str, opacity: float, title: str) -> str:
    return (
        f'<rect class="{css}" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" '
        f'fill-opacity="{opacity:.3f}"><title>{escape(title)}</title></rect>'
    )


def number(value: float, axis: Axis) -> str:
    """A tick's label, with as many decimals as the axis needs."""
    step = round_step((axis.high - axis.low) / 5)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value + 0.0:,.{decimals}f}".replace("-", "−")
