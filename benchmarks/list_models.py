"""The models of `list_quality.py`. Each trains on positive interactions of some users and scores items for new users.

Each function takes (train, histories, settings, seed), trains, and returns a function from positions of new users to
their scores of all items. All models get the same interactions; new users are folded in by the library's own method.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from penchant.data.ratings import Grouped, Ratings
from penchant.foundations.threads import limit_blas
from penchant.models.rows import Rows
from penchant.models.trained import TrainedModel
from penchant.recommending.fold_in import infer
from penchant.training.registry import train as train_ours
from penchant.training.row_solver import Conditional, RowSolver, ThreadTeam

ScoreRows = Callable[[np.ndarray], np.ndarray]
Settings = Mapping[str, Any]
EPOCHS = 16
"""Epochs of every factor model, as in Rendle et al. 2021."""


@dataclass(frozen=True)
class ListModel:
    """scored: trains and returns the score function. grid: the values of each setting. starts: starting points of
    tuning. width: the library's name for the number of factors, or "". widest: the largest number of factors tried.
    module, distribution: what is imported and what is installed, for other libraries. too_large: why it runs on the
    shipped table alone, or ""."""

    name: str
    scored: Callable[[Ratings, Grouped, Settings, int], ScoreRows]
    grid: Mapping[str, Sequence[float]]
    starts: Sequence[Settings]
    width: str = "factors"
    widest: int = 256
    module: str = ""
    distribution: str = ""
    too_large: str = ""


def ours(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """implicit_als; all new users at once with the solver of training, checked against `infer` on three users."""
    trained = train_ours(train, "implicit_als", seed=seed, epochs=EPOCHS, **settings)
    rows = folded(trained, histories)
    return lambda at: rows[at] @ trained.items.vectors[0].T


def folded(trained: TrainedModel, histories: Grouped) -> np.ndarray:
    """The rows (B, K) of new users with these histories."""
    prior, items = trained.users.prior, trained.items.vectors[0]
    gram = prior.everyone[0, 1:, 1:]
    ridge = prior.precision[0, 1, 1] * (np.maximum(histories.counts, 1) + prior.offset) ** prior.per_rating
    weights = trained.feedback.weights(histories.values)
    rows = np.zeros((len(histories.counts), items.shape[1]), np.float32)
    given = Conditional(gram, np.zeros((1, items.shape[1])), np.ones(1), weights, ridge)
    with limit_blas(), ThreadTeam() as team:
        solver = RowSolver(histories, items.shape[1], team, biased=False)
        solver.solve(items, given, rows, targets=trained.feedback.targets(weights))
    for user in range(3):
        one = infer(trained, "users", *histories.row(user)).rows.vectors[0, 0]
        np.testing.assert_allclose(rows[user], one, atol=2e-3 * np.abs(one).max())
    return rows


def ease(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """EASE; new users by their histories."""
    trained = train_ours(train, "ease", seed=seed, **settings)
    table = as_table(histories, train.n_items)
    return lambda at: history_scores(trained, table[at])


def history_scores(trained: TrainedModel, table: Any) -> np.ndarray:
    """Scores (B, I) of an item-item model for users with these weights of items, sparse (B, I)."""
    mine = trained.users.histories
    assert mine is not None
    rows = replace(mine, starts=table.indptr.astype(np.int64), numbers=table.indices.astype(np.int32),
                   values=table.data.astype(np.float32))  # fmt: skip
    users = Rows(np.zeros((1, len(rows)), np.float32), rows.summed_by_row()[None], history=rows)
    return trained.scorer.all_items(users, trained.items.all_rows())


def popularity(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """The number of interactions of each item, for all users."""
    counts = np.bincount(train.item_numbers, minlength=train.n_items).astype(np.float32)
    return lambda at: np.broadcast_to(counts, (len(at), len(counts)))


def implicit(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """implicit's ALS on the CPU; new users by `recalculate_user`."""
    from implicit.cpu.als import AlternatingLeastSquares

    with limit_blas():
        model = AlternatingLeastSquares(iterations=EPOCHS, random_state=seed, **settings)
        model.fit(as_table(train.by_user(), train.n_items), show_progress=False)
        rows = model.recalculate_user(np.arange(len(histories.counts)), as_table(histories, train.n_items))
    return lambda at: rows[at] @ model.item_factors.T


def lenskit(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """LensKit's ImplicitMF; new users by `new_user_embedding`."""
    import pandas as pd
    from lenskit.als import ImplicitMFScorer
    from lenskit.data import ItemList, from_interactions_df
    from lenskit.training import TrainingOptions

    frame = pd.DataFrame({"user_id": train.user_numbers, "item_id": train.item_numbers})
    model = ImplicitMFScorer(epochs=EPOCHS, **settings)
    with limit_blas():
        model.train(from_interactions_df(frame), TrainingOptions(rng=seed))
        known = [ItemList(item_ids=histories.row(user)[0]) for user in range(len(histories.counts))]
        rows = np.stack([model.new_user_embedding(None, one)[0] for one in known])
    items = np.zeros((train.n_items, rows.shape[1]), np.float32)
    items[model.items.ids()] = model.item_embeddings
    return lambda at: rows[at] @ items.T


def as_table(grouped: Grouped, width: int) -> Any:
    """Ones at interactions, sparse (N, width)."""
    from scipy.sparse import csr_matrix

    ones = np.ones(len(grouped.numbers), np.float32)
    return csr_matrix((ones, grouped.numbers, grouped.starts), shape=(len(grouped.counts), width))


ALL = (
    ListModel(
        "implicit_als",
        ours,
        {
            "unobserved_weight": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
            "regularization": (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0),
        },
        (
            {"unobserved_weight": 0.03, "regularization": 0.003},
            {"unobserved_weight": 0.03, "regularization": 0.1, "regularization_power": 0.5},
            {"unobserved_weight": 0.1, "regularization": 1.0, "regularization_power": 0.0},
        ),
    ),
    ListModel(
        "implicit 0.7.3 ALS",
        implicit,
        {"alpha": (1.0, 3.0, 10.0, 30.0, 100.0, 300.0), "regularization": (0.1, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)},
        ({"alpha": 10.0, "regularization": 10.0},),
    ),
    ListModel(
        "LensKit ImplicitMF",
        lenskit,
        {"weight": (1.0, 3.0, 10.0, 30.0, 100.0, 300.0), "regularization": (0.1, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)},
        ({"weight": 10.0, "regularization": 10.0},),
        "embedding_size",
        widest=128,
    ),
    ListModel(
        "ease",
        ease,
        {"regularization": (12.5, 25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)},
        ({"regularization": 100.0},),
        "",
    ),
    ListModel("popularity", popularity, {}, ({},), ""),
)
"""implicit's α and LensKit's 1 + weight weight positive interactions; ours weights unobserved pairs."""

os.environ.setdefault("LK_NUM_THREADS", "2")
