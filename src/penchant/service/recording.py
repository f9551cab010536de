"""Lists of users, made for their arm of the experiment, and recorded so that outcomes can be reported against them."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.recommending.options import ListOptions
from penchant.recommending.results import Ranking
from penchant.service.experiments import Arm, OnlineExperiment
from penchant.service.storage.database import now
from penchant.service.storage.given_lists import GivenItem, GivenList, ListStore
from penchant.service.user_service import ServedUser

_log = logging.getLogger("penchant.service")
MOST = 20_000
"""Lists that wait to be written; where the database is away for long, the oldest are dropped."""

POOL = 2
"""An explored list of n items is drawn from the POOL · n best."""


class Recorder:
    """Records lists, a batch at a time. share: of the lists that are drawn at random.

    A list is written within a second. One that is lost because the server was killed before had no outcome yet.
    """

    def __init__(self, store: ListStore, experiment: OnlineExperiment | None, *, on: bool, share: float) -> None:
        self._store, self.experiment, self._share = store, experiment, share
        self.on = on or experiment is not None or share > 0
        self._waiting: deque[GivenList] = deque(maxlen=MOST)
        self._turn = threading.Lock()

    def arm(self, user_id: str, options: ListOptions) -> Arm:
        """How the user's list is made; a request that says how is not part of the experiment."""
        if self.experiment is None or options.by is not None:
            return Arm("")
        return self.experiment.arm(user_id)

    def listed(self, person: ServedUser, options: ListOptions, arm: Arm) -> tuple[Ranking, str | None]:
        """The user's list, and its id where lists are recorded."""
        options = replace(options, by=options.by or arm.by)
        if not self.on or person.user_id is None:
            return person.state.ranking(options), None
        explored = self._share > 0 and options.explore is None and secrets.randbelow(10**9) < self._share * 10**9
        n = options.n
        pool = person.state.ranking(replace(options, n=POOL * n)) if self._share else person.state.ranking(options)
        size = len(pool)
        picked = np.arange(min(n, size))
        if explored:
            picked = np.random.default_rng(secrets.randbits(64)).permutation(size)[:n]
        drawn = min(n, size) / max(size, 1)
        items = [
            GivenItem(str(pool.ids[at]), self._share * drawn + (1 - self._share) * (at < n), at < n, drawn)
            for at in picked.tolist()
        ]
        given = GivenList(
            secrets.token_hex(16), person.user_id, self.experiment.name if arm.name and self.experiment else "",
            arm.name, person.live.version, pool.source, explored, items, now(),
        )  # fmt: skip
        self._waiting.append(given)
        return _picked(pool, picked), given.list_id

    def flush(self) -> None:
        """Write what waits."""
        with self._turn:
            batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if not batch:
                return
            try:
                self._store.add(batch)
            except BaseException:
                self._waiting.extendleft(reversed(batch))
                raise


def _picked(ranking: Ranking, places: NDArray[np.int64]) -> Ranking:
    """The list of the items at these places of another."""
    arrays = ("scores", "predicted", "std", "p_like", "p_choose", "support")
    kept: dict[str, Any] = {name: None if (one := getattr(ranking, name)) is None else one[places] for name in arrays}
    lists = ("ids", "titles", "sources")
    texts: dict[str, Any] = {name: [getattr(ranking, name)[at] for at in places.tolist()] for name in lists}
    return replace(ranking, **kept, **texts)
