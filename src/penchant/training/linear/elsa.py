"""ELSA: weights between items as products of short vectors, x A Aᵀ - x, for catalogues beyond EASE's memory.

minimise over users  ‖x / |x| - y / |y|‖²,  y = x A Aᵀ - x, with rows of A (I, K) of length one, so that no item
weighs on itself (Vančura et al. 2022, Scalable linear shallow autoencoder for collaborative filtering, equations 4 to
7). By Adam (Kingma and Ba 2015) on batches of users.

With h = x A and G = AᵀA, y · y = h G h - 2 h · h + x · x and x · y = h · h - x · x. So loss and gradient need products
of A with sparse rows and with K x K matrices only, and no row of scores for all items is made.
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

PER_ROOT, NARROW, WIDE = 5.0, 32, 256
"""K is this many times the root of the shorter side of the table; its ends."""

BATCHES, SMALLEST_BATCH = 10, 64
"""Batches in an epoch, and the users in one at least."""

LAST_RATE = 0.1
"""The learning rate falls in a straight line to this share of its start."""


@dataclass(frozen=True)
class ELSASettings(FeedbackSettings):
    """The low-rank item-item model."""

    factors: int | None = setting(
        None, "numbers in each item's vector (K); none: by the size of the table", low=1, high=4096
    )
    epochs: int = setting(30, "passes over the users", low=1)
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
    vectors, history = _fitted(X, vectors, settings, rng, progress)
    return completed(_finished(ratings, positive, settings, feedback, X, vectors, history))


def _width(users: int, items: int) -> int:
    most = PER_ROOT * min(users, items) ** 0.5
    return int(np.clip(8 * (most // 8), NARROW, WIDE))


def _fitted(
    X: Any, vectors: Floats, settings: ELSASettings, rng: np.random.Generator, progress: Progress
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
            loss, gradient = loss_and_gradient(X[np.sort(batch)], unit)
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


def loss_and_gradient(x: Any, A: Floats) -> tuple[float, Floats]:
    """The mean loss of a batch x (B, I), sparse, and its gradient by A (I, K), whose rows have length one.

    With g the derivative by y, g = a x + b y of two numbers for each user, and the gradient is xᵀ (g A) + gᵀ (x A).
    """
    squares = np.asarray(x.multiply(x).sum(axis=1), np.float32).ravel()
    h, gram = x @ A, A.T @ A
    turned = h @ gram
    along = (h * h).sum(axis=1)
    length = np.sqrt(np.maximum((h * turned).sum(axis=1) - 2 * along + squares, 1e-9))
    own = np.sqrt(squares)
    cosine = (along - squares) / (own * length)
    a, b = -2 / (own * length), 2 * cosine / np.square(length)
    gradient = x.T.tocsr() @ (2 * (a - b)[:, None] * h + b[:, None] * turned) + A @ (h.T @ (b[:, None] * h))
    return float(np.mean(2 - 2 * cosine)), (gradient / len(own)).astype(np.float32)


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
    vectors: Floats,
    history: list[dict[str, float]],
) -> TrainedModel:
    chosen = positive.by_item().counts > 0
    vectors = vectors * chosen[:, None]
    scale = chosen.astype(np.float32)
    histories = HistoryRows(X.indptr.astype(np.int64), X.indices, X.data, len(vectors), vectors, scale)
    return TrainedModel(
        kind="elsa",
        settings=settings.to_json(),
        scorer=ItemItemScorer(_for_new_items(X @ vectors), scale),
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
