"""RecentNeighbours: recent choices of users with similar histories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from penchant.data.interactions import Interactions
from penchant.data.vocabulary import UNKNOWN, Numbers
from penchant.recommending.popularity import DAY

WINDOW = 7.0
"""The length of the window of recent choices, in days."""

_DISCOUNT = 0.25
"""The weight of an item in a history is the number of its interactions to the power of minus this."""

_TABLE = 2**22
"""The highest number of entries in the table of a block of users."""


@dataclass(frozen=True)
class RecentNeighbours:
    """The users with recent choices, their histories, and these choices.

    The score of item i for user u is the sum, over the other users who chose i in the window, of the cosine between
    their history and that of u. A history is a vector over items; an item's weight falls with its number of
    interactions. weights: (I,), the weight of each item. starts: (I + 1,), neighbours: (m,), cosines: (m,): by item,
    the rows of the neighbours whose history holds it, and its weight in that history scaled to length one. chosen: a
    sparse matrix (A, I), the recent choices of the A neighbours. rows: (U,), the row of each user, or UNKNOWN.
    """

    weights: NDArray[np.float32]
    starts: NDArray[np.int64]
    neighbours: Numbers
    cosines: NDArray[np.float32]
    chosen: Any
    rows: Numbers
    histories: Interactions

    @classmethod
    def of(
        cls, interactions: Interactions, n_items: int, *, window: float = WINDOW, now: int | None = None
    ) -> Self | None:
        """From the interactions of all users; None without times.

        n_items: I. window: in days, ending at `now` (seconds since 1970), or at the latest interaction.
        """
        from scipy.sparse import csr_array

        times = interactions.timestamps
        if times is None or not len(times):
            return None
        users = interactions.users
        counts = np.bincount(interactions.items, minlength=n_items)
        weights = (np.maximum(counts, 1) ** -_DISCOUNT).astype(np.float32)
        recent = times >= (int(times.max()) if now is None else now) - window * DAY
        active = np.unique(users[recent])
        rows = np.full(interactions.n_users, UNKNOWN, np.int32)
        rows[active] = np.arange(len(active))
        shape = (len(active), n_items)
        own = rows[users] != UNKNOWN
        of_user, of_item = rows[users[own]], interactions.items[own]
        length = np.sqrt(np.bincount(of_user, np.square(weights[of_item], dtype=np.float64), minlength=len(active)))
        cosines = (weights[of_item] / length[of_user]).astype(np.float32)
        by_item = csr_array((cosines, (of_item, of_user)), shape=shape[::-1])
        chosen = csr_array(
            (np.ones(np.count_nonzero(recent), np.float32), (rows[users[recent]], interactions.items[recent])),
            shape=shape,
        )
        return cls(weights, by_item.indptr.astype(np.int64), by_item.indices, by_item.data, chosen, rows, interactions)

    def grown(self, n_items: int) -> RecentNeighbours:
        """The same for more items, I of them, where no user has chosen a new one."""
        from scipy.sparse import csr_array

        more = n_items - len(self.weights)
        chosen = self.chosen
        return replace(
            self,
            weights=np.pad(self.weights, (0, more), constant_values=1),
            starts=np.pad(self.starts, (0, more), mode="edge"),
            chosen=csr_array((chosen.data, chosen.indices, chosen.indptr), shape=(chosen.shape[0], n_items)),
        )

    def scores(self, items: Numbers, user: int | None = None) -> NDArray[np.float32]:
        """The scores of all items for one history, (I,).

        items: (h,) the item numbers of the history. user: the number of a known user, whose own choices are not
        counted.
        """
        total = np.zeros(len(self.weights), np.float32)
        if not len(items) or not len(self.neighbours):
            return total
        own = self.weights[items] / np.sqrt(np.square(self.weights[items]).sum())
        first, counts = self.starts[items], self.starts[items + 1] - self.starts[items]
        ends = np.cumsum(counts)
        at = np.repeat(first - ends + counts, counts) + np.arange(ends[-1])
        similarity = np.bincount(
            self.neighbours[at], self.cosines[at] * np.repeat(own, counts), minlength=self.chosen.shape[0]
        ).astype(np.float32)
        if user is not None and (row := self._rows_of(np.array([user]))[0]) != UNKNOWN:
            similarity[row] = 0
        scores: NDArray[np.float32] = self.chosen.T @ similarity
        return scores

    def table(self, users: Numbers) -> NDArray[np.float32]:
        """The scores of all items for B known users with their stored histories, (B, I); 0 for unknown users."""
        from scipy.sparse import csr_array

        by_item = csr_array((self.cosines, self.neighbours, self.starts), shape=self.chosen.shape[::-1])
        table = np.zeros((len(users), len(self.weights)), np.float32)
        height = max(1, _TABLE // max(len(self.weights), self.chosen.shape[0]))
        for start in range(0, len(users), height):
            block = users[start : start + height]
            similarity = (self._histories_of(block) @ by_item).toarray()
            row = self._rows_of(block)
            known = np.flatnonzero(row != UNKNOWN)
            similarity[known, row[known]] = 0
            table[start : start + height] = (self.chosen.T @ similarity.T).T
        return table

    def _rows_of(self, users: Numbers) -> Numbers:
        """The rows of B users among the neighbours, (B,), or UNKNOWN."""
        known = (users >= 0) & (users < len(self.rows))
        found: Numbers = np.where(known, self.rows[np.where(known, users, 0)], UNKNOWN)
        return found

    def _histories_of(self, users: Numbers) -> Any:
        """The histories of B users as a sparse matrix (B, I) of rows of length one."""
        from scipy.sparse import csr_array

        known = (users >= 0) & (users < len(self.rows))
        numbers = np.where(known, users, 0)
        counts = np.where(known, self.histories.counts[numbers], 0)
        starts = np.concatenate([[0], np.cumsum(counts)])
        at = np.repeat(self.histories.starts[numbers] - starts[:-1], counts) + np.arange(starts[-1])
        items = self.histories.items[at]
        weights, owners = self.weights[items], np.repeat(np.arange(len(users)), counts)
        length = np.sqrt(np.bincount(owners, np.square(weights), minlength=len(users))).astype(np.float32)
        return csr_array((weights / length[owners], items, starts), shape=(len(users), len(self.weights)))
