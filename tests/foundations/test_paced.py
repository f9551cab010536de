"""Bulk work that lets short requests go first."""

from __future__ import annotations

import pytest

from penchant.foundations import threads
from penchant.foundations.threads import PIECE, paced


class Clocks:
    """Clocks of a thread that works a second for each row, of which it has the given share of the time."""

    def __init__(self, share: float) -> None:
        self.share, self.own, self.slept = share, 0.0, 0.0

    def thread_time(self) -> float:
        return self.own

    def perf_counter(self) -> float:
        return self.own / self.share + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


@pytest.mark.parametrize("share, slept", [(1.0, 0.0), (0.9, 0.0), (0.5, 2 * PIECE * threads.PATIENCE)])
def test_it_sleeps_where_others_kept_it_from_the_lock(
    share: float, slept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = Clocks(share)
    monkeypatch.setattr(threads, "time", clocks)
    rows = []
    for row in paced(range(2 * PIECE)):
        rows.append(row)
        clocks.own += 1
    assert rows == list(range(2 * PIECE))
    assert clocks.slept == slept
