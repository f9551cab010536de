"""The numba backend for the two dot models: the same steps as PyTorch's, many times faster."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.foundations.threads import available_threads, overloaded
from penchant.models.initialization import Floats
from penchant.training.gradient.backend import State
from penchant.training.gradient.epoch_sampler import EpochSampler
from penchant.training.gradient.initial_parameters import DotStart
from penchant.training.gradient.settings import GradientSettings
from penchant.training.kernels.prefetch import reorder
from penchant.training.kernels.sgd_batches import alone, in_parallel
from penchant.training.kernels.sgd_predict import predict
from penchant.training.kernels.sgd_rows import Rule, SideArrays, corrections

_MOST_OWNERS = 8
"""The highest number of threads: each reads the whole batch to find its own rows, so more threads gain nothing."""

_WORTH_A_WAIT = 1_000_000
"""A step must read or write this many numbers for a second thread to be faster. The thread costs two waits a step, of
20 µs on idle cores and a whole time slice on busy ones."""

BIASED = {"users.vectors": "users.vectors.weight", "items.vectors": "items.vectors.weight",
          "users.bias": "users.bias.weight", "items.bias": "items.bias.weight", "mean": "mean_bias"}  # fmt: skip
BARE = {"users.vectors": "user_vectors.weight", "items.vectors": "item_vectors.weight"}
"""The names of the arrays in the state of the torch module with the same parameters."""


class NumbaBackend:
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
        room = min(self.batch_size, len(ratings))
        self._users = side_arrays(start.user_vectors, start.user_bias, self._owners, room)
        self._items = side_arrays(start.item_vectors, start.item_bias, self._owners, room)
        self._mean = np.array([start.mean, 0.0, 0.0, 0.0], np.float32)
        self._bounds = (np.float32(bounds[0]), np.float32(bounds[1])) if bounds else (np.float32(0), np.float32(0))
        self._table = corrections(settings.momentum, settings.second_momentum)
        self._ratings = (ratings.user_numbers, ratings.item_numbers, ratings.values)
        self._shuffled = (ratings.user_numbers.copy(), ratings.item_numbers.copy(), ratings.values.copy())
        self._visiting = EpochSampler.of(ratings, settings)
        self._team = self._owners
        self._free_to_choose = threads is None
        self._errors, self._slopes = np.zeros(room, np.float32), np.zeros(room, np.float32)

    @property
    def rows(self) -> int:
        return len(self._ratings[2])

    def begin(self, run_seed: int, epoch: int) -> None:
        order = self._visiting.order(run_seed, epoch)
        for column, room in zip(self._ratings, self._shuffled, strict=True):
            reorder(column, order, room)
        self._team = 1 if self._free_to_choose and overloaded() else self._owners

    def advance(self, first: int, rates: NDArray[np.float64]) -> NDArray[np.float64]:
        losses = np.zeros(len(rates))
        advance = alone if self._team == 1 else in_parallel
        advance(
            *self._shuffled, self.batch_size, first, rates, self._users, self._items, self._mean, self._bounds,
            self._rule, self._table, self._team, losses, self._errors, self._slopes,
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
        """All arrays that steps change, by name; a bias is a column, as in PyTorch."""
        found: dict[str, NDArray[Any]] = {"mean": self._mean[:1], "mean_memory": self._mean[1:]}
        for side, arrays in (("users", self._users), ("items", self._items)):
            found |= {f"{side}.{name}": columns for name, columns in columns_of(arrays).items()}
        return found


def numbers_a_step(ratings: Ratings, settings: GradientSettings) -> int:
    """How many numbers a step reads or writes: three passes over the batch's rows, and one over the updated rows."""
    mentioned = 3 * min(settings.batch_size, len(ratings))
    moving = ratings.n_users + ratings.n_items if not settings.sparse_updates else mentioned
    return (mentioned + moving) * settings.factors


def rule_of(settings: GradientSettings, ratings: int, biased: bool) -> Rule:
    """The settings in the form of the kernels. ratings: the number of training ratings."""
    pull, shrink = settings.pull(ratings), settings.shrink
    on_biases = 1.0 if settings.decay_biases else 0.0
    return Rule(
        adam=settings.optimizer == "adam",
        every=not settings.sparse_updates,
        biased=biased,
        keep=np.float32(settings.momentum),
        keep_squares=np.float32(settings.second_momentum),
        pull=np.float32(pull),
        bias_pull=np.float32(pull * on_biases),
        shrink=np.float32(shrink),
        bias_shrink=np.float32(shrink * on_biases),
    )


def side_arrays(vectors: Floats, bias: Floats, owners: int, room: int) -> SideArrays:
    """One side's arrays, with space for the rows of a batch: the parameters as given, all other numbers zero."""
    n, factors = vectors.shape
    room = min(room, n)
    arrays = SideArrays(
        np.zeros((n, 3 * factors + 4), np.float32), np.zeros((owners, room), np.int32),
        np.zeros((owners, room, factors + 1), np.float32), np.zeros(owners, np.int64), np.zeros(n, np.int32),
    )  # fmt: skip
    columns = columns_of(arrays)
    columns["vectors"][...], columns["bias"][:, 0] = vectors, bias
    return arrays


def columns_of(arrays: SideArrays) -> dict[str, Floats]:
    """Views of the parts of a side's rows, by name; a bias is a column, as in PyTorch."""
    rows, K = arrays.rows, (arrays.rows.shape[1] - 4) // 3
    found = {name: rows[:, at * K : (at + 1) * K] for at, name in enumerate(("vectors", "first", "second"))}
    found["bias"] = rows[:, 3 * K : 3 * K + 1]
    return found | {name: rows[:, 3 * K + at] for at, name in ((1, "bias_first"), (2, "bias_second"), (3, "clock"))}
