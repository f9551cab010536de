"""What the sheets of graddesc.xlsx say about themselves."""

from __future__ import annotations

from collections.abc import Mapping

INTRODUCTION = (
    (
        "This workbook fits a line, y = ax + b, to {points} points by gradient descent. The best line is {line}."
        " Each optimiser has a sheet of its own. All of them start at a = {start_a:g}, b = {start_b:g}, take one point"
        " at a time and go through all points {epochs} times."
    ),
    (
        "Every number is a formula. Yellow cells may be changed: the points on the sheet Data, which all optimiser"
        " sheets read, and the settings on each sheet. The other cells follow."
    ),
    (
        "A row of an optimiser sheet is one step. It takes a and b from the row above, predicts y for one point and"
        " squares the error. Then it computes the slope of that square by a and by b: first estimated by moving each"
        " a little, then exactly by the chain rule. The row ends with the new a and b."
    ),
)

DATA = (
    "The points. Every optimiser sheet reads these cells, so a changed point changes all sheets.",
    "The best line is the least-squares line through the points; the optimisers try to find it.",
)

COMPARE = (
    "Each cell is the root mean squared error over all points. The first row is the error before the first step.",
    "Click a heading to see every step of that optimiser.",
)

HOW = (
    "Yellow cells are settings and may be changed. A row is one step: a and b before it, the prediction for one"
    " point, its squared error, the slopes, the step, and a and b after it."
)

TEXTS: Mapping[str, str] = {
    "SGD": (
        "Stochastic gradient descent: each step is minus the rate times the slope. The slope by a is x times the"
        " slope by b, so a rate that is small enough for a is far too small for b: a changes quickly, b very slowly."
    ),
    "Momentum": (
        "The velocity interpolates between the old velocity (nine tenths) and the new slope (one tenth), and starts"
        " at zero. Slopes that change sign cancel out; slopes that agree add up. The velocity needs some ten steps"
        " to reach its full size."
    ),
    "Momentum (torch)": (
        "PyTorch adds the whole new slope instead of a tenth of it. The velocity is a sum of slopes rather than a mean,"
        " ten times as large, so a tenth of the rate gives exactly the steps of the sheet Momentum. With dampening 0.9"
        " and rate 0.0001 only the first step differs: PyTorch never dampens the first slope."
    ),
    "Adagrad": (
        "Each parameter has its own rate: the slope is divided by the root of the sum of all its squares so far."
        " The sum never falls, so the steps only get shorter."
    ),
    "RMSprop": (
        "As Adagrad, with a running mean of squared slopes in place of their sum. A step is about as long as the"
        " rate, in any units of the slope."
    ),
    "Adam": (
        "Momentum and RMSprop together, in the form of the lesson's sheet: without the correction for the two means'"
        " start at zero. At a rate of 1 it takes long steps and then jumps around the best line."
    ),
    "Adam corrected": (
        "Adam as published: both means are divided by 1 - beta^step, which corrects for their start at zero. It"
        " changes the first few steps only."
    ),
    "AdamW": (
        "Adam with decoupled weight decay: after Adam's step each parameter also shrinks by rate times decay times"
        " itself. The decay is not divided by the root of the mean square, as it would be inside the slope."
    ),
    "Eve": (
        "Adam with a rate that follows the loss: when the squared error changes a lot from one step to the next, the"
        " feedback grows and the step shrinks; on a plateau the step grows."
    ),
    "Adagrad annealed": (
        "Adagrad with ten times the rate (80), and annealing: when an epoch's mean squared slope is not below that"
        " of every earlier epoch, the rate is divided by 4."
    ),
    "Adam annealed": (
        "The Adam sheet with annealing: when an epoch's mean squared slope is not below that of every earlier epoch,"
        " the steps jump over the best line instead of approaching it, and the rate is divided by 4."
    ),
}
