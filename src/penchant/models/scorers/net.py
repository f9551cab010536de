"""A small network on the two vectors, concatenated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import ModelShapeError
from penchant.models.rows import Floats, Rows
from penchant.models.scorers.gauss_newton import infer_row
from penchant.models.scorers.links import sigmoid
from penchant.models.scorers.row_problem import RowPosterior, RowProblem, RowUpdate
from penchant.models.scorers.scorer import SideName


@dataclass(frozen=True)
class NetScorer:
    """A small network on [user vector, item vector], with a sigmoid scaled to (low, high).

    weights: matrices (in, out), the first with K_users + K_items inputs. biases: vectors (out,). ReLU between layers.
    One sample. The two sides may have different widths; their biases are not used.
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    low: float
    high: float

    @property
    def samples(self) -> int:
        return 1

    @property
    def mean(self) -> Floats:
        return np.zeros(1, np.float32)

    @property
    def linear(self) -> bool:
        return False

    @property
    def mean_of_dots(self) -> None:
        return None

    @property
    def replaces_items(self) -> bool:
        return True

    def pairs(self, users: Rows, items: Rows) -> Floats:
        split = users.vectors.shape[2]
        hidden = users.vectors[0] @ self.weights[0][:split] + items.vectors[0] @ self.weights[0][split:]
        return self._after_first(hidden)[None]

    def linearize(self, users: Rows, items: Rows, of: SideName) -> tuple[Floats, Floats]:
        split = users.vectors.shape[2]
        hidden = users.vectors[0] @ self.weights[0][:split] + items.vectors[0] @ self.weights[0][split:]
        inputs = self._inputs_of_layers(hidden)
        share = sigmoid(inputs[-1][:, 0])
        flow = (np.float32(self.high - self.low) * share * (1 - share))[:, None]  # d rating / d output, (B, 1)
        for layer in range(len(self.weights) - 1, 0, -1):
            flow = (flow @ self.weights[layer].T) * (inputs[layer - 1] > 0)
        by_vector = flow @ (self.weights[0][:split] if of == "users" else self.weights[0][split:]).T
        expected = np.float32(self.low) + np.float32(self.high - self.low) * share
        slopes = np.concatenate([np.zeros((len(by_vector), 1), np.float32), by_vector], axis=1)
        return expected[None], slopes[None]

    def all_items(self, users: Rows, items: Rows) -> Floats:
        split = users.vectors.shape[2]
        left = users.vectors[0] @ self.weights[0][:split]  # (B, H): each side meets the first layer once
        right = items.vectors[0] @ self.weights[0][split:]  # (I, H)
        return np.stack([self._after_first(one + right) for one in left])

    def _after_first(self, hidden: Floats) -> Floats:
        output = self._inputs_of_layers(hidden)[-1][:, 0]
        expected: Floats = np.float32(self.low) + np.float32(self.high - self.low) * sigmoid(output)
        return expected

    def _inputs_of_layers(self, hidden: Floats) -> list[Floats]:
        """The output of each layer before its ReLU, from that of the first without its bias: a list of (B, H)."""
        found = [hidden + self.biases[0]]
        for weights, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            found.append(np.maximum(found[-1], 0) @ weights + bias)
        return found

    def joint_variance(self, users: Rows, items: Rows) -> Floats | float:
        return 0.0  # second derivatives are left out

    def direction(self, user: Rows, item: Rows) -> tuple[Floats, Floats, Floats]:
        expected, slopes = self.linearize(user, item, "users")
        along = slopes[:, 0]
        return along, expected[:, 0] - (along * user.joined[:, 0]).sum(axis=1), np.zeros(1, np.float32)

    def stacked(self, items: Rows) -> Floats | None:
        return None

    def stacked_users(self, users: Rows) -> Floats:
        raise ModelShapeError("a network has no stacked rows")

    def from_products(self, products: Floats) -> Floats:
        return products

    def infer(self, problem: RowProblem, row_update: RowUpdate) -> tuple[Rows, RowPosterior]:
        return infer_row(self, problem, row_update)

    def check_widths(self, users: int, items: int) -> None:
        if not self.weights or users + items != len(self.weights[0]):
            inputs = len(self.weights[0]) if self.weights else 0
            raise ModelShapeError(f"the network has {inputs} inputs, not {users} and {items}")
        shapes = [one.shape for one in self.weights]
        outputs = [one.shape[-1:] for one in self.weights]
        biased = [one[1:] for one in shapes] == [one.shape for one in self.biases]
        if not biased or [one[:1] for one in shapes[1:]] != outputs[:-1] or outputs[-1] != (1,):
            raise ModelShapeError(f"layers of shapes {shapes} do not follow each other")
        if not self.low < self.high:
            raise ModelShapeError(f"a rating cannot be from {self.low!r} to {self.high!r}")

    def one_sample(self, number: int) -> NetScorer:
        return self

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        arrays = {f"weights.{n}": w for n, w in enumerate(self.weights)}
        arrays |= {f"biases.{n}": b for n, b in enumerate(self.biases)}
        return {"scorer": "net", "low": self.low, "high": self.high, "layers": len(self.weights)}, arrays
