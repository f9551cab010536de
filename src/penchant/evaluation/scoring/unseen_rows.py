"""The rows of a table that a model was not trained on."""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.data.splitting import Split, split_rows
from penchant.recommending.recommender import Recommender, index_of


def unseen_rows(model: Recommender, table: Ratings) -> Split | None:
    """A split whose test part is the rows the model was not trained on; None if it was trained on all of them."""
    index = index_of(model)
    users = index.users.numbers(table.users.ids)[table.user_numbers].astype(np.int64)
    items = index.items.numbers(table.items.ids)[table.item_numbers].astype(np.int64)
    width, rated = len(index.items), index.seen
    owners = np.repeat(np.arange(len(index.users), dtype=np.int64), rated.counts)
    seen = np.isin(users * width + items, owners * width + rated.numbers) & (users >= 0) & (items >= 0)
    if seen.all():
        return None
    question = "How well are ratings predicted that the model was not trained on?"
    return split_rows(table, np.flatnonzero(~seen), question=question, name="rows not trained on")
