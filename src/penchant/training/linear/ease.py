"""EASE: one regression of every item on all the others, in closed form; a user's row is their own history.

Steck 2019, Embarrassingly shallow autoencoders for sparse data, arXiv 1905.03375; see `item_regression`. The bits of
the result depend on the number of threads that the linear algebra library uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from penchant.data.interactions import Interactions
from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError
from penchant.foundations.memory import available_memory
from penchant.foundations.progress import Progress
from penchant.foundations.settings import setting
from penchant.models.history_rows import HistoryRows
from penchant.models.rows import Floats
from penchant.models.scorers import ItemItemScorer
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.training.feature_maps import completed
from penchant.training.held_out import PenaltyChoice
from penchant.training.linear.history_sides import item_side, positive_matrix, user_side
from penchant.training.linear.item_regression import ByUsers, DenseWeights, dense_weights, gramian
from penchant.training.linear.penalty_choice import choose_penalty
from penchant.training.positive_interactions import FeedbackSettings, positive_interactions
from penchant.training.resume import check_resume

FEW = 4
"""With this many items for each user, or more, the weights are kept as factors of as many numbers as users."""

Form = Literal["dense", "factored"]

BYTES: Mapping[Form, int] = {"dense": 6, "factored": 28}
"""Bytes that training takes at most for each pair of items, and for each pair of a user and an item."""

MARGIN = 0.8
"""The share of the available memory that training may take."""

GramOf = Callable[[NDArray[np.int64]], NDArray[Any]]
"""Item numbers (m,), rising, -> the lower triangle of XᵀX between them, (m, m); the caller may overwrite it."""


@dataclass(frozen=True)
class EASESettings(FeedbackSettings):
    """The closed-form item-item model."""

    regularization: float | None = setting(
        None, "the penalty λ on the squares of the weights between items; none: chosen on held-out rows", above=0.0
    )


def train(
    ratings: Ratings,
    settings: EASESettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress,
    resume: TrainedModel | None = None,
    gram_of: GramOf | None = None,
) -> TrainedModel:
    """Solve for the weights between items, exactly. Nothing is validated or continued.

    gram_of: where XᵀX comes from, if it was summed elsewhere; the weights are then dense. Raises DataError for weights
    that do not fit the memory.
    """
    check_resume(resume, "ease")
    feedback = settings.feedback(ratings)
    positive = positive_interactions(ratings, feedback)
    X = positive_matrix(positive, feedback)
    factored = gram_of is None and _is_factored(*X.shape)
    progress.start("item-item weights", 2)
    penalty = settings.regularization
    choice = choose_penalty(X, rng) if penalty is None else PenaltyChoice(penalty, ())
    progress.step()
    if factored:
        scorer, users, items = _factored(positive, X, choice.penalty)
    else:
        scorer, users, items = _dense(positive, X, choice.penalty, gram_of)
    progress.step()
    model = TrainedModel(
        kind="ease",
        settings=settings.to_json(),
        scorer=scorer,
        users=users,
        items=items,
        noise=np.ones(1, np.float32),
        scale=ratings.scale,
        interactions=Interactions.of(ratings),
        feedback=feedback,
        facts=choice.facts(),
    )
    return completed(model)


def bytes_needed(users: int, items: int) -> dict[Form, int]:
    """Bytes that training takes at most, by the form in which the weights are kept."""
    return {"dense": BYTES["dense"] * items**2, "factored": BYTES["factored"] * users * (items + users)}


def form_that_fits(users: int, items: int) -> Form | None:
    """The form in which the weights are kept on this machine now; None where neither fits its free memory."""
    memory = available_memory()
    fits = {form: memory is None or need <= MARGIN * memory for form, need in bytes_needed(users, items).items()}
    if fits["factored"] and (FEW * users <= items or (users < items and not fits["dense"])):
        return "factored"
    return "dense" if fits["dense"] else None


def _is_factored(users: int, items: int) -> bool:
    """Which form the weights are kept in. Raises DataError where neither fits the memory."""
    form = form_that_fits(users, items)
    if form is None:
        need, free = bytes_needed(users, items)["dense"], available_memory() or 0
        raise DataError(
            f"the weights between {items:,} items take {need / 1e9:,.1f} GB, and {free / 1e9:,.1f} GB are free",
            where="ease",
            remedy="Train elsa, whose memory grows with the number of items only, or keep the most popular items",
        )
    return form == "factored"


def _dense(positive: Ratings, X: Any, penalty: float, gram_of: GramOf | None) -> tuple[ItemItemScorer, Side, Side]:
    """An item's vector is its column of B; the view keeps an item's weights on all others side by side in memory."""
    found = _weights_of_chosen(X, penalty, gram_of)
    vectors: Floats = found.weights.T
    histories = HistoryRows(X.indptr.astype(np.int64), X.indices, X.data, positive.n_items)
    return ItemItemScorer(found.spread), user_side(positive, histories), item_side(positive, vectors)


def _weights_of_chosen(X: Any, penalty: float, gram_of: GramOf | None = None) -> DenseWeights:
    """The weights between the items with interactions, computed without the others, whose weights are zero."""
    items = X.shape[1]
    chosen = np.flatnonzero(np.bincount(X.indices, minlength=items))
    found = dense_weights(gramian(X[:, chosen]) if gram_of is None else gram_of(chosen), penalty)
    if len(chosen) == items:
        return found
    weights, spread = np.zeros((items, items), np.float32), np.full(items, 1 / penalty, np.float32)
    weights[np.ix_(chosen, chosen)], spread[chosen] = found.weights, found.spread
    return DenseWeights(weights, spread)


def _factored(positive: Ratings, X: Any, penalty: float) -> tuple[ItemItemScorer, Side, Side]:
    found = ByUsers(X).weights(penalty)
    nothing = found.powers <= 1e-6 * found.powers.max()
    spread = np.divide(1.0, found.powers, out=np.zeros_like(found.powers), where=~nothing)
    histories = HistoryRows(X.indptr.astype(np.int64), X.indices, X.data, positive.n_items, found.vectors, found.scale)
    scorer = ItemItemScorer(spread, found.self_weights)
    return scorer, user_side(positive, histories), item_side(positive, found.vectors)
