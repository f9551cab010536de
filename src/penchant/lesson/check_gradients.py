"""Checking a module's gradients: autograd against central differences, for any module that predicts ratings."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from penchant.foundations.errors import CallerError
from penchant.foundations.optional import require
from penchant.foundations.rng import generator
from penchant.foundations.settings import Settings, setting

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class CheckSettings(Settings):
    """The synthetic ratings of a check, and its accuracy."""

    users: int = setting(7, "users of the synthetic ratings", low=1)
    items: int = setting(5, "items of the synthetic ratings", low=1)
    batch: int = setting(24, "synthetic ratings in the loss", low=1)
    entries: int = setting(40, "how many entries of each parameter are moved", low=1)
    epsilon: float = setting(1e-6, "how far an entry is moved", above=0)
    tolerance: float = setting(1e-5, "the largest error allowed, relative to the parameter's largest slope", above=0)
    seed: int = setting(0, "of the synthetic ratings and the entries chosen", low=0)


@dataclass(frozen=True)
class ParameterCheck:
    """One parameter's slopes. error: the largest difference, relative to largest: the largest slope of them.

    moved: how many of its entries were checked. stuck: the loss does not depend on this parameter.
    """

    name: str
    shape: tuple[int, ...]
    moved: int
    largest: float
    error: float
    stuck: bool
    good: bool


def check_gradients(module: nn.Module, settings: CheckSettings | None = None) -> list[ParameterCheck]:
    """Compare the two for every parameter, in float64 and without dropout, on a copy of the module.

    The module is called as training calls it, on synthetic users and items; the loss is the squared error from
    synthetic ratings. At a kink (a ReLU at exactly 0) the check may fail although both values are correct.
    """
    require("torch", extra="torch", what="checking gradients")
    import torch

    settings = settings or CheckSettings()
    rng = generator(settings.seed)
    twin = copy.deepcopy(module).double().eval()
    loss = _loss_of(twin, settings, rng)
    named = [(name, p) for name, p in twin.named_parameters() if p.requires_grad]
    if not named:
        raise CallerError("the module has no parameter to check", where=type(module).__name__)
    found = torch.autograd.grad(loss(), [p for _, p in named], allow_unused=True)
    return [_check_one(name, p, slope, loss, settings, rng) for (name, p), slope in zip(named, found, strict=True)]


def _loss_of(module: nn.Module, settings: CheckSettings, rng: np.random.Generator) -> Any:
    """A function without arguments: the mean squared error on synthetic ratings."""
    import torch

    from penchant.training.gradient.forward_adapter import caller
    from penchant.training.gradient.losses import flat, squared_error

    call = caller(module)
    users = torch.from_numpy(rng.integers(0, settings.users, settings.batch))
    items = torch.from_numpy(rng.integers(0, settings.items, settings.batch))
    ratings = torch.from_numpy(rng.uniform(1, 5, settings.batch))

    def loss() -> Tensor:
        return squared_error(flat(call(users, items), ratings), ratings)

    return loss


def _check_one(
    name: str, parameter: Tensor, slope: Tensor | None, loss: Any, settings: CheckSettings, rng: np.random.Generator
) -> ParameterCheck:
    import torch

    size = parameter.numel()
    chosen = np.sort(rng.permutation(size)[: settings.entries])
    exact = np.zeros(size) if slope is None else slope.detach().reshape(-1).numpy()
    entries = parameter.data.view(-1)
    estimated = np.zeros(len(chosen))
    with torch.no_grad():
        # rounding leaves about 1e-16 / epsilon of the loss in each estimate, for slopes of any size
        floor = 1e-15 / settings.epsilon * max(1.0, float(loss()))
        for position, entry in enumerate(chosen.tolist()):
            kept = float(entries[entry])
            ends = []
            for moved in (kept + settings.epsilon, kept - settings.epsilon):
                entries[entry] = moved
                ends.append(float(loss()))
            entries[entry] = kept
            estimated[position] = (ends[0] - ends[1]) / (2 * settings.epsilon)
    largest = max(float(np.abs(exact).max(initial=0.0)), float(np.abs(estimated).max(initial=0.0)))
    difference = float(np.abs(exact[chosen] - estimated).max(initial=0.0))
    error = difference / max(largest, floor)
    good = difference <= settings.tolerance * largest + floor
    return ParameterCheck(name, tuple(parameter.shape), len(chosen), largest, error, slope is None, good)
