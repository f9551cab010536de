"""Learning-rate schedules: functions from a position in the run, 0 to 1, to a multiple of the highest rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Curve = Callable[[float], float]
"""Position in [0, 1] -> value."""


def constant(position: float) -> float:
    """The same rate throughout."""
    return 1.0


def cosine(position: float) -> float:
    """From 1 down to 0 along half a cosine (Loshchilov and Hutter 2017, arXiv 1608.03983, equation 5, one cycle)."""
    return (1.0 + math.cos(math.pi * position)) / 2.0


def between(curve: Curve, start: float, end: float) -> Curve:
    """A curve from `start` to `end` with the shape of `curve`, which falls from 1 to 0."""
    return lambda position: end + (start - end) * curve(position)


def joined(curves: Sequence[Curve], shares: Sequence[float]) -> Curve:
    """The curves one after another, each over its share of the run."""
    total = math.fsum(shares)
    ends = np.cumsum(shares) / total

    def value(position: float) -> float:
        which = min(int(np.searchsorted(ends, position, side="right")), len(curves) - 1)
        start = ends[which - 1] if which else 0.0
        return curves[which]((position - start) / (ends[which] - start))

    return value


def one_cycle(warm_up: float = 0.25, start: float = 1 / 25, end: float = 1e-5) -> Curve:
    """Up from `start` to 1 over the share `warm_up`, then down to `end` (Smith 2018, arXiv 1803.09820)."""
    return joined([between(cosine, start, 1.0), between(cosine, 1.0, end)], [warm_up, 1.0 - warm_up])


def sgdr(cycles: Sequence[int]) -> Curve:
    """Warm restarts: a cosine for each cycle; cycles: their lengths in epochs (arXiv 1608.03983, equation 5)."""
    return joined([cosine] * len(cycles), list(cycles))


def cycle_lengths(count: int, first: int = 1, growth: int = 1) -> list[int]:
    """The lengths in epochs of `count` cycles, each `growth` times as long as the last."""
    return [first * growth**cycle for cycle in range(count)]


def cycles_within(epochs: int, first: int, growth: int) -> list[int]:
    """Cycle lengths that add up to `epochs`; the last cycle is shortened if it does not fit."""
    lengths: list[int] = []
    while (left := epochs - sum(lengths)) > 0:
        lengths.append(min(first * growth ** len(lengths), left))
    return lengths


def named(name: str, epochs: int, cycle_epochs: int, cycle_growth: int) -> Curve:
    """The curve of a setting."""
    curves: dict[str, Callable[[], Curve]] = {
        "constant": lambda: constant,
        "cosine": lambda: cosine,
        "one_cycle": one_cycle,
        "sgdr": lambda: sgdr(cycles_within(epochs, cycle_epochs, cycle_growth)),
    }
    return curves[name]()


def rates(curve: Curve, highest: float, first: int, count: int, total: int) -> NDArray[np.float64]:
    """The learning rates of steps first .. first + count - 1 in a run of `total` steps, shape (count,)."""
    return np.array([highest * curve(step / total) for step in range(first, first + count)])
