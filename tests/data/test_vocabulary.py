"""Ids are mapped to numbers and back, without confusing ids of different kinds."""

import uuid

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.data.vocabulary import UNKNOWN, Vocabulary
from penchant.foundations.errors import DataError

IDS = st.one_of(st.lists(st.integers(-(2**62), 2**62), unique=True), st.lists(st.text(max_size=5), unique=True))


@settings(deadline=None)
@given(IDS)
def test_ids_are_mapped_to_numbers_and_back(ids):
    vocabulary = Vocabulary(ids)
    assert vocabulary.numbers(ids).tolist() == list(range(len(ids)))
    assert vocabulary.take(vocabulary.numbers(ids)).tolist() == ids
    assert vocabulary.numbers(np.array(ids, dtype=vocabulary.ids.dtype)).tolist() == list(range(len(ids)))


def test_unknown_ids_have_the_number_unknown():
    assert Vocabulary([5, 7]).numbers([7, 6, None, "x", 5.5, True]).tolist() == [1] + [UNKNOWN] * 5
    assert Vocabulary(["a"]).numbers(np.array([1, 2])).tolist() == [UNKNOWN] * 2


def test_a_whole_number_is_found_by_its_text_and_the_reverse():
    assert Vocabulary([10, 20]).number("20") == 1
    assert Vocabulary(["10", "20"]).number(np.int64(20)) == 1
    one = uuid.uuid4()
    assert Vocabulary([str(one)]).number(one) == 0


def test_extending_keeps_the_numbers():
    vocabulary = Vocabulary([3, 1]).extended([1, 9, 9, 4])
    assert vocabulary.ids.tolist() == [3, 1, 9, 4]
    same = Vocabulary([3])
    assert same.extended([3]) is same
    with pytest.raises(DataError, match=r"the ids are whole numbers, but 'x' is a text"):
        same.extended(["x"])


@pytest.mark.parametrize("ids", [[1, "a"], [1.5], [True, False], [None], np.array([1.0, 2.0])])
def test_ids_of_other_or_mixed_kinds_are_refused(ids):
    with pytest.raises(DataError, match="all whole numbers or all texts"):
        Vocabulary(ids)


def test_an_id_twice_is_refused():
    with pytest.raises(DataError, match="1 ids of the vocabulary occur twice"):
        Vocabulary(["a", "b", "a"])
