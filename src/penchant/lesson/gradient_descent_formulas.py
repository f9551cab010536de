"""The optimisers as spreadsheet formulas: the updates of `lesson.optimizers` in cells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from penchant.lesson.gradient_descent import Experiment, LinePoints, Trace
from penchant.lesson.gradient_descent_data import point_cell
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
    TorchMomentum,
)
from penchant.lesson.sheets import Column

PARAMETERS = ("a", "b")
SQUARES = "#,##0.000"
"""The number format of squares, which may be large."""

# {p} is a parameter, {rate} the learning rate's cell; other words are named cells of the sheet
_MEAN = "beta1*[-1:mean slope {p}]+(1-beta1)*[slope {p}]"
_MEAN_SQUARE = "beta2*[-1:mean square {p}]+(1-beta2)*[slope {p}]^2"
_FEEDBACK = (
    "IF([step]=1,1,beta3*[-1:feedback]+(1-beta3)*MIN(MAX(ABS([error²]-[-1:error²])"
    "/MAX(MIN([error²],[-1:error²]),1E-300),1/limit),limit))"
)


def state_columns(optimizer: Optimizer, trace: Trace) -> list[Column]:
    """What the optimiser remembers, a column each."""
    if isinstance(optimizer, Momentum | TorchMomentum):
        share = "(1-momentum)" if isinstance(optimizer, Momentum) else "IF([step]=1,1,1-dampening)"
        velocity = f"momentum*[-1:velocity {{p}}]+{share}*[slope {{p}}]"
        return _pair("velocity {p}", velocity, trace.first)
    if isinstance(optimizer, Adagrad):
        return _pair("sum of squares {p}", "[-1:sum of squares {p}]+[slope {p}]^2", trace.second, look=SQUARES)
    if isinstance(optimizer, RMSprop):
        return _pair("mean square {p}", _MEAN_SQUARE, trace.second, look=SQUARES)
    if isinstance(optimizer, Adam):
        feedback = [Column("feedback", _FEEDBACK, trace.feedback.tolist(), start=("1", 1.0))]
        means = _pair("mean slope {p}", _MEAN, trace.first)
        squares = _pair("mean square {p}", _MEAN_SQUARE, trace.second, look=SQUARES)
        return means + squares + (feedback if isinstance(optimizer, Eve) else [])
    return []


def step_formula(optimizer: Optimizer) -> str:
    """The step of parameter {p} from the slopes and the state."""
    if isinstance(optimizer, SGD):
        return "-{rate}*[slope {p}]"
    if isinstance(optimizer, Momentum | TorchMomentum):
        return "-{rate}*[velocity {p}]"
    if isinstance(optimizer, Adagrad):
        return "-{rate}*[slope {p}]/(SQRT([sum of squares {p}])+epsilon)"
    if isinstance(optimizer, RMSprop):
        return "-{rate}*[slope {p}]/(SQRT([mean square {p}])+epsilon)"
    mean, square = "[mean slope {p}]", "[mean square {p}]"
    if isinstance(optimizer, Adam) and optimizer.bias_correction:
        mean, square = f"{mean}/(1-beta1^[step])", f"{square}/(1-beta2^[step])"
    rate = "{rate}/[feedback]" if isinstance(optimizer, Eve) else "{rate}"
    decay = "-{rate}*weight_decay*[{p}]" if isinstance(optimizer, AdamW) else ""
    return f"-{rate}*{mean}/(SQRT({square})+epsilon){decay}"


def step_columns(experiment: Experiment, line: LinePoints, trace: Trace, rate_cells: Sequence[str]) -> list[Column]:
    """The table of steps. rate_cells: the address of each epoch's learning rate, or empty where it is constant."""
    rate = "[rate]" if rate_cells else "learning_rate"
    formula = step_formula(experiment.optimizer).replace("{rate}", rate)
    points = len(line.x)
    rates = [Column("rate", lambda row: rate_cells[row // points], trace.learning_rate.tolist(), "0.00000")]
    begin = (experiment.settings.start_a, experiment.settings.start_b)
    after = [
        _one("new {p}", "[{p}]+[step {p}]", p, trace.after, look="0.000000", start=(f"start_{p}", at))
        for p, at in zip(PARAMETERS, begin, strict=True)
    ]
    return [
        *_point_columns(points, trace),
        *_slope_columns(experiment.settings.epsilon, trace),
        *state_columns(experiment.optimizer, trace),
        *(rates if rate_cells else []),
        *_pair("step {p}", formula, trace.step),
        *after,
    ]


def _point_columns(points: int, trace: Trace) -> list[Column]:
    """The point of each step, read from the sheet of points."""
    steps = np.arange(1, len(trace.x) + 1)
    return [
        Column("epoch", "ROUNDUP([step]/COUNT(points_x),0)", trace.epoch.tolist(), "0", width=7),
        Column("step", "[-1:step]+1", steps.tolist(), "0", start=("0", 0), width=6),
        Column("x", lambda row: point_cell("x", row % points), trace.x.tolist(), "General", width=6),
        Column("y", lambda row: point_cell("y", row % points), trace.y.tolist(), "General", width=7),
    ]


def _slope_columns(epsilon: float, trace: Trace) -> list[Column]:
    """The prediction, its squared error, and the slopes by finite differences and by the chain rule."""
    moved = trace.squared_error[:, None] + epsilon * trace.estimated
    return [
        *_pair("{p}", "[-1:new {p}]", trace.at, look="0.000000"),
        Column("prediction", "[a]*[x]+[b]", trace.prediction.tolist(), "0.000"),
        Column("error²", "([prediction]-[y])^2", trace.squared_error.tolist(), SQUARES, width=12),
        Column("error² if a moves", "(([a]+nudge)*[x]+[b]-[y])^2", moved[:, 0].tolist(), SQUARES, width=12),
        Column("error² if b moves", "([a]*[x]+[b]+nudge-[y])^2", moved[:, 1].tolist(), SQUARES, width=12),
        *_pair("slope {p}, estimated", "([error² if {p} moves]-[error²])/nudge", trace.estimated, look=SQUARES),
        Column("slope a", "2*[x]*([prediction]-[y])", trace.slope[:, 0].tolist(), SQUARES),
        Column("slope b", "2*([prediction]-[y])", trace.slope[:, 1].tolist(), SQUARES),
    ]


def _pair(heading: str, formula: str, values: Array, *, look: str = "#,##0.0000") -> list[Column]:
    """A column for a and one for b; a column that continues itself starts at 0."""
    start = ("0", 0.0) if "[-1:" + heading in formula else None
    return [_one(heading, formula, p, values, look=look, start=start) for p in PARAMETERS]


def _one(
    heading: str, formula: str, p: str, values: Array, *, look: str, start: tuple[str, float] | None = None
) -> Column:
    column = values[:, PARAMETERS.index(p)].tolist()
    return Column(heading.replace("{p}", p), formula.replace("{p}", p), column, look, start=start)
