"""What the sheets of graddesc.xlsx say about themselves."""

from __future__ import annotations

from collections.abc import Mapping

COMPARE = (
    (
        "The line through {points} points is {line}. Every sheet starts at a = {start_a:g}, b = {start_b:g}, takes the"
        " points one at a time, all of them {epochs} times over, and tries to find that line. Each cell below is the"
        " root mean squared error over all points."
    ),
    (
        "Click a heading to see every step of it. All numbers are formulas: change a yellow cell on a sheet (the"
        " rate, the start, a point) and the way down changes, here too."
    ),
)

HOW = (
    "Yellow cells are yours to change. A row is one step: it takes a and b from the row above, predicts y for"
    " one point, squares the error, finds the slope of that square by a and by b (estimated by moving each a"
    " little, then exactly by the chain rule), and ends in the new a and b."
)

TEXTS: Mapping[str, str] = {
    "SGD": (
        "Stochastic gradient descent: each step is minus the rate times the slope. The slope by a is x times as"
        " steep as the slope by b, so a rate small enough for a is far too small for b: a is good after one epoch,"
        " b crawls."
    ),
    "Momentum": (
        "A ball rolls on: the velocity is nine tenths of the old velocity and one tenth of the new slope. Jumps"
        " to and fro cancel; what all points agree on adds up. It overshoots at first."
    ),
    "Adagrad": (
        "Each parameter has its own rate: the slope is divided by the root of the sum of all its squares so far."
        " The sum never falls, so the steps only get shorter."
    ),
    "RMSprop": (
        "Adagrad with a short memory: a running mean of squared slopes in place of their sum. A step is about as"
        " long as the rate, whatever the units of the slope."
    ),
    "Adam": (
        "Momentum and RMSprop together, as the lesson's sheet has it: without the correction for the two means'"
        " start at zero. At a rate of 1 it strides quickly and then jumps about the answer."
    ),
    "Adam corrected": (
        "Adam as published: both means are divided by 1 - beta^step, which undoes their start at zero. It matters"
        " for the first few steps only."
    ),
    "AdamW": (
        "Adam with decoupled weight decay: beside Adam's step each parameter shrinks by rate times decay times"
        " itself. The decay is not divided by the root of the mean square, as it would be inside the slope."
    ),
    "Eve": (
        "Adam that listens to the loss: when the squared error changes a lot from one step to the next, the"
        " feedback grows and the step shrinks; on a plateau it goes the other way."
    ),
    "Adagrad annealed": (
        "Adagrad started ten times too fast (80), with a brake: when an epoch's mean squared slope is not below"
        " that of every epoch before, the rate is divided by 4."
    ),
    "Adam annealed": (
        "The Adam sheet with a brake: when an epoch's mean squared slope is not below that of every epoch before,"
        " it is jumping over the answer rather than nearing it, and the rate is divided by 4."
    ),
}
