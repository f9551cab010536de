"""Heads: how a user row and an item row become a rating."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import ModelShapeError
from penchant.models.sides import Floats, Rows

Link = Literal["identity", "sigmoid", "ordered_probit"]
SideName = Literal["users", "items"]


class Head(Protocol):
    """Turns rows into expected ratings, draw by draw."""

    @property
    def draws(self) -> int: ...

    def pairs(self, users: Rows, items: Rows) -> Floats:
        """The expected rating of B pairs in each draw, shape (S, B); a side has B rows, or one for all pairs."""

    def table(self, users: Rows, items: Rows) -> Floats:
        """The expected rating, averaged over draws, of every user row with every item row, shape (B, I)."""

    def tangent(self, users: Rows, items: Rows, of: SideName) -> tuple[Floats, Floats]:
        """The expected ratings of B pairs, (S, B), and their derivatives by [bias, vector] of one side, (S, B, D)."""

    def one_draw(self, number: int) -> Head:
        """The head of one draw alone."""

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """JSON values and arrays from which `head_from_parts` builds the same head."""


@dataclass(frozen=True)
class DotHead:
    """mean + user bias + item bias + user vector · item vector, through a link.

    mean: (S,). link: "identity"; "sigmoid" squeezes the score into (low, high); "ordered_probit" takes the expectation
    over `levels` (C,) with cut points (S, C - 1) on a score of unit noise (Albert and Chib 1993, section 4).
    """

    mean: Floats
    link: Link = "identity"
    low: float = 0.0
    high: float = 1.0
    levels: Floats | None = None
    cutpoints: Floats | None = None

    @property
    def draws(self) -> int:
        return len(self.mean)

    def pairs(self, users: Rows, items: Rows) -> Floats:
        return self.linked(self.scores(users, items))

    def scores(self, users: Rows, items: Rows) -> Floats:
        """What the link is applied to, shape (S, B)."""
        dots: Floats = np.einsum("sbk,sbk->sb", users.vectors, items.vectors, optimize=False)
        return self.mean[:, None] + users.bias + items.bias + dots

    def table(self, users: Rows, items: Rows) -> Floats:
        if self.link == "identity":
            left, right = self.stacked(users, items)
            product: Floats = left @ right.T
            return product
        total = np.zeros((len(users), len(items)), dtype=np.float32)
        for s in range(self.draws):
            scores = users.vectors[s] @ items.vectors[s].T  # (B, I)
            scores += self.mean[s] + users.bias[s][:, None] + items.bias[s]
            total += self.linked(scores, draw=s)
        return total / np.float32(self.draws)

    def tangent(self, users: Rows, items: Rows, of: SideName) -> tuple[Floats, Floats]:
        scores = self.scores(users, items)
        by_score = with_ones((items if of == "users" else users).vectors)
        if self.link == "identity":
            return scores, np.broadcast_to(by_score, (*scores.shape, by_score.shape[2]))
        return self.linked(scores), self.slopes(scores)[:, :, None] * by_score

    def stacked(self, users: Rows, items: Rows) -> tuple[Floats, Floats]:
        """The draws side by side, so that the mean score over draws is one dot product: (B, W) and (I, W)."""
        return stack_users(users, self.mean), stack_items(items)

    def linked(self, scores: Floats, draw: int | None = None) -> Floats:
        """Expected ratings from scores; scores are (S, ...), or those of one draw when `draw` is given."""
        if self.link == "identity":
            return scores
        if self.link == "sigmoid":
            expected: Floats = np.float32(self.low) + np.float32(self.high - self.low) * sigmoid(scores)
            return expected
        return self._expected_level(scores, draw)

    def slopes(self, scores: Floats) -> Floats:
        """The derivative of the expected rating by the score, both (S, ...)."""
        if self.link == "identity":
            return np.ones_like(scores)
        if self.link == "sigmoid":
            share = sigmoid(scores)
            slope: Floats = np.float32(self.high - self.low) * share * (1 - share)
            return slope
        return self._over_levels(lambda x: np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi), scores, None)

    def _expected_level(self, scores: Floats, draw: int | None) -> Floats:
        from scipy.special import ndtr

        return np.float32(0 if self.levels is None else self.levels[0]) + self._over_levels(ndtr, scores, draw)

    def _over_levels(self, function: Any, scores: Floats, draw: int | None) -> Floats:
        """The sum over cut points of the step between two levels times function(score - cut point)."""
        if self.cutpoints is None or self.levels is None:
            raise ModelShapeError("an ordered-probit head needs levels and cut points")
        total = np.zeros(scores.shape, dtype=np.float32)
        for c, step in enumerate(np.diff(self.levels)):
            cuts = self.cutpoints[:, c].reshape(-1, *[1] * (scores.ndim - 1))  # (S, 1, ...)
            total += step * function(scores - (cuts if draw is None else self.cutpoints[draw, c]))
        return total

    def one_draw(self, number: int) -> DotHead:
        at = slice(number, number + 1)
        return replace(self, mean=self.mean[at], cutpoints=None if self.cutpoints is None else self.cutpoints[at])

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        arrays = {"mean": self.mean, "levels": self.levels, "cutpoints": self.cutpoints}
        return (
            {"head": "dot", "link": self.link, "low": self.low, "high": self.high},
            {name: array for name, array in arrays.items() if array is not None},
        )


@dataclass(frozen=True)
class ItemItemHead(DotHead):
    """A dot product whose user vector says which items were chosen, so that an item's vector weighs the others.

    spread: (K,), the diagonal of (XᵀX + λI)⁻¹, with which the regression that made the items' vectors can be solved
    for one more item.
    """

    spread: Floats = field(default_factory=lambda: np.zeros(0, np.float32))

    def table(self, users: Rows, items: Rows) -> Floats:
        from scipy.sparse import csr_array

        chosen, weights = csr_array(users.vectors[0]), items.vectors[0].T
        scores: Floats = chosen @ weights
        return scores + self.mean[0] + users.bias[0][:, None] + items.bias[0]

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        return {"head": "item_item"}, {"mean": self.mean, "spread": self.spread}


@dataclass(frozen=True)
class NetHead:
    """A small network on [user vector, item vector], its output squeezed into (low, high).

    weights: matrices (in, out), the first with K_users + K_items inputs. biases: vectors (out,). ReLU between layers.
    One draw. The two sides may have different widths; their biases are not used.
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    low: float
    high: float

    @property
    def draws(self) -> int:
        return 1

    def pairs(self, users: Rows, items: Rows) -> Floats:
        split = users.vectors.shape[2]
        hidden = users.vectors[0] @ self.weights[0][:split] + items.vectors[0] @ self.weights[0][split:]
        return self._after_first(hidden)[None]

    def tangent(self, users: Rows, items: Rows, of: SideName) -> tuple[Floats, Floats]:
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

    def table(self, users: Rows, items: Rows) -> Floats:
        split = users.vectors.shape[2]
        left = users.vectors[0] @ self.weights[0][:split]  # (B, H): each side meets the first layer once
        right = items.vectors[0] @ self.weights[0][split:]  # (I, H)
        return np.stack([self._after_first(one + right) for one in left])

    def _after_first(self, hidden: Floats) -> Floats:
        output = self._inputs_of_layers(hidden)[-1][:, 0]
        expected: Floats = np.float32(self.low) + np.float32(self.high - self.low) * sigmoid(output)
        return expected

    def _inputs_of_layers(self, hidden: Floats) -> list[Floats]:
        """What comes out of each layer before its ReLU, given the first without its bias: a list of (B, H)."""
        found = [hidden + self.biases[0]]
        for weights, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            found.append(np.maximum(found[-1], 0) @ weights + bias)
        return found

    def one_draw(self, number: int) -> NetHead:
        return self

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        arrays = {f"weights.{n}": w for n, w in enumerate(self.weights)}
        arrays |= {f"biases.{n}": b for n, b in enumerate(self.biases)}
        return {"head": "net", "low": self.low, "high": self.high, "layers": len(self.weights)}, arrays


def head_from_parts(values: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Head:
    """The head that `to_parts` described."""
    if values["head"] == "dot":
        return DotHead(
            arrays["mean"], values["link"], values["low"], values["high"], arrays.get("levels"), arrays.get("cutpoints")
        )
    if values["head"] == "item_item":
        return ItemItemHead(arrays["mean"], spread=arrays["spread"])
    layers = range(values["layers"])
    weights, biases = (tuple(arrays[f"{name}.{n}"] for n in layers) for name in ("weights", "biases"))
    return NetHead(weights, biases, values["low"], values["high"])


def stack_users(users: Rows, mean: Floats) -> Floats:
    """User rows (S, B, K) as one vector each, (B, S·K + 2): the draws' vectors over S, the mean score, and 1."""
    draws, count, width = users.vectors.shape
    flat = users.vectors.transpose(1, 0, 2).reshape(count, draws * width) / np.float32(draws)
    own = (users.bias + mean[:, None]).mean(axis=0)
    return np.concatenate([flat, own[:, None], np.ones((count, 1), np.float32)], axis=1).astype(np.float32, copy=False)


def stack_items(items: Rows) -> Floats:
    """Item rows (S, I, K) as one vector each, (I, S·K + 2): the draws' vectors, 1, and the mean bias."""
    draws, count, width = items.vectors.shape
    flat = items.vectors.transpose(1, 0, 2).reshape(count, draws * width)
    bias = items.bias.mean(axis=0)
    return np.concatenate([flat, np.ones((count, 1), np.float32), bias[:, None]], axis=1).astype(np.float32, copy=False)


def with_ones(vectors: Floats) -> Floats:
    """[1, vector]: what a row [bias, vector] of the other side is multiplied with; (S, B, K) -> (S, B, D)."""
    return np.concatenate([np.ones((*vectors.shape[:2], 1), np.float32), vectors], axis=2)


def sigmoid(values: NDArray[Any]) -> NDArray[Any]:
    """1 / (1 + exp(-x)), without overflow at either end."""
    from scipy.special import expit

    result: NDArray[Any] = expit(values)
    return result
