from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.made_rankings import MadeUser, made_users, ranks_of
from penchant.foundations.errors import DataError
from penchant.metrics.full_ranking import ItemSets, rank_items


@given(st.lists(made_users(), min_size=1, max_size=5), st.integers(1, 15), st.integers(1, 4))
def test_the_order_is_score_first_then_the_lower_item_number(made: list[MadeUser], depth: int, block: int) -> None:
    ranks = ranks_of(made, depth=depth, block=block)
    for number, user in enumerate(made):
        expected = (user.order + [-1] * 15)[:depth]
        assert ranks.top[number].tolist() == expected
        mine = slice(ranks.starts[number], ranks.starts[number + 1])
        assert ranks.positions[mine].tolist() == sorted(user.order.index(item) for item in user.gains)
        assert ranks.candidates[number] == len(user.order)


@given(st.lists(made_users(), min_size=1, max_size=5))
def test_gains_are_sorted_with_their_items(made: list[MadeUser]) -> None:
    ranks = ranks_of(made)
    for number, user in enumerate(made):
        mine = slice(ranks.starts[number], ranks.starts[number + 1])
        found = [user.gains[user.order[place]] for place in ranks.positions[mine]]
        assert ranks.gains[mine].tolist() == found


@given(st.lists(made_users(), min_size=2, max_size=5))
def test_the_result_does_not_depend_on_the_block_size(made: list[MadeUser]) -> None:
    one, all_at_once = ranks_of(made, block=1), ranks_of(made, block=100)
    np.testing.assert_array_equal(one.positions, all_at_once.positions)
    np.testing.assert_array_equal(one.midranks, all_at_once.midranks)
    np.testing.assert_array_equal(one.top, all_at_once.top)


def one_user(scores: list[float], relevant: list[int], excluded: list[int]) -> None:
    table = np.array([scores])
    sets = [ItemSets(np.array([0, len(items)]), np.array(items, dtype=int)) for items in (relevant, excluded)]
    rank_items(lambda users: table[users], np.array([0]), relevant=sets[0], excluded=sets[1], depth=3)


def test_a_score_that_is_no_number_is_refused() -> None:
    with pytest.raises(DataError, match="a score is NaN"):
        one_user([1.0, np.nan, 2.0], [0], [])


def test_testing_on_a_training_pair_is_refused() -> None:
    with pytest.raises(DataError, match="excluded from the ranking"):
        one_user([1.0, 2.0, 3.0], [0, 1], [1])


def test_a_user_without_relevant_items_is_refused() -> None:
    with pytest.raises(DataError, match="no relevant item"):
        one_user([1.0, 2.0], [], [])
