"""Features become a sparse matrix whose columns were learnt from training rows only."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.data.binning import bin_edges, round_up
from penchant.data.features import FeatureEncoder, FeatureTable, table_from_rows
from penchant.data.movielens import movielens
from penchant.foundations.errors import DataError

KINDS = {"genres": "many", "country": "category", "year": "number", "plot": "text"}


def table(**columns) -> FeatureTable:
    return FeatureTable(columns, {name: KINDS[name] for name in columns})


def fit(made: FeatureTable, **options) -> FeatureEncoder:
    return FeatureEncoder.fit(made, np.ones(len(made)), **{"minimum": 1, **options})


def test_labels_light_their_columns():
    made = table(genres=[("Comedy", "War"), ("War",), None, ()], country=["US", None, "SU", float("nan")])
    encoder = fit(made)
    assert encoder.names == ("genres=Comedy", "genres=War", "country=SU", "country=US")
    half = math.sqrt(0.5)
    expected = [[half, half, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    encoded = encoder.encode(made)
    assert (encoded.format, encoded.dtype, encoded.shape) == ("csr", np.float32, (4, 4))
    np.testing.assert_allclose(encoded.toarray(), expected, rtol=1e-6)


def test_only_rated_rows_teach_the_encoder():
    made = table(genres=[("A",), ("B",), ("Secret",)], year=[1990.0, 1991.0, 2050.0])
    encoder = FeatureEncoder.fit(made, np.array([2, 5, 0]), minimum=1)
    altered = table(genres=[("A",), ("B",), ("Other",)], year=[1990.0, 1991.0, 1800.0])
    assert encoder == FeatureEncoder.fit(altered, np.array([2, 5, 0]), minimum=1)
    assert not any("Secret" in name for name in encoder.names)
    assert encoder.encode(made).toarray()[2, : encoder.names.index("genres=B") + 1].sum() == 0


def test_rare_labels_are_dropped_and_the_most_common_kept():
    made = table(country=["a"] * 5 + ["b"] * 4 + ["c"] * 3 + ["d"])
    assert fit(made, minimum=3).names == ("country=a", "country=b", "country=c")
    assert fit(made, limit=2).names == ("country=a", "country=b")


def test_years_fall_into_bins_of_five():
    ratings = movielens()
    encoder = FeatureEncoder.fit(ratings.item_features, ratings.by_item().counts)
    assert {"year=1990..1995", "year=1995..2000", "year>=2010"} <= set(encoder.names)
    assert "genres=Film-Noir" in encoder.names
    row = encoder.encode(table_from_rows([{"year": 1994, "genres": "Comedy|War"}], encoder.kinds))
    lit = {encoder.names[at] for at in row.indices}
    assert lit == {"year=1990..1995", "genres=Comedy", "genres=War"}


def test_a_number_left_and_right_of_an_edge():
    made = table(year=[float(n) for n in range(100)])
    encoder = fit(made)
    assert "year=10..15" in encoder.names and encoder.names[0] == "year<5" and encoder.names[-1] == "year>=95"
    lit = encoder.encode(table(year=[-1e9, 9.999, 10, 1e9, float("nan"), None, float("inf")]))
    assert [encoder.names[at] for at in lit.indices] == ["year<5", "year=5..10", "year=10..15", "year>=95"]
    assert np.diff(lit.indptr).tolist() == [1, 1, 1, 1, 0, 0, 0]


def test_skewed_numbers_are_binned_by_filling():
    edges = bin_edges(np.exp(np.random.default_rng(0).normal(size=2000) * 4))
    filled = np.histogram(np.exp(np.random.default_rng(0).normal(size=2000) * 4), [0, *edges, np.inf])[0]
    assert len(filled) >= 5 and filled.max() < 2 * filled.min()


def test_bins_of_large_numbers_have_names_of_their_own():
    made = table(year=[float(10**9 + n) for n in range(100)])
    assert len(fit(made).names) == len(fit(made).edges["year"]) + 1


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=60))
def test_bins_rise_and_split_what_differs(numbers):
    numbers = np.array(numbers, dtype=np.float64)
    edges = bin_edges(numbers)
    assert list(edges) == sorted(set(edges)) and len(edges) <= 24
    different = numbers.min() != numbers.max()
    assert bool(edges) == different
    if different:
        places = np.searchsorted(edges, numbers, side="right")
        assert places.min() < places.max()


@pytest.mark.parametrize(("width", "expected"), [(0.03, 0.05), (1, 1), (4.2, 5), (5, 5), (6, 10), (1200, 2000)])
def test_round_widths(width, expected):
    assert round_up(width) == pytest.approx(expected)


def test_columns_that_tell_nothing_apart_vanish():
    made = table(country=["US"] * 4, year=[1990.0] * 4, genres=[None] * 4, plot=["same words"] * 4)
    encoder = fit(made)
    assert encoder.width == 0
    assert encoder.encode(made).shape == (4, 0)


def test_words_of_free_text_are_hashed_alike_everywhere():
    made = table(plot=["A shark, a SHARK!", "a dog", None, "zebra"])
    encoder = fit(made)
    encoded = encoder.encode(made)
    np.testing.assert_allclose(np.linalg.norm(encoded.toarray(), axis=1), [1, 1, 0, 1], rtol=1e-6)
    code = "from penchant.data.feature_encoding import _words; print(_words('plot', 'text', 'shark', {})[0])"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.strip() in encoder.names


CELLS = {
    "genres": st.one_of(st.none(), st.text(max_size=6), st.lists(st.text(max_size=4), max_size=4)),
    "country": st.one_of(st.none(), st.text(max_size=4), st.integers(0, 3), st.just(float("nan"))),
    "year": st.one_of(st.none(), st.integers(-5, 5), st.floats()),
    "plot": st.one_of(st.none(), st.text(max_size=12)),
}


@given(st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=12))
def test_whatever_the_cells_encoding_survives_a_journey_through_json(rows):
    made = table_from_rows(rows, KINDS)
    encoder = fit(made)
    encoded = encoder.encode(made)
    assert encoded.shape == (len(rows), encoder.width)
    assert np.isfinite(encoded.data).all() and encoded.has_canonical_format
    back = FeatureEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert back == encoder
    np.testing.assert_array_equal(back.encode(made).toarray(), encoded.toarray())


def test_taking_rows_and_rows_of_which_nothing_is_known():
    made = FeatureTable({"year": [1.0, 2.0]}, {"year": "number"}, ["one", "two"])
    taken = made.take(np.array([1, -1, 0]))
    assert taken.columns["year"] == [2.0, None, 1.0] and taken.titles == ["two", None, "one"]
    assert made.grown(3).row(2) == {"year": None}
    assert len(FeatureTable({}, {}, ["a"])) == 1


def test_columns_that_do_not_fit_each_other_are_refused():
    with pytest.raises(DataError, match="do not fit"):
        table(country=["a"], year=[1.0, 2.0])
    with pytest.raises(DataError, match="do not fit"):
        FeatureTable({"year": [1.0]}, {})
