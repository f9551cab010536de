"""The rows of a table that a model was not trained on."""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.data.splitting import Split, split_rows
from penchant.recommending.recommender import Model


def unseen_rows(model: Model, table: Ratings) -> Split | None:
    """A split whose test is the rows that training did not see, or None when it saw them all."""
    trained = model.trained
    users = trained.users.vocabulary.numbers(table.users.ids)[table.user_numbers].astype(np.int64)
    items = trained.items.vocabulary.numbers(table.items.ids)[table.item_numbers].astype(np.int64)
    width = len(trained.items)
    known = trained.interactions.users.astype(np.int64) * width + trained.interactions.items
    seen = np.isin(users * width + items, known) & (users >= 0) & (items >= 0)
    if seen.all():
        return None
    question = "How well are ratings predicted that training did not see?"
    return split_rows(table, np.flatnonzero(~seen), question=question, name="rows not trained on")
