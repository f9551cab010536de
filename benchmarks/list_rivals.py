"""Other libraries' models of choice for held-out users. `default_lists.py held_out` runs and tunes them.

Each function takes (train, histories, settings, seed) as those of `list_models.py`, trains, and returns a function from
positions of new users to their scores of all items. Every item has a training row. A new user is scored by the
library's own method; where a library has an item-by-item matrix, that is the product of the user's row with it.
`tuning.py` chooses settings on a grid.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np

from list_models import ALL, EPOCHS, ListModel, ScoreRows, Settings, as_table, implicit, lenskit
from penchant.data.ratings import Grouped, Ratings
from penchant.foundations.threads import limit_blas


def by_weights(weights: Any, histories: Grouped, n_items: int) -> ScoreRows:
    """Scores of an item-by-item matrix: rows of histories times weights."""
    table = as_table(histories, n_items)

    def scores(at: np.ndarray) -> np.ndarray:
        found = table[at] @ weights
        return np.asarray(found.todense() if hasattr(found, "todense") else found)

    return scores


def rusket_ease(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """rusket's EASE."""
    import rusket

    model = rusket.EASE(**settings).fit(as_table(train.by_user(), train.n_items))
    return by_weights(np.asarray(model.item_factors), histories, train.n_items)


def rusket_als(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """rusket's ALS with Anderson mixing; new users by `recalculate_user`, one at a time."""
    import rusket

    model = rusket.ALS(iterations=EPOCHS, seed=seed, anderson_m=5, **settings)
    model.fit(as_table(train.by_user(), train.n_items))
    rows = np.stack([model.recalculate_user(histories.row(user)[0]) for user in range(len(histories.counts))])
    items = np.asarray(model.item_factors)
    return lambda at: rows[at] @ items.T


def irspack_ials(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """irspack's iALS (Rendle et al. 2021); new users by `get_score_cold_user`."""
    from irspack import IALSRecommender

    table = as_table(train.by_user(), train.n_items)
    model = IALSRecommender(table, train_epochs=EPOCHS, random_seed=seed, **settings).learn()
    given = as_table(histories, train.n_items)
    return lambda at: model.get_score_cold_user(given[at])


def irspack_rp3beta(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """irspack's RP3beta, a random walk from items over users to items."""
    from irspack import RP3betaRecommender

    model = RP3betaRecommender(as_table(train.by_user(), train.n_items), **settings).learn()
    given = as_table(histories, train.n_items)
    return lambda at: model.get_score_cold_user(given[at])


def elsarec(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """ELSA of its authors' package, on the CPU."""
    import torch
    from elsa import ELSA

    torch.manual_seed(seed)
    n_dims, epochs = settings["n_dims"], settings["epochs"]
    model = ELSA(n_items=train.n_items, n_dims=n_dims, device=torch.device("cpu"))
    table = as_table(train.by_user(), train.n_items)
    model.fit(table, batch_size=settings["batch_size"], epochs=epochs, shuffle=True, verbose=False)
    given = as_table(histories, train.n_items)
    return lambda at: model.predict(given[at], batch_size=1000).numpy(force=True)


def lenskit_knn(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """LensKit's ItemKNN on choices; new users by a query with their history."""
    from lenskit.data import ItemList, RecQuery
    from lenskit.knn import ItemKNNScorer

    model, data = ItemKNNScorer(feedback="implicit", **settings), lenskit_data(train)
    with limit_blas():
        model.train(data)
    every = ItemList(item_ids=np.arange(train.n_items))

    def row(user: int) -> np.ndarray:
        query = RecQuery(user_items=ItemList(item_ids=histories.row(user)[0]))
        return np.nan_to_num(model(query, every).scores(), nan=0.0)  # no neighbour: no score

    return lambda at: np.stack([row(int(user)) for user in at])


def lenskit_data(train: Ratings) -> Any:
    """The rows as LensKit's data set."""
    import pandas as pd
    from lenskit.data import from_interactions_df

    return from_interactions_df(pd.DataFrame({"user_id": train.user_numbers, "item_id": train.item_numbers}))


def rectools_ease(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """EASE of RecTools."""
    import pandas as pd
    from rectools.dataset import Dataset
    from rectools.models import EASEModel

    frame = pd.DataFrame({"user_id": train.user_numbers, "item_id": train.item_numbers, "weight": 1.0})
    data = Dataset.construct(frame.assign(datetime=pd.Timestamp(2020, 1, 1)))
    model = EASEModel(**settings).fit(data)
    back = data.item_id_map.convert_to_internal(np.arange(train.n_items))
    return by_weights(model.weight[np.ix_(back, back)], histories, train.n_items)


def cmfrec_implicit(train: Ratings, histories: Grouped, settings: Settings, seed: int) -> ScoreRows:
    """cmfrec's implicit ALS; new users by `factors_multiple`."""
    from cmfrec import CMF_implicit

    with limit_blas():
        model = CMF_implicit(niter=EPOCHS, random_state=seed, verbose=False, **settings)
        model.fit(as_table(train.by_user(), train.n_items).tocoo())
        rows = np.asarray(model.factors_multiple(as_table(histories, train.n_items)))
    return lambda at: rows[at] @ model.B_.T


WEIGHTS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
PENALTIES = (0.01, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
EASE = next(one for one in ALL if one.name == "ease")
SAME_WEIGHTS = "minutes for each setting on 10,000 items; the weights are those of `ease`"
RIVALS = (
    ListModel("implicit ALS", implicit, {"alpha": WEIGHTS, "regularization": PENALTIES},
              [{"alpha": 10.0, "regularization": 10.0}], "factors", module="implicit", distribution="implicit"),
    ListModel("LensKit ImplicitMF", lenskit, {"weight": WEIGHTS, "regularization": PENALTIES},
              [{"weight": 10.0, "regularization": 10.0}], "embedding_size", 128, "lenskit", "lenskit",
              "it factorizes a matrix for every row in every epoch"),
    ListModel("LensKit ItemKNN", lenskit_knn,
              {"max_nbrs": (10, 20, 50, 100, 200, 500, 1000), "min_sim": (1e-6, 0.01, 0.02, 0.05, 0.1)},
              [{"max_nbrs": 100, "min_sim": 1e-6}], "", module="lenskit", distribution="lenskit",
              too_large="it scores users one at a time"),
    ListModel("rusket EASE", rusket_ease, EASE.grid, EASE.starts, "", module="rusket", distribution="rusket",
              too_large=SAME_WEIGHTS),
    ListModel("rusket ALS", rusket_als, {"alpha": WEIGHTS, "regularization": PENALTIES},
              [{"alpha": 10.0, "regularization": 10.0}], "factors", module="rusket", distribution="rusket"),
    ListModel("irspack iALS", irspack_ials,
              {"alpha0": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0), "reg": (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)},
              [{"alpha0": 0.1, "reg": 0.003}], "n_components", module="irspack", distribution="irspack"),
    ListModel("irspack RP3beta", irspack_rp3beta,
              {"alpha": (0.4, 0.6, 0.8, 1.0, 1.25, 1.5), "beta": (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
               "top_k": (20, 50, 100, 200, 500, 1000, 2000)},
              [{"alpha": 1.0, "beta": 0.4, "top_k": 200}], "", module="irspack", distribution="irspack"),
    ListModel("elsarec ELSA", elsarec, {"epochs": (5, 10, 20, 40), "batch_size": (64, 128, 256, 512)},
              [{"epochs": 10, "batch_size": 256}], "n_dims", module="elsa", distribution="elsarec",
              too_large="minutes for each setting on 10,000 items"),
    ListModel("RecTools EASE", rectools_ease, EASE.grid, EASE.starts, "", module="rectools", distribution="RecTools",
              too_large=SAME_WEIGHTS),
    ListModel("cmfrec CMF_implicit", cmfrec_implicit, {"alpha": WEIGHTS, "lambda_": PENALTIES},
              [{"alpha": 10.0, "lambda_": 10.0}], "k", module="cmfrec", distribution="cmfrec"),
)  # fmt: skip


def installed() -> list[ListModel]:
    """The rivals whose library can be imported. A line on standard error names each of the others."""
    found = []
    for one in RIVALS:
        try:
            importlib.import_module(one.module)
        except ImportError as error:
            sys.stderr.write(f"{one.name} is left out: {error}; see benchmarks/external/README.md\n")
        else:
            found.append(one)
    return found
