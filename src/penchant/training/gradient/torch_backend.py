"""The PyTorch backend, for any module: batches are slices of tensors in the order of the epoch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from penchant.data.epoch_order import epoch_generator
from penchant.data.ratings import Ratings
from penchant.foundations.rng import spawn_seeds
from penchant.training.gradient.backend import State
from penchant.training.gradient.epoch_sampler import EpochSampler
from penchant.training.gradient.forward_adapter import caller
from penchant.training.gradient.losses import Loss, checked_loss, checked_value, flat, squared_error
from penchant.training.gradient.optimizers import in_one_kernel, optimizer_for
from penchant.training.gradient.settings import GradientSettings
from penchant.training.gradient.torch_devices import RandomStates, device_of, named_device
from penchant.training.gradient.torch_state import load_state, read_state

_PREDICT_ROWS = 65_536


class TorchBackend:
    """Steps of any module and any torch optimiser, on the device of the module's parameters.

    The rows are moved to that device once, and the losses come back once for each call of `advance`: no step waits for
    the device. On the CPU the same seed gives the same bits. One thread is used, which is also the fastest for batches
    of embeddings. Every call restores PyTorch's random states and thread count.
    clip: the highest norm of the gradient, 0 for no limit. threads: for large modules. epoch_sampler: the order of the
    epochs; None for one shuffle of all ratings.
    Raises ModelShapeError before the first step if the module's output does not fit the ratings.
    """

    def __init__(
        self,
        module: nn.Module,
        ratings: Ratings,
        optimizer: torch.optim.Optimizer,
        batch_size: int,
        *,
        loss: Loss = squared_error,
        clip: float = 0.0,
        threads: int = 1,
        epoch_sampler: EpochSampler | None = None,
    ) -> None:
        self.module, self.optimizer, self.batch_size = module, optimizer, batch_size
        self._loss, self._clip, self._threads, self._call = checked_loss(loss), clip, threads, caller(module)
        self._visiting = epoch_sampler or EpochSampler(len(ratings))
        self.device = device_of(module)
        self._users, self._items = self._indices(ratings.user_numbers), self._indices(ratings.item_numbers)
        self._ratings = torch.from_numpy(ratings.values.copy()).to(self.device)
        self._shuffled = (self._users, self._items, self._ratings)
        self._random = RandomStates(self.device)
        self._check_shape()

    @property
    def rows(self) -> int:
        return len(self._ratings)

    def _check_shape(self) -> None:
        size = min(self.batch_size, self.rows)
        flat(self._without_gradient(self._users[:size], self._items[:size]), self._ratings[:size])

    def begin(self, run_seed: int, epoch: int) -> None:
        order = torch.from_numpy(self._visiting.order(run_seed, epoch)).to(self.device)
        self._shuffled = (self._users[order], self._items[order], self._ratings[order])
        self._random.seeded(int(spawn_seeds(epoch_generator(run_seed, epoch), 1)[0]))

    def advance(self, first: int, rates: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.steps(first, rates).cpu().double().numpy()

    def steps(self, first: int, rates: NDArray[np.float64]) -> Tensor:
        """As `advance`, but the losses (C,) stay on the device, which may not have finished the steps yet."""
        self.module.train()
        losses = []
        with torch_threads(self._threads), self._random.used(), in_one_kernel(self.optimizer):
            for n, rate in enumerate(rates.tolist(), start=first):
                losses.append(self._step(slice(n * self.batch_size, (n + 1) * self.batch_size), rate))
        return torch.stack(losses) if losses else torch.empty(0)

    def _step(self, span: slice, rate: float) -> Tensor:
        users, items, ratings = (tensor[span] for tensor in self._shuffled)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get("rate_share", 1.0)
        self.optimizer.zero_grad()
        loss = checked_value(self._loss(flat(self._call(users, items), ratings), ratings))
        loss.backward()  # type: ignore[no-untyped-call]
        if self._clip:
            nn.utils.clip_grad_norm_(self.module.parameters(), self._clip)
        self.optimizer.step()
        return loss.detach()

    def predict(self, user_numbers: NDArray[np.int32], item_numbers: NDArray[np.int32]) -> NDArray[np.float32]:
        parts = []
        for first in range(0, len(user_numbers), _PREDICT_ROWS):
            span = slice(first, first + _PREDICT_ROWS)
            users, items = self._indices(user_numbers[span]), self._indices(item_numbers[span])
            parts.append(flat(self._without_gradient(users, items), users).cpu())
        return torch.cat(parts).numpy() if parts else np.empty(0, np.float32)

    def _without_gradient(self, users: Tensor, items: Tensor) -> Tensor:
        """A forward pass in evaluation mode without gradients; the module's mode is restored."""
        was_training = self.module.training
        self.module.eval()
        with torch_threads(self._threads), torch.no_grad():
            predicted = self._call(users, items)
        self.module.train(was_training)
        return predicted

    def _indices(self, numbers: NDArray[np.int32]) -> Tensor:
        return torch.from_numpy(numbers.astype(np.int64)).to(self.device)

    def state(self) -> State:
        return read_state(self.module, self.optimizer)

    def restore(self, state: State) -> None:
        load_state(self.module, self.optimizer, state)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """A context in which PyTorch uses `count` threads.

    On two busy cores, two threads mostly wait for each other: a step took 25 ms, and 2.4 ms with one thread.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def module_backend(module: nn.Module, ratings: Ratings, settings: GradientSettings) -> TorchBackend:
    """The torch backend of a module with the given settings, on their device."""
    module = module.to(named_device(settings.device))
    return TorchBackend(
        module,
        ratings,
        optimizer_for(module, settings, len(ratings)),
        settings.batch_size,
        clip=settings.clip,
        epoch_sampler=EpochSampler.of(ratings, settings),
    )
