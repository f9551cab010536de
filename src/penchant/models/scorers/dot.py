"""The dot product with biases, through a link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.contraction import contract
from penchant.foundations.errors import ModelShapeError
from penchant.foundations.shapes import check_shapes
from penchant.models.rows import Floats, Rows, pair_offset
from penchant.models.scorers.gauss_newton import infer_row, infer_row_of_dots
from penchant.models.scorers.links import sigmoid
from penchant.models.scorers.row_problem import RowPosterior, RowProblem, RowUpdate
from penchant.models.scorers.scorer import Link, SideName


@dataclass(frozen=True)
class DotScorer:
    """mean + user bias + item bias + user vector · item vector, through a link.

    mean: (S,). link: "identity"; "sigmoid", scaled to (low, high); or "ordered_probit", the expectation over `levels`
    (C,) with cut points (S, C - 1) on a score with unit noise (Albert and Chib 1993, section 4).
    """

    mean: Floats
    link: Link = "identity"
    low: float = 0.0
    high: float = 1.0
    levels: Floats | None = None
    cutpoints: Floats | None = None

    @property
    def samples(self) -> int:
        return len(self.mean)

    @property
    def linear(self) -> bool:
        return self.link == "identity"

    @property
    def mean_of_dots(self) -> Floats | None:
        return self.mean if self.linear else None

    @property
    def replaces_items(self) -> bool:
        return True

    def pairs(self, users: Rows, items: Rows) -> Floats:
        return self.linked(self.scores(users, items))

    def scores(self, users: Rows, items: Rows) -> Floats:
        """Scores before the link, shape (S, B)."""
        dots: Floats = contract("sbk,sbk->sb", users.vectors, items.vectors)
        total, offset = self.mean[:, None] + users.bias + items.bias + dots, pair_offset(users, items)
        return total if offset is None else total + offset

    def all_items(self, users: Rows, items: Rows) -> Floats:
        if self.link == "identity":
            product: Floats = self.stacked_users(users) @ stack_items(items).T
            return product
        total = np.zeros((len(users), len(items)), dtype=np.float32)
        for s in range(self.samples):
            scores = users.vectors[s] @ items.vectors[s].T  # (B, I)
            scores += self.mean[s] + users.bias[s][:, None] + items.bias[s]
            if users.cold_start is not None and items.unrated is not None:
                scores += users.cold_start[s][:, None] * items.unrated
            total += self.linked(scores, sample=s)
        return total / np.float32(self.samples)

    def linearize(self, users: Rows, items: Rows, of: SideName) -> tuple[Floats, Floats]:
        scores = self.scores(users, items)
        by_score = with_ones((items if of == "users" else users).vectors)
        if self.link == "identity":
            return scores, np.broadcast_to(by_score, (*scores.shape, by_score.shape[2]))
        return self.linked(scores), self.slopes(scores)[:, :, None] * by_score

    def joint_variance(self, users: Rows, items: Rows) -> Floats | float:
        if users.covariance is None or items.covariance is None:
            return 0.0
        both: Floats = (users.covariance[:, :, 1:, 1:] * items.covariance[:, :, 1:, 1:]).sum(axis=(2, 3))
        return both * self.slopes(self.scores(users, items)) ** 2

    def direction(self, user: Rows, item: Rows) -> tuple[Floats, Floats, Floats]:
        offset = pair_offset(user, item)
        return with_ones(item.vectors)[:, 0], self.mean, (item.bias if offset is None else item.bias + offset)[:, 0]

    def stacked(self, items: Rows) -> Floats | None:
        return stack_items(items) if self.link == "identity" or self.samples == 1 else None

    def stacked_users(self, users: Rows) -> Floats:
        return stack_users(users, self.mean)

    def from_products(self, products: Floats) -> Floats:
        return self.linked(products[None])[0]

    def infer(self, problem: RowProblem, row_update: RowUpdate) -> tuple[Rows, RowPosterior]:
        if self.linear:
            return infer_row_of_dots(self.mean, problem, row_update)
        return infer_row(self, problem, row_update)

    def check_widths(self, users: int, items: int) -> None:
        arrays = {"mean": self.mean, "levels": self.levels, "cutpoints": self.cutpoints}
        sizes = {} if self.levels is None else {"E": len(self.levels) - 1}
        check_shapes("scorer", arrays, {"mean": "S", "levels": "C", "cutpoints": "SE"}, sizes)
        if self.link not in get_args(Link) or not self.low < self.high:
            raise ModelShapeError(f"there is no link {self.link!r} from {self.low!r} to {self.high!r}")
        if self.link == "ordered_probit" and (self.levels is None or self.cutpoints is None):
            raise ModelShapeError("an ordered-probit head needs levels and cut points")
        if users != items:
            raise ModelShapeError(f"user vectors have {users} factors, item vectors {items}")

    def linked(self, scores: Floats, sample: int | None = None) -> Floats:
        """Expected ratings from scores (S, ...), or from the scores of one sample if `sample` is given."""
        if self.link == "identity":
            return scores
        if self.link == "sigmoid":
            expected: Floats = np.float32(self.low) + np.float32(self.high - self.low) * sigmoid(scores)
            return expected
        return self._expected_level(scores, sample)

    def slopes(self, scores: Floats) -> Floats:
        """The derivative of the expected rating by the score, both (S, ...)."""
        if self.link == "identity":
            return np.ones_like(scores)
        if self.link == "sigmoid":
            share = sigmoid(scores)
            slope: Floats = np.float32(self.high - self.low) * share * (1 - share)
            return slope
        return self._over_levels(lambda x: np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi), scores, None)

    def _expected_level(self, scores: Floats, sample: int | None) -> Floats:
        from scipy.special import ndtr

        return np.float32(0 if self.levels is None else self.levels[0]) + self._over_levels(ndtr, scores, sample)

    def _over_levels(self, function: Any, scores: Floats, sample: int | None) -> Floats:
        """The sum over cut points of the step between two levels times function(score - cut point)."""
        if self.cutpoints is None or self.levels is None:
            raise ModelShapeError("an ordered-probit link needs levels and cut points")
        total = np.zeros(scores.shape, dtype=np.float32)
        for c, step in enumerate(np.diff(self.levels)):
            cuts = self.cutpoints[:, c].reshape(-1, *[1] * (scores.ndim - 1))  # (S, 1, ...)
            total += step * function(scores - (cuts if sample is None else self.cutpoints[sample, c]))
        return total

    def one_sample(self, number: int) -> DotScorer:
        at = slice(number, number + 1)
        return replace(self, mean=self.mean[at], cutpoints=None if self.cutpoints is None else self.cutpoints[at])

    def to_parts(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        arrays = {"mean": self.mean, "levels": self.levels, "cutpoints": self.cutpoints}
        return (
            {"scorer": "dot", "link": self.link, "low": self.low, "high": self.high},
            {name: array for name, array in arrays.items() if array is not None},
        )


def stack_users(users: Rows, mean: Floats) -> Floats:
    """User rows (S, B, K) as one vector each, (B, S·K + 3): the vectors over S, the mean score, 1, and the offset."""
    samples, count, width = users.vectors.shape
    flat = users.vectors.transpose(1, 0, 2).reshape(count, samples * width) / np.float32(samples)
    own = (users.bias + mean[:, None]).mean(axis=0)
    offset = np.zeros(count, np.float32) if users.cold_start is None else users.cold_start.mean(axis=0)
    return _side_by_side(flat, own, np.ones(count, np.float32), offset)


def stack_items(items: Rows) -> Floats:
    """Item rows (S, I, K) as one vector each, (I, S·K + 3): the vectors, 1, the mean bias, and 1 if unrated."""
    samples, count, width = items.vectors.shape
    flat = items.vectors.transpose(1, 0, 2).reshape(count, samples * width)
    unrated = np.zeros(count, np.float32) if items.unrated is None else items.unrated.astype(np.float32)
    return _side_by_side(flat, np.ones(count, np.float32), items.bias.mean(axis=0), unrated)


def _side_by_side(flat: Floats, *columns: Floats) -> Floats:
    """Rows (N, W) with further columns (N,) behind, in C order, which the kernels of lists are compiled for."""
    rows = np.empty((len(flat), flat.shape[1] + len(columns)), np.float32)
    rows[:, : flat.shape[1]] = flat
    for place, column in enumerate(columns, flat.shape[1]):
        rows[:, place] = column
    return rows


def with_ones(vectors: Floats) -> Floats:
    """[1, vector], the factor of a row [bias, vector] of the other side in the score; (S, B, K) -> (S, B, D)."""
    return np.concatenate([np.ones((*vectors.shape[:2], 1), np.float32), vectors], axis=2)
