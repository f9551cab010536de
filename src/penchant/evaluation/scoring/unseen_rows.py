"""The rows of a table that a model was not trained on."""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.data.splitting import Split, split_rows
from penchant.recommending.recommender import Model


def unseen_rows(model: Model, table: Ratings) -> Split | None:
    """A split whose test part is the rows the model was not trained on; None if it was trained on all of them."""
    trained = model.trained
    users = trained.users.vocabulary.numbers(table.users.ids)[table.user_numbers].astype(np.int64)
    items = trained.items.vocabulary.numbers(table.items.ids)[table.item_numbers].astype(np.int64)
    width = len(trained.items)
    owners = np.repeat(np.arange(len(trained.users), dtype=np.int64), trained.seen.counts)
    seen = np.isin(users * width + items, owners * width + trained.seen.numbers) & (users >= 0) & (items >= 0)
    if seen.all():
        return None
    question = "How well are ratings predicted that the model was not trained on?"
    return split_rows(table, np.flatnonzero(~seen), question=question, name="rows not trained on")
