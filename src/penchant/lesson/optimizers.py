"""Reference optimisers: (state, gradient) -> (state, step), written as in their papers.

They are for reading, for the numbers in the workbook and for tests. Training uses torch's optimisers or the kernels.
Each optimiser is a frozen set of settings with one `step`. Arrays have shape (P,), one entry for each parameter;
the new parameters are `at + step`. Where torch.optim has the optimiser, the numbers are the same in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.settings import Settings, setting

Array = NDArray[np.float64]


class State(NamedTuple):
    """What an optimiser remembers between two steps.

    steps: how many were taken. first: (P,) running mean or sum of gradients. second: (P,) the same of their squares.
    feedback: what Eve divides the rate by. loss: the loss at the step before.
    """

    steps: int
    first: Array
    second: Array
    feedback: float = 1.0
    loss: float = 0.0


@dataclass(frozen=True)
class Optimizer(Settings):
    """The parent of all optimisers."""

    learning_rate: float = setting(1e-4, "how far one step goes along the (scaled) slope", above=0)

    def start(self, parameters: Array) -> State:
        """The state before the first step."""
        return State(0, np.zeros_like(parameters), np.zeros_like(parameters))

    def step(self, state: State, gradient: Array, at: Array, loss: float) -> tuple[State, Array]:
        """The next state and the step to add to the parameters.

        gradient: (P,) at the parameters `at` (P,), where the loss is `loss`. Most optimisers look at the gradient only.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent: step = -rate · gradient."""

    def step(self, state: State, gradient: Array, at: Array, loss: float) -> tuple[State, Array]:
        return state._replace(steps=state.steps + 1), -self.learning_rate * gradient


@dataclass(frozen=True)
class Momentum(Optimizer):
    """The lesson's momentum: the velocity is a running mean of slopes that starts at zero.

    velocity = momentum · velocity + (1 - momentum) · slope: between the old velocity and the new slope.
    """

    momentum: float = setting(0.9, "the share of the velocity that survives a step", low=0, high=1)

    def step(self, state: State, gradient: Array, at: Array, loss: float) -> tuple[State, Array]:
        velocity = self.momentum * state.first + (1 - self.momentum) * gradient
        return state._replace(steps=state.steps + 1, first=velocity), -self.learning_rate * velocity


@dataclass(frozen=True)
class TorchMomentum(Optimizer):
    """Momentum as torch.optim.SGD has it (Polyak 1964): velocity = momentum · velocity + (1 - dampening) · slope.

    Without dampening the velocity is a sum, 1 / (1 - momentum) times the lesson's mean: a rate smaller by that factor
    gives the very same steps. The first velocity is the whole slope, also where dampening reduces all later slopes.
    """

    learning_rate: float = setting(1e-5, "how far one step goes along the velocity", above=0)
    momentum: float = setting(0.9, "the share of the velocity that survives a step", low=0, high=1)
    dampening: float = setting(0.0, "the share of each slope, after the first, that is left out", low=0, high=1)

    def step(self, state: State, gradient: Array, at: Array, loss: float) -> tuple[State, Array]:
        fresh = gradient if state.steps == 0 else (1 - self.dampening) * gradient
        velocity = self.momentum * state.first + fresh
        return state._replace(steps=state.steps + 1, first=velocity), -self.learning_rate * velocity


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """A learning rate for each parameter, which falls as its squared slopes add up (Duchi et al. 2011)."""

    learning_rate: float = setting(8.0, "how far the first step goes, in units of the parameter", above=0)
    epsilon: float = setting(1e-10, "keeps the division finite", low=0)

    def step(self, state: State, gradient: Array, at: Array, loss: float) -> tuple[State, Array]:
        total = state.second + gradient**2
        step = -self.learning_rate * gradient / (np.sqrt(total) + self.epsilon)
        return state._replace(steps=state.steps + 1, second=total), step


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Adagrad with a running mean of squared slopes in place of their sum (Hinton 2012, lecture 6e)."""

    learning_rate: float = setting(0.1, "how far a step goes, in units of the parameter", above=0)
    beta2: float = setting(0.9, "the share of the mean square that survives a step", low=0, high=1)
    epsilon: float = setting(1e-8, "keeps the division finite", low=0)

    def step(self, state: State, gradient: Array, at: Array, loss: float) -> tuple[State, Array]:
        square = self.beta2 * state.second + (1 - self.beta2) * gradient**2
        step = -self.learning_rate * gradient / (np.sqrt(square) + self.epsilon)
        return state._replace(steps=state.steps + 1, second=square), step


@dataclass(frozen=True)
class Adam(Optimizer):
    """Momentum divided by the root of RMSprop's mean square (Kingma and Ba 2015, algorithm 1).

    Both means start at zero and are too small at first; dividing by 1 - beta^t corrects that. The lesson's spreadsheet
    has no such correction, so it is a setting here.
    """

    learning_rate: float = setting(1.0, "how far a step goes, in units of the parameter", above=0)
    beta1: float = setting(0.7, "the share of the mean slope that survives a step", low=0, high=1)
    beta2: float = setting(0.9, "the share of the mean square that survives a step", low=0, high=1)
    epsilon: float = setting(1e-8, "keeps the division finite", low=0)
    bias_correction: bool = setting(False, "whether the means are scaled up for their start at zero")

    def step(self, state: State, gradient: Array, at: Array, loss: float) -> tuple[State, Array]:
        state = self.moments(state, gradient)
        return state, -self.learning_rate * self.direction(state)

    def moments(self, state: State, gradient: Array) -> State:
        """The state with both running means moved on by one gradient."""
        first = self.beta1 * state.first + (1 - self.beta1) * gradient
        second = self.beta2 * state.second + (1 - self.beta2) * gradient**2
        return state._replace(steps=state.steps + 1, first=first, second=second)

    def direction(self, state: State) -> Array:
        """The mean slope in units of its own root mean square, (P,); the step is -rate times this."""
        first_scale = 1 - self.beta1**state.steps if self.bias_correction else 1.0
        second_scale = 1 - self.beta2**state.steps if self.bias_correction else 1.0
        return state.first / first_scale / (np.sqrt(state.second / second_scale) + self.epsilon)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).

    Weight decay inside the gradient (L2) is divided by the root mean square of the slopes, so parameters with steep
    slopes decay very little. Here each step shrinks every parameter by the same share, rate · decay.
    """

    weight_decay: float = setting(1e-3, "the share of each parameter, times the rate, taken off at each step", low=0)

    def step(self, state: State, gradient: Array, at: Array, loss: float) -> tuple[State, Array]:
        state, step = super().step(state, gradient, at, loss)
        return state, step - self.learning_rate * self.weight_decay * at


@dataclass(frozen=True)
class Eve(Adam):
    """Adam with a rate that follows the loss, lower while the loss changes much (Koushik and Hayashi 2016).

    arXiv 1611.01505, algorithm 1, with the lowest possible loss taken as 0.
    """

    beta3: float = setting(0.9, "the share of the feedback that survives a step", low=0, high=1)
    limit: float = setting(10.0, "the feedback of one step stays between 1/limit and limit", low=1)

    def step(self, state: State, gradient: Array, at: Array, loss: float) -> tuple[State, Array]:
        feedback = self.feedback(state, loss)
        state = self.moments(state, gradient)._replace(feedback=feedback, loss=loss)
        return state, -self.learning_rate / feedback * self.direction(state)

    def feedback(self, state: State, loss: float) -> float:
        """What this step is divided by: a running mean of the loss's relative change, 1 at the first step."""
        if state.steps == 0:
            return 1.0
        smaller = max(min(loss, state.loss), 1e-300)
        change = min(max(abs(loss - state.loss) / smaller, 1 / self.limit), self.limit)
        return self.beta3 * state.feedback + (1 - self.beta3) * change


def minimize(
    optimizer: Optimizer, loss: Any, gradient: Any, start: Array, *, steps: int, weight_decay: float = 0.0
) -> tuple[Array, Array]:
    """Take `steps` steps of an optimiser on loss(parameters) with the slopes gradient(parameters).

    weight_decay: added to the slopes as decay · parameters, which is L2 regularisation.
    Returns the parameters, (steps + 1, P), and the loss at each of them, (steps + 1,).
    """
    path, state = [np.asarray(start, dtype=np.float64)], optimizer.start(np.asarray(start, dtype=np.float64))
    losses = [float(loss(path[0]))]
    for _ in range(steps):
        slope = gradient(path[-1]) + weight_decay * path[-1]
        state, step = optimizer.step(state, slope, path[-1], losses[-1])
        path.append(path[-1] + step)
        losses.append(float(loss(path[-1])))
    return np.stack(path), np.array(losses)
