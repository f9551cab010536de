"""ELSA: weights between items as products of short vectors, for catalogues beyond EASE's memory.

minimise over users  ‖x / |x| - y / |y|‖² + (p / U) ‖AᵀA‖²,  y = ((x ∘ c) A Aᵀ - x ∘ c) / c, with rows of A (I, K) of
length one, so that no item weighs on itself (Vančura et al. 2022, Scalable linear shallow autoencoder for
collaborative filtering, equations 4 to 7, where c is 1 and p is 0). By Adam (Kingma and Ba 2015) on batches of users.

c (I,) is what products of unit vectors lack to be the weights of EASE. There B = I - P / diag P with a symmetric P
(Steck 2019, equation 8), and with R = P / √(diag P diagᵀ P), whose diagonal is one, B_ji = -R_ji √P_jj / √P_ii. So c_i
stands for √P_ii, which falls with the number of the item's interactions. p ‖AᵀA‖² = p ‖AAᵀ‖² is the penalty of EASE.

With u = x ∘ c, h = u A, k = (x / c) A and G = Aᵀ diag(c)⁻² A, y · y = h G h - 2 h · k + x · x and
x · y = h · k - x · x. So loss and gradient need products of A with sparse rows and with K x K matrices only, and no row
of scores for all items is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.interactions import Interactions
from penchant.data.ratings import Ratings
from penchant.foundations.progress import Progress
from penchant.foundations.settings import setting
from penchant.models.history_rows import HistoryRows
from penchant.models.rows import Floats
from penchant.models.scorers import ItemItemScorer
from penchant.models.trained import Feedback, TrainedModel
from penchant.training.feature_maps import completed
from penchant.training.linear.history_sides import item_side, positive_matrix, user_side
from penchant.training.positive_interactions import FeedbackSettings, positive_interactions
from penchant.training.resume import check_resume

PER_ROOT, NARROW, WIDE = 10.0, 32, 512
"""K is this many times the root of the shorter side of the table; its ends."""

LARGE, WIDE_FOR_LARGE = 50_000, 256
"""From this many items on, K has this upper end: products of I x K by K x K numbers take most of the time there."""

BATCHES, SMALLEST_BATCH = 10, 64
"""Batches in an epoch, and the users in one at least."""

LAST_RATE = 0.1
"""The learning rate falls in a straight line to this share of its start."""

PSEUDO_COUNT = 100.0
"""c of an item is one by the root of its interactions and this many more."""

PENALTY = 0.003
"""p, which the squared weights between all items are multiplied with."""


@dataclass(frozen=True)
class ELSASettings(FeedbackSettings):
    """The low-rank item-item model."""

    factors: int | None = setting(
        None, "numbers in each item's vector (K); none: by the size of the table", low=1, high=4096
    )
    epochs: int = setting(20, "passes over the users", low=1)
    learning_rate: float = setting(0.1, "the step of Adam at the start", above=0.0)


def train(
    ratings: Ratings,
    settings: ELSASettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """Adam for the asked number of epochs, from random vectors or from those of an earlier model.

    validation is not used: an order has no RMSE.
    """
    feedback = settings.feedback(ratings)
    positive = positive_interactions(ratings, feedback)
    X = positive_matrix(positive, feedback)
    factors = settings.factors or (resume.items.factors if resume is not None else _width(*X.shape))
    check_resume(resume, "elsa", factors)
    vectors = _unit(rng.standard_normal((positive.n_items, factors), dtype=np.float32))[0]
    if resume is not None:
        numbers = resume.items.vocabulary.numbers(ratings.items.ids)
        known = (numbers >= 0) & (np.linalg.norm(resume.items.vectors[0][numbers], axis=1) > 0)
        vectors[known] = _unit(resume.items.vectors[0][numbers[known]])[0]
    scales = _scales(X)
    vectors, history = _fitted(X, vectors, scales, settings, rng, progress)
    return completed(_finished(ratings, positive, settings, feedback, X, vectors, scales, history))


def _width(users: int, items: int) -> int:
    most = PER_ROOT * min(users, items) ** 0.5
    return int(np.clip(8 * (most // 8), NARROW, WIDE if items < LARGE else WIDE_FOR_LARGE))


def _scales(X: Any) -> Floats:
    """c, (I,)."""
    squares = np.bincount(X.indices, np.square(X.data), minlength=X.shape[1])
    scales: Floats = (1 / np.sqrt(squares + PSEUDO_COUNT)).astype(np.float32)
    return scales


def _fitted(
    X: Any, vectors: Floats, scales: Floats, settings: ELSASettings, rng: np.random.Generator, progress: Progress
) -> tuple[Floats, list[dict[str, float]]]:
    """The rows of A, and the mean loss of each epoch."""
    users = np.flatnonzero(np.diff(X.indptr))
    batches = int(np.clip(len(users) // SMALLEST_BATCH, 1, BATCHES))
    adam = _Adam(vectors.shape, settings.learning_rate, settings.epochs * batches)
    history: list[dict[str, float]] = []
    progress.start("item vectors", settings.epochs)
    for epoch in range(settings.epochs):
        losses = []
        for batch in np.array_split(rng.permutation(users), batches):
            unit, lengths = _unit(vectors)
            loss, gradient = loss_and_gradient(X[np.sort(batch)], unit, scales, PENALTY / len(users))
            gradient -= (gradient * unit).sum(axis=1, keepdims=True) * unit  # along the sphere
            gradient /= lengths
            adam.step(vectors, gradient)
            losses.append(loss)
        metrics = {"train_loss": float(np.mean(losses))}
        progress.step(metrics)
        history.append({"epoch": epoch + 1.0, **metrics})
    return _unit(vectors)[0], history


def _unit(vectors: Floats) -> tuple[Floats, Floats]:
    """The vectors at length one, and their lengths (I, 1)."""
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
    return vectors / lengths, lengths


def loss_and_gradient(x: Any, A: Floats, c: Floats, penalty: float) -> tuple[float, Floats]:
    """The mean loss of a batch x (B, I), sparse, and its gradient by A (I, K), whose rows have length one.

    c: (I,). penalty: of ‖AᵀA‖². With g the derivative by y, g = a x + b y of two numbers for each user, and the
    gradient is (g / c)ᵀ h + uᵀ ((g / c) A).
    """
    squares = np.asarray(x.multiply(x).sum(axis=1), np.float32).ravel()
    u, over = _times(x, c), _times(x, 1 / c)
    h, k = u @ A, over @ A
    gram = A.T @ A
    output = A / np.square(c)[:, None]
    turned = h @ (A.T @ output)
    along = (h * k).sum(axis=1)
    length = np.sqrt(np.maximum((h * turned).sum(axis=1) - 2 * along + squares, 1e-9))
    own = np.sqrt(squares)
    cosine = (along - squares) / (own * length)
    a, b = -2 / (own * length), (2 * cosine / np.square(length))[:, None]
    both = a[:, None] - b
    gradient = over.T.tocsr() @ (both * h) + output @ (h.T @ (b * h)) + u.T.tocsr() @ (both * k + b * turned)
    gradient = gradient / len(own) + 4 * penalty * (A @ gram)
    return float(np.mean(2 - 2 * cosine) + penalty * np.sum(np.square(gram))), gradient.astype(np.float32)


def _times(x: Any, by_column: NDArray[Any]) -> Any:
    """Sparse rows with every column multiplied by a number."""
    return type(x)((x.data * by_column[x.indices], x.indices, x.indptr), shape=x.shape)


class _Adam:
    """Adam with a learning rate that falls in a straight line."""

    def __init__(self, shape: tuple[int, ...], rate: float, steps: int) -> None:
        self.rate, self.steps, self.done = rate, steps, 0
        self.mean, self.square = np.zeros(shape, np.float32), np.zeros(shape, np.float32)

    def step(self, values: Floats, gradient: Floats) -> None:
        """Move the values in place; the gradient is overwritten."""
        self.mean += np.float32(0.1) * (gradient - self.mean)
        np.square(gradient, out=gradient)
        self.square += np.float32(0.001) * (gradient - self.square)
        rate = self.rate * (1 - (1 - LAST_RATE) * self.done / self.steps)
        self.done += 1
        np.sqrt(self.square / np.float32(1 - 0.999**self.done), out=gradient)
        gradient += np.float32(1e-8)
        values -= np.float32(rate / (1 - 0.9**self.done)) * self.mean / gradient


def _finished(
    ratings: Ratings,
    positive: Ratings,
    settings: ELSASettings,
    feedback: Feedback,
    X: Any,
    unit: Floats,
    scales: Floats,
    history: list[dict[str, float]],
) -> TrainedModel:
    """The weight of j on i is c_j A_j · A_i / c_i, so an item's vector is A_i / c_i, and its scale c_i²."""
    chosen = (positive.by_item().counts > 0).astype(np.float32)
    vectors = unit * (chosen / scales)[:, None]
    starts = X.indptr.astype(np.int64)
    histories = HistoryRows(starts, X.indices, X.data, len(vectors), vectors, chosen * np.square(scales))
    return TrainedModel(
        kind="elsa",
        settings=settings.to_json(),
        scorer=ItemItemScorer(_for_new_items(histories.summed_by_row()), chosen),
        users=user_side(positive, histories),
        items=item_side(positive, vectors),
        noise=np.ones(1, np.float32),
        scale=ratings.scale,
        interactions=Interactions.of(ratings),
        feedback=feedback,
        history=history,
        facts={"factors": vectors.shape[1]},
    )


def _for_new_items(users: Floats) -> Floats:
    """What the sum of its users' vectors is multiplied with for a new item's vector: a ridge regression on them.

    users: (U, K). The penalty is the mean squared length of a user's vector.
    """
    gram = (users.T @ users).astype(np.float64)
    gram[np.diag_indices_from(gram)] += max(float(np.trace(gram)) / len(users), 1e-6)
    inverse: NDArray[Any] = np.linalg.inv(gram)
    return inverse.astype(np.float32)
