"""A module's parameters and its optimiser's state, as named arrays and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from penchant.training.gradient.backend import State

_MEMORY = "optimizer."


def read_state(module: nn.Module, optimizer: torch.optim.Optimizer) -> State:
    """Copies of all parameters and buffers by name, and of the optimiser's state as optimizer.<parameter>.<key>."""
    state: dict[str, NDArray[Any]] = {name: tensor.cpu().numpy().copy() for name, tensor in module.state_dict().items()}
    for number, memory in optimizer.state_dict()["state"].items():
        for key, value in memory.items():
            if value is not None:
                state[f"{_MEMORY}{number}.{key}"] = np.array(torch.as_tensor(value).cpu().numpy())
    return state


def load_state(module: nn.Module, optimizer: torch.optim.Optimizer, state: State) -> None:
    """Restore a state returned by `read_state`; every tensor stays on its device."""
    own = {name: torch.from_numpy(np.array(value)) for name, value in state.items() if not name.startswith(_MEMORY)}
    module.load_state_dict(own)
    memory: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in state.items():
        if name.startswith(_MEMORY):
            number, key = name.removeprefix(_MEMORY).split(".", 1)
            memory.setdefault(int(number), {})[key] = torch.from_numpy(np.array(value))
    optimizer.load_state_dict({"state": memory, "param_groups": optimizer.state_dict()["param_groups"]})
