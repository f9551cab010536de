"""The device of a module's parameters, and the random numbers that are drawn on it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from penchant.foundations.errors import SettingsError

CPU = torch.device("cpu")


def device_of(module: nn.Module) -> torch.device:
    """The device of the first parameter or buffer; the CPU for a module without any."""
    tensors = itertools.chain(module.parameters(), module.buffers())
    return next((tensor.device for tensor in tensors), CPU)


def named_device(name: str) -> torch.device:
    """The device of a name such as "cpu", "cuda", "cuda:1" or "mps"; raises SettingsError if this machine lacks it."""
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise SettingsError(
            f"{name!r} is not a device of PyTorch", where="device", remedy="Use 'cpu', 'cuda', 'cuda:1' or 'mps'"
        ) from error
    have = available_devices()
    index = device.index or 0
    if device.type not in have or index >= have[device.type]:
        shown = ", ".join(f"{kind} ({count})" for kind, count in have.items())
        raise SettingsError(
            f"this machine has no device {name!r}", where="device", remedy=f"PyTorch finds here: {shown}"
        )
    return device


def available_devices() -> dict[str, int]:
    """The kinds of devices that PyTorch can compute on here, and how many of each."""
    found = {"cpu": 1}
    if torch.cuda.is_available():
        found["cuda"] = torch.cuda.device_count()
    if torch.backends.mps.is_available():
        found["mps"] = 1
    return found


class RandomStates:
    """PyTorch's random states of the CPU and of one device, which a run has for itself.

    A run of its own starts from `seeded`; `used` sets the states inside a context, keeps what they became, and gives
    the caller's states back.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._module: Any = None if device.type == "cpu" else getattr(torch, device.type, None)
        if not hasattr(self._module, "set_rng_state"):
            self._module = None  # the meta device draws nothing
        self._states = self.seeded(0)

    def seeded(self, seed: int) -> list[Tensor]:
        """Seed both states; returns them."""
        devices = [CPU, self._device] if self._module is not None else [CPU]
        self._states = [torch.Generator(device).manual_seed(seed).get_state() for device in devices]
        return self._states

    @contextmanager
    def used(self) -> Iterator[None]:
        """Inside, PyTorch draws from these states."""
        before = self._now()
        self._set(self._states)
        try:
            yield
            self._states = self._now()
        finally:
            self._set(before)

    def _now(self) -> list[Tensor]:
        own = [] if self._module is None else [self._module.get_rng_state(*self._where())]
        return [torch.get_rng_state(), *own]

    def _set(self, states: list[Tensor]) -> None:
        torch.set_rng_state(states[0])
        if self._module is not None:
            self._module.set_rng_state(states[1], *self._where())

    def _where(self) -> tuple[torch.device, ...]:
        """The argument that CUDA's functions take and those of MPS, with its one device, do not need."""
        return () if self._device.type == "mps" else (self._device,)
