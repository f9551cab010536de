"""The gradient-descent lab: a line y = a·x + b fitted one point at a time, with every number of every step."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import DataError
from penchant.foundations.settings import Settings, setting
from penchant.lesson.display import Summarized, Table
from penchant.lesson.optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Array,
    Eve,
    Momentum,
    Optimizer,
    RMSprop,
    State,
    TorchMomentum,
)


@dataclass(frozen=True)
class DescentSettings(Settings):
    """How a descent runs."""

    epochs: int = setting(10, "how many times all points are used", low=1)
    start_a: float = setting(1.0, "the first a")
    start_b: float = setting(1.0, "the first b")
    epsilon: float = setting(0.01, "how far finite differences move a parameter", above=0)
    annealing: float = setting(
        1.0, "what the rate is divided by after an epoch whose mean squared slope did not fall", low=1
    )


@dataclass(frozen=True, repr=False)
class LinePoints(Summarized):
    """Points on (or near) a line. x, y: (N,)."""

    x: Array
    y: Array

    def __post_init__(self) -> None:
        if self.x.shape != self.y.shape or self.x.ndim != 1 or not len(self.x):
            raise DataError(f"x of shape {self.x.shape} and y of shape {self.y.shape} do not give points")

    def best(self) -> tuple[float, float]:
        """a and b of the least-squares line; of a single point the level line through it."""
        if len(np.unique(self.x)) < 2:
            return 0.0, float(self.y.mean())
        a, b = np.polyfit(self.x, self.y, 1)
        return float(a), float(b)

    def rmse(self, at: Array) -> Array:
        """The root mean squared error over all points at parameters (..., 2), shape (...)."""
        errors = at[..., :1] * self.x + at[..., 1:] - self.y
        return np.asarray(np.sqrt((errors**2).mean(axis=-1)))

    def summary(self) -> str:
        a, b = self.best()
        return f"{len(self.x)} points, best line y = {a:.4g}x + {b:.4g}"


@dataclass(frozen=True, repr=False)
class Trace(Summarized):
    """Every number of a descent, one row for each step; T = epochs · N steps, two parameters (a, b).

    epoch, x, y, prediction, squared_error, learning_rate, feedback: (T,). at, estimated, slope, first, second, step,
    after: (T, 2). rmse: (epochs + 1,) over all points, before the first and after each epoch.
    mean_square_slope, lowest_so_far: (epochs,) the mean squared slope of an epoch, and the lowest up to it.
    """

    epoch: NDArray[np.int64]
    x: Array
    y: Array
    at: Array
    prediction: Array
    squared_error: Array
    estimated: Array
    slope: Array
    first: Array
    second: Array
    feedback: Array
    learning_rate: Array
    step: Array
    after: Array
    rmse: Array
    mean_square_slope: Array
    lowest_so_far: Array

    def summary(self) -> str:
        a, b = self.after[-1]
        return f"{len(self.x)} steps to a = {a:.4g}, b = {b:.4g}, RMSE {self.rmse[-1]:.4g}"

    def table(self) -> Table:
        return ("after epoch", "RMSE"), list(enumerate(self.rmse.tolist()))


def points(*, a: float = 2.0, b: float = 30.0, count: int = 29, seed: int = 5) -> LinePoints:
    """The lesson's problem: `count` whole-numbered x below 100 and y = a·x + b exactly."""
    x = np.random.default_rng(seed).permutation(np.arange(1, 100))[:count].astype(np.float64)
    return LinePoints(x, a * x + b)


def squared_error(x: float, y: float, at: Array) -> float:
    """The loss at one point."""
    return float((at[0] * x + at[1] - y) ** 2)


def slopes(x: float, y: float, at: Array) -> Array:
    """The loss's derivatives by a and b, (2,), by the chain rule: 2·error times x and times 1."""
    error = at[0] * x + at[1] - y
    return np.array([2 * error * x, 2 * error])


def estimated_slopes(x: float, y: float, at: Array, epsilon: float) -> Array:
    """The same by finite differences: how much the loss changes when one parameter moves by epsilon."""
    moved = [squared_error(x, y, at + epsilon * axis) for axis in np.eye(2)]
    return (np.array(moved) - squared_error(x, y, at)) / epsilon


def descend(line: LinePoints, optimizer: Optimizer, settings: DescentSettings | None = None) -> Trace:
    """Take the points one at a time ("online"), `epochs` times, and keep every number.

    Annealing is decided after each epoch: a mean squared slope that is not below that of all epochs before shows that
    the steps jump over the best line instead of approaching it, and the rate is divided.
    """
    settings = settings or DescentSettings()
    at = np.array([settings.start_a, settings.start_b])
    state, rate = optimizer.start(at), optimizer.learning_rate
    rows: list[_Row] = []
    ends, mean_square_slope, lowest_so_far = [at], [], []
    for epoch in range(settings.epochs):
        experiment = dataclasses.replace(optimizer, learning_rate=rate)
        for x, y in zip(line.x, line.y, strict=True):
            row, state = _one_step(experiment, state, float(x), float(y), at, settings.epsilon, epoch + 1)
            rows.append(row)
            at = row.after
        ends.append(at)
        mean_square_slope.append(float(np.mean([(row.slope**2).sum() for row in rows[-len(line.x) :]])))
        lowest_so_far.append(min(mean_square_slope))
        rate = rate / settings.annealing if epoch and mean_square_slope[-1] >= lowest_so_far[-2] else rate
    columns = {f.name: np.array([getattr(row, f.name) for row in rows]) for f in dataclasses.fields(_Row)}
    return Trace(
        **columns,
        rmse=line.rmse(np.array(ends)),
        mean_square_slope=np.array(mean_square_slope),
        lowest_so_far=np.array(lowest_so_far),
    )


@dataclass(frozen=True)
class _Row:
    """One step of a trace; the fields are the trace's."""

    epoch: int
    x: float
    y: float
    at: Array
    prediction: float
    squared_error: float
    estimated: Array
    slope: Array
    first: Array
    second: Array
    feedback: float
    learning_rate: float
    step: Array
    after: Array


def _one_step(
    optimizer: Optimizer, state: State, x: float, y: float, at: Array, epsilon: float, epoch: int
) -> tuple[_Row, State]:
    slope, loss = slopes(x, y, at), squared_error(x, y, at)
    state, step = optimizer.step(state, slope, at, loss)
    row = _Row(
        epoch=epoch, x=x, y=y, at=at, prediction=float(at[0] * x + at[1]), squared_error=loss,
        estimated=estimated_slopes(x, y, at, epsilon), slope=slope, first=state.first, second=state.second,
        feedback=state.feedback, learning_rate=optimizer.learning_rate, step=step, after=at + step,
    )  # fmt: skip
    return row, state


@dataclass(frozen=True)
class Experiment:
    """An optimiser and how its descent runs."""

    optimizer: Optimizer
    settings: DescentSettings = dataclasses.field(default_factory=DescentSettings)

    def run(self, line: LinePoints) -> Trace:
        """Every number of this experiment on a line's points."""
        return descend(line, self.optimizer, self.settings)


def all_experiments(settings: DescentSettings | None = None) -> Mapping[str, Experiment]:
    """All experiments, by the name of their sheet."""
    plain = settings or DescentSettings()
    annealed = dataclasses.replace(plain, annealing=max(plain.annealing, 4.0))
    return {
        "SGD": Experiment(SGD(), plain),
        "Momentum": Experiment(Momentum(), plain),
        "Momentum (torch)": Experiment(TorchMomentum(), plain),
        "Adagrad": Experiment(Adagrad(), plain),
        "RMSprop": Experiment(RMSprop(), plain),
        "Adam": Experiment(Adam(), plain),
        "Adam corrected": Experiment(Adam(bias_correction=True), plain),
        "AdamW": Experiment(AdamW(), plain),
        "Eve": Experiment(Eve(), plain),
        "Adagrad annealed": Experiment(Adagrad(learning_rate=80.0), annealed),
        "Adam annealed": Experiment(Adam(), annealed),
    }
