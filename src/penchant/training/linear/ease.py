"""EASE: one regression of every item on all the others, in closed form; a user's row is their own history.

minimise  ‖X - XB‖² + λ‖B‖²  with diag B = 0, over X (U, I) of zeros and ones. With P = (XᵀX + λI)⁻¹ it is
B = I - P · diag(1 / diag P)  (Steck 2019, Embarrassingly shallow autoencoders for sparse data, arXiv 1905.03375,
equations 5 to 8; B_ij weighs item i in the score of item j).

The bits of the result depend on the number of threads that the linear algebra library uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.interactions import Interactions
from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError
from penchant.foundations.progress import Progress
from penchant.foundations.settings import Settings, setting
from penchant.models.history_rows import HistoryRows
from penchant.models.priors import Prior
from penchant.models.rows import Floats
from penchant.models.scorers import ItemItemScorer
from penchant.models.sides import Side
from penchant.models.trained import Feedback, TrainedModel, counts_of, settled
from penchant.training.feature_maps import completed
from penchant.training.positive_interactions import positive_interactions
from penchant.training.resume import check_resume

MOST = 20_000
"""More items are refused: the memory of the inverse grows with their square, its time with their cube."""

BYTES = 12
"""Bytes that training takes for each pair of items: a float64 of the inverse and a float32 of the result."""

STRIP = 1024
"""Rows or columns that are copied at a time."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class EASESettings(Settings):
    """The closed-form item-item model."""

    regularization: float = setting(100.0, "the penalty λ on the squares of the weights between items", above=0.0)
    positive_from: float | None = setting(None, "the least rating that is positive; none: every row is")


def train(
    ratings: Ratings,
    settings: EASESettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """Solve for the weights between items, exactly. Nothing is drawn, validated or continued.

    Raises DataError for too many items.
    """
    check_resume(resume, "ease")
    _refuse_too_many(ratings.n_items)
    feedback = Feedback(settings.positive_from)
    positive = positive_interactions(ratings, feedback)
    progress.start("item-item weights", 2)
    inverse = inverse_gram(positive, settings.regularization)
    progress.step()
    spread = inverse.diagonal().astype(np.float32)
    weights = weights_from(inverse)
    progress.step()
    model = TrainedModel(
        kind="ease",
        settings=settings.to_json(),
        scorer=ItemItemScorer(spread),
        users=_users(positive),
        items=_items(positive, weights),
        noise=np.ones(1, np.float32),
        scale=ratings.scale,
        interactions=Interactions.of(ratings),
        feedback=feedback,
    )
    return completed(model)


def _refuse_too_many(items: int) -> None:
    if items > MOST:
        raise DataError(
            f"the weights between {items:,} items would take {BYTES * items**2 / 1e9:,.0f} GB",
            where="ease",
            remedy=f"Keep the {MOST:,} most popular items, or train implicit_als",
        )


def matrix(positive: Ratings) -> Any:
    """The positive interactions as zeros and ones, a sparse X (U, I) of float64."""
    from scipy.sparse import csr_array

    by_user = positive.by_user()
    ones = np.ones(len(by_user.numbers))
    return csr_array((ones, by_user.numbers, by_user.starts), shape=(positive.n_users, positive.n_items))


def inverse_gram(positive: Ratings, regularization: float) -> Array:
    """P = (XᵀX + λI)⁻¹, (I, I), by a Cholesky factor of whichever Gram matrix of X is the smaller.

    With fewer users than items, P = (I - Xᵀ (XXᵀ + λI)⁻¹ X) / λ (Woodbury 1950).
    """
    X = matrix(positive)
    if 2 * positive.n_users < positive.n_items:
        return _by_users(X, regularization)
    from scipy.linalg import lapack

    gram = np.zeros((positive.n_items, positive.n_items), order="F")
    turned = X.T.tocsr()
    for start in range(0, positive.n_items, STRIP):
        gram[:, start : start + STRIP] = (turned @ X[:, start : start + STRIP]).toarray()
    gram[np.diag_indices_from(gram)] += regularization
    factor, failed = lapack.dpotrf(gram, lower=1, clean=0, overwrite_a=1)
    inverse, failed_too = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise DataError("the interactions do not determine the weights", where="regularization", remedy="Raise it")
    _mirror(inverse)
    return inverse


def _by_users(X: Any, regularization: float) -> Array:
    from scipy.linalg import cholesky, solve_triangular

    gram = (X @ X.T).toarray()
    gram[np.diag_indices_from(gram)] += regularization
    half = solve_triangular(cholesky(gram, lower=True), X.toarray(), lower=True, overwrite_b=True)  # (U, I)
    inverse: Array = half.T @ half
    inverse *= -1.0 / regularization
    inverse[np.diag_indices_from(inverse)] += 1.0 / regularization
    return inverse


def _mirror(lower: Array) -> None:
    """Fill the upper triangle from the lower one, in place."""
    for start in range(0, len(lower), STRIP):
        stop = start + STRIP
        corner = np.tril(lower[start:stop, start:stop])
        lower[start:stop, start:stop] = corner + np.tril(corner, -1).T
        lower[start:stop, stop:] = lower[stop:, start:stop].T


def weights_from(inverse: Array) -> Floats:
    """B = I - P · diag(1 / diag P), (I, I), its diagonal exactly zero."""
    weights = np.empty(inverse.shape, np.float32)
    diagonal = inverse.diagonal()
    for start in range(0, len(inverse), STRIP):
        weights[start : start + STRIP] = -inverse[start : start + STRIP] / diagonal
    np.fill_diagonal(weights, 0.0)
    return weights


def _users(positive: Ratings) -> Side:
    """Histories. The prior mean of a new user is the average one, so that their list is of popular items."""
    by_user, counts = positive.by_user(), counts_of(positive.by_user())
    K = positive.n_items
    owners = np.repeat(np.arange(positive.n_users), by_user.counts)
    average = np.bincount(by_user.numbers, minlength=K) / np.count_nonzero(counts)
    mean = np.concatenate([[0.0], average]).astype(np.float32)[None]
    histories = HistoryRows.of_positives(owners, by_user.numbers, positive.n_users, K)
    bias, vectors = np.zeros((1, positive.n_users), np.float32), np.zeros((1, positive.n_users, 0), np.float32)
    features = positive.user_features
    return Side(positive.users, bias, vectors, counts, Prior(mean, None), features=features, histories=histories)


def _items(positive: Ratings, weights: Floats) -> Side:
    """An item's vector is its column of B; the view keeps an item's weights on all others side by side in memory."""
    bias, mean = np.zeros((1, len(weights)), np.float32), np.zeros((1, len(weights) + 1), np.float32)
    counts, features = counts_of(positive.by_item()), positive.item_features
    side = Side(positive.items, bias, weights.T[None], counts, Prior(mean, None), features=features)
    return settled(side)
