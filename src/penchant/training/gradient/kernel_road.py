"""The road through compiled kernels, for the two dot models: the same steps as PyTorch's, many times faster."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.batches import epoch_order, steps_in
from penchant.data.ratings import Ratings
from penchant.foundations.threads import available_threads, overloaded
from penchant.models.initialization import Floats
from penchant.training.gradient.road import State
from penchant.training.gradient.settings import GradientSettings
from penchant.training.gradient.start import DotStart
from penchant.training.kernels.sgd_batches import alone, in_parallel
from penchant.training.kernels.sgd_predict import predict
from penchant.training.kernels.sgd_rows import Rule, SideArrays, corrections

_MOST_OWNERS = 8
"""Every owner reads through the whole batch for its own rows, so that more of them soon add nothing."""

_WORTH_A_WAIT = 1_000_000
"""Numbers a step must read or write before a second thread repays its two waits: 20 µs each on idle cores, a whole
time slice on busy ones."""

BIASED = {"users.vectors": "users.vectors.weight", "items.vectors": "items.vectors.weight",
          "users.bias": "users.bias.weight", "items.bias": "items.bias.weight", "mean": "mean_bias"}  # fmt: skip
BARE = {"users.vectors": "user_vectors.weight", "items.vectors": "item_vectors.weight"}
"""Where the arrays stand in the state of the module with the same parameters."""


class KernelRoad:
    """Steps of SGD or Adam for mean + biases + dot product, through the identity or a sigmoid.

    The same seed gives the same bits on any number of threads. names: BIASED, or BARE for vectors alone.
    """

    def __init__(
        self,
        start: DotStart,
        ratings: Ratings,
        settings: GradientSettings,
        names: dict[str, str],
        bounds: tuple[float, float] | None = None,
        threads: int | None = None,
    ) -> None:
        self.batch_size, self._names, self._rule = (
            settings.batch_size,
            names,
            rule_of(settings, len(ratings), names is BIASED),
        )
        self._owners = min(threads or available_threads(), _MOST_OWNERS)
        if threads is None and numbers_a_step(ratings, settings) < _WORTH_A_WAIT:
            self._owners = 1
        self._users = side_arrays(start.user_vectors, start.user_bias, self._owners)
        self._items = side_arrays(start.item_vectors, start.item_bias, self._owners)
        self._mean = np.array([start.mean, 0.0, 0.0, 0.0], np.float32)
        self._bounds = (np.float32(bounds[0]), np.float32(bounds[1])) if bounds else (np.float32(0), np.float32(0))
        self._table = corrections(settings.momentum, settings.second_momentum)
        self._ratings = (ratings.user_numbers, ratings.item_numbers, ratings.values)
        self._shuffled = self._ratings
        self._done, self._team = 0, self._owners
        self._free_to_choose = threads is None
        room = min(self.batch_size, self.rows)
        self._errors, self._slopes = np.zeros(room, np.float32), np.zeros(room, np.float32)

    @property
    def rows(self) -> int:
        return len(self._ratings[2])

    def begin(self, run_seed: int, epoch: int) -> None:
        order = epoch_order(self.rows, run_seed, epoch)
        self._shuffled = tuple(column[order] for column in self._ratings)  # type: ignore[assignment]
        self._done = epoch * steps_in(self.rows, self.batch_size)
        self._team = 1 if self._free_to_choose and overloaded() else self._owners

    def advance(self, first: int, rates: NDArray[np.float64]) -> NDArray[np.float64]:
        losses = np.zeros(len(rates))
        advance = alone if self._team == 1 else in_parallel
        advance(
            *self._shuffled, self.batch_size, first, rates, self._users, self._items, self._mean, self._bounds,
            self._rule, self._table, self._team, self._done + first, losses, self._errors, self._slopes,
        )  # fmt: skip
        return losses

    def predict(self, user_numbers: NDArray[np.int32], item_numbers: NDArray[np.int32]) -> Floats:
        return predict(user_numbers, item_numbers, self._users, self._items, self._mean[0], self._bounds)

    def state(self) -> State:
        arrays = {name: array.copy() for name, array in self._arrays().items()}
        return {self._names.get(name, f"optimizer.{name}"): array for name, array in arrays.items()}

    def restore(self, state: State) -> None:
        for name, array in self._arrays().items():
            array[...] = state[self._names.get(name, f"optimizer.{name}")].reshape(array.shape)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        """Everything that steps change, by name; a bias stands as a column, as it does in PyTorch."""
        found: dict[str, NDArray[Any]] = {"mean": self._mean[:1], "mean_memory": self._mean[1:]}
        for side, arrays in (("users", self._users), ("items", self._items)):
            found |= {f"{side}.vectors": arrays.vectors, f"{side}.bias": arrays.bias[:, None]}
            memory = ("first", "second", "bias_first", "bias_second", "clock")
            found |= {f"{side}.{name}": getattr(arrays, name) for name in memory}
        return found


def numbers_a_step(ratings: Ratings, settings: GradientSettings) -> int:
    """How many numbers a step touches: three passes over the batch's rows, and one over the rows that move."""
    mentioned = 3 * min(settings.batch_size, len(ratings))
    moving = ratings.n_users + ratings.n_items if settings.rows == "every" else mentioned
    return (mentioned + moving) * settings.factors


def rule_of(settings: GradientSettings, ratings: int, biased: bool) -> Rule:
    """The settings as the kernels read them, for a number of training ratings."""
    pull, shrink = settings.pull(ratings), settings.shrink
    on_biases = 1.0 if settings.decay_biases else 0.0
    return Rule(
        adam=settings.optimizer == "adam",
        every=settings.rows == "every",
        biased=biased,
        keep=np.float32(settings.momentum),
        keep_squares=np.float32(settings.second_momentum),
        pull=np.float32(pull),
        bias_pull=np.float32(pull * on_biases),
        shrink=np.float32(shrink),
        bias_shrink=np.float32(shrink * on_biases),
    )


def side_arrays(vectors: Floats, bias: Floats, owners: int) -> SideArrays:
    """One side's arrays: parameters as given, everything else at zero."""
    like, line = np.zeros_like(vectors), np.zeros_like(bias)
    n = len(bias)
    return SideArrays(
        vectors.copy(), bias.copy(), like, line, like.copy(), like.copy(), line.copy(), line.copy(),
        np.full(n, -1, np.int64), np.zeros(n, np.int32), np.zeros((owners, n), np.int32), np.zeros(owners, np.int64),
    )  # fmt: skip
