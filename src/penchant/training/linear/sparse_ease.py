"""Sparse EASE: a regression of every item on the items that are most often chosen with it, for large catalogues.

minimise over B  ‖x_i - X_N b‖² + λ‖b‖²  for each item i, with N the items with the largest entries of (XᵀX)_i. It is
EASE (Steck 2019, arXiv 1905.03375) with the selection of items of fsSLIM (Ning and Karypis 2011, SLIM: sparse linear
methods for top-N recommender systems, section IV.C). With all items in N the weights are those of EASE: the regression
of one column that the item itself is left out of. Memory and time grow with the interactions, not with I².
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
from penchant.foundations.threads import limit_blas
from penchant.models.history_rows import HistoryRows
from penchant.models.scorers import SparseItemItemScorer
from penchant.models.trained import TrainedModel
from penchant.training.feature_maps import completed
from penchant.training.held_out import PenaltyChoice
from penchant.training.linear.history_sides import item_side, positive_matrix, user_side
from penchant.training.linear.penalty_choice import choose_penalty
from penchant.training.positive_interactions import FeedbackSettings, positive_interactions
from penchant.training.resume import check_resume
from penchant.training.row_solver import ThreadTeam

BYTES = 12
"""Bytes that training takes at most for each pair of items that one user chose."""

PIECES = 64
"""Pieces of the items for each thread: they differ much in cost."""


@dataclass(frozen=True)
class SparseEASESettings(FeedbackSettings):
    """The item-item model with few weights for each item."""

    neighbours: int = setting(200, "the highest number of items that an item has weights on", low=1)
    regularization: float | None = setting(
        None, "the penalty λ on the squares of the weights between items; none: chosen on held-out rows", above=0.0
    )


def train(
    ratings: Ratings,
    settings: SparseEASESettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """Solve for the weights of every item. Nothing is validated or continued."""
    check_resume(resume, "sparse_ease")
    feedback = settings.feedback(ratings)
    positive = positive_interactions(ratings, feedback)
    X = positive_matrix(positive, feedback)
    progress.start("item-item weights", 2)
    penalty = settings.regularization
    choice = choose_penalty(X, rng) if penalty is None else PenaltyChoice(penalty, ())
    progress.step()
    columns = item_weights(X, choice.penalty, settings.neighbours)
    progress.step()
    histories = HistoryRows(X.indptr.astype(np.int64), X.indices, X.data, positive.n_items)
    model = TrainedModel(
        kind="sparse_ease",
        settings=settings.to_json(),
        scorer=SparseItemItemScorer(choice.penalty, settings.neighbours),
        users=user_side(positive, histories),
        items=item_side(positive, np.zeros((positive.n_items, 0), np.float32), columns),
        noise=np.ones(1, np.float32),
        scale=ratings.scale,
        interactions=Interactions.of(ratings),
        feedback=feedback,
        facts=choice.facts(),
    )
    return completed(model)


def bytes_needed(histories: NDArray[Any], items: int) -> int:
    """Bytes that training takes at most. histories: (U,), the number of interactions of each user."""
    return BYTES * int(min(np.square(histories, dtype=np.float64).sum(), items**2))


def item_weights(X: Any, penalty: float, neighbours: int) -> HistoryRows:
    """The weights of every item on others, as compressed rows by item; X: (U, I) sparse."""
    from penchant.training.kernels.local_regression import local_weights

    items = X.shape[1]
    gram = (X.T.tocsr() @ X).tocsr()
    gram.sort_indices()
    own = gram.diagonal()
    counts = np.diff(gram.indptr) - (own != 0)
    first = np.concatenate([[0], np.cumsum(np.minimum(counts, neighbours))]).astype(np.int64)
    near, weights = np.empty(first[-1], np.int32), np.empty(first[-1], np.float32)
    with limit_blas(1), ThreadTeam() as team:
        pieces = np.array_split(np.arange(items), max(1, min(PIECES * team.threads, items)))
        team.run(
            lambda some: local_weights(
                some, gram.indptr, gram.indices, gram.data, own, float(penalty), first, near, weights
            ),
            pieces,
        )
    return HistoryRows.of_items(first, near, weights, items)
