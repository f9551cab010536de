"""Popularity by window, trends, first times, and what users with similar histories chose lately."""

from __future__ import annotations

import numpy as np
import pytest

from penchant.data.interactions import Interactions
from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import CallerError
from penchant.recommending.popularity import DAY, PRIOR_INTERACTIONS, Popularity
from penchant.recommending.recent_neighbours import RecentNeighbours
from penchant.recommending.recommender import Recommender
from penchant.recommending.train_parts import train
from worlds import small_ratings

ROWS = (  # user, item, day
    (0, 0, 0), (1, 0, 1), (2, 0, 2), (3, 1, 80), (0, 1, 95), (1, 2, 96), (2, 2, 97), (3, 2, 99), (0, 2, 100),
)  # fmt: skip


def ratings(*, times: bool = True) -> Ratings:
    users, items, days = np.array(ROWS).T
    return Ratings(
        users.astype(np.int32), items.astype(np.int32), np.ones(len(ROWS), np.float32), Vocabulary(range(4)),
        Vocabulary(range(5)), Scale(0, 1), days * DAY if times else None,
    )  # fmt: skip


def popularity(*, times: bool = True) -> Popularity:
    return Popularity(Interactions.of(ratings(times=times)), 5)


def test_counts_by_window() -> None:
    found = popularity()
    assert found.now == 100 * DAY
    assert found.counts(None).tolist() == [3, 2, 4, 0, 0]
    assert found.counts(7).tolist() == [0, 1, 4, 0, 0]
    assert found.counts(3).tolist() == [0, 0, 3, 0, 0]
    assert found.counts(1000).tolist() == [3, 2, 4, 0, 0]


def test_windows_end_at_the_time_given() -> None:
    later = Popularity(Interactions.of(ratings()), 5, now=104 * DAY)
    assert later.counts(7).tolist() == [0, 0, 3, 0, 0]


def test_a_trend_is_a_smoothed_ratio_of_shares() -> None:
    trend = popularity().trending(7, 200)
    expected = np.array([3, 1, 0, 0, 0]) * 5 / 4
    recent = np.array([0, 1, 4, 0, 0])
    np.testing.assert_allclose(trend, (recent + PRIOR_INTERACTIONS) / (expected + PRIOR_INTERACTIONS))
    assert trend[3] == 1


def test_latest_is_the_first_time_of_each_item() -> None:
    assert popularity().latest().tolist() == [0, 80 * DAY, 96 * DAY, -np.inf, -np.inf]


def test_without_times_every_window_is_all_time_and_trends_are_refused() -> None:
    found = popularity(times=False)
    assert found.now is None
    assert found.counts(7).tolist() == [3, 2, 4, 0, 0]
    for ask in (found.trending, found.latest):
        with pytest.raises(CallerError, match="no timestamps"):
            ask()


def test_no_interaction_at_all() -> None:
    assert Popularity(Interactions.none(3), 2).counts(7).tolist() == [0, 0]


@pytest.fixture(scope="module")
def model() -> Recommender:
    return train(ratings(), "baseline")


def test_lists_by_order_and_window(model: Recommender) -> None:
    assert model.popular(9).ids == [2, 0, 1]
    assert model.popular(9).scores.tolist() == [4, 3, 2]
    assert model.popular(9, window=7).ids == [2, 1]
    latest = model.popular(9, order="latest")
    assert (latest.ids, latest.scores.tolist(), latest.by) == ([2, 1, 0], [-4, -20, -100], "latest")
    assert model.popular(9, order="trending", window=7).ids[0] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"order": "best"}, "no order 'best'"), ({"window": 0}, "a window of 0 days"), ({"window": "7"}, "window")],
)
def test_orders_and_windows_that_do_not_exist(model: Recommender, arguments: dict, message: str) -> None:
    with pytest.raises(CallerError, match=message):
        model.popular(3, **arguments)


def test_a_window_needs_timestamps() -> None:
    with pytest.raises(CallerError, match="no timestamps"):
        train(ratings(times=False), "baseline").popular(3, window=7)


# --- neighbours ------------------------------------------------------------------------------------------------------


def plain_scores(known: Interactions, n_items: int, history: np.ndarray, window: float, user: int | None) -> np.ndarray:
    """The definition, user by user."""
    weights = np.maximum(np.bincount(known.items, minlength=n_items), 1) ** -0.25

    def vector(items: np.ndarray) -> np.ndarray:
        own = np.zeros(n_items)
        own[items] = weights[items]
        return own / max(np.sqrt((own**2).sum()), 1e-300)

    asked, total = vector(history), np.zeros(n_items)
    for other in range(known.n_users):
        at = slice(known.starts[other], known.starts[other + 1])
        chosen = known.items[at][known.timestamps[at] >= known.timestamps.max() - window * DAY]
        if other != user:
            total[chosen] += asked @ vector(known.items[at])
    return total


@pytest.mark.parametrize("window", [3, 30, 1000])
def test_scores_are_sums_of_cosines(window: float) -> None:
    world = small_ratings()
    known = Interactions.of(world)
    neighbours = RecentNeighbours.of(known, world.n_items, window=window)
    assert neighbours is not None
    users = np.array([0, 7, 23])
    for user in users:
        history = known.row(user)[0]
        expected = plain_scores(known, world.n_items, history, window, user)
        np.testing.assert_allclose(neighbours.scores(history, user), expected, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(neighbours.table(np.array([user]))[0], expected, rtol=1e-4, atol=1e-6)
    anonymous = plain_scores(known, world.n_items, known.row(7)[0], window, None)
    np.testing.assert_allclose(neighbours.scores(known.row(7)[0]), anonymous, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(neighbours.table(users)[1], neighbours.table(users[1:])[0])


def test_unknown_users_and_empty_histories_score_zero() -> None:
    world = small_ratings()
    neighbours = RecentNeighbours.of(Interactions.of(world), world.n_items)
    assert neighbours is not None
    assert not neighbours.scores(np.array([], np.int32)).any()
    table = neighbours.table(np.array([-1, 0, world.n_users]))
    assert table[1].any() and not table[0].any() and not table[2].any()


def test_without_times_there_are_no_recent_neighbours() -> None:
    assert RecentNeighbours.of(Interactions.of(ratings(times=False)), 5) is None
