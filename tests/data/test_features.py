"""Features are encoded as a sparse matrix whose columns are fitted on training rows only."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from penchant.data.binning import bin_edges, round_up
from penchant.data.feature_encoding import FeatureEncoder
from penchant.data.features import FeatureTable, table_from_rows
from penchant.data.movielens import movielens
from penchant.foundations.errors import DataError

KINDS = {"genres": "many", "country": "category", "year": "number", "plot": "text"}


def table(**columns) -> FeatureTable:
    return FeatureTable(columns, {name: KINDS[name] for name in columns})


def fit(features: FeatureTable, **options) -> FeatureEncoder:
    return FeatureEncoder.fit(features, np.ones(len(features)), **{"minimum": 1, **options})


def test_labels_set_their_columns():
    features = table(genres=[("Comedy", "War"), ("War",), None, ()], country=["US", None, "SU", float("nan")])
    encoder = fit(features)
    assert encoder.names == ("genres=Comedy", "genres=War", "country=SU", "country=US")
    half = math.sqrt(0.5)
    expected = [[half, half, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    encoded = encoder.encode(features)
    assert (encoded.format, encoded.dtype, encoded.shape) == ("csr", np.float32, (4, 4))
    np.testing.assert_allclose(encoded.toarray(), expected, rtol=1e-6)


def test_only_rated_rows_are_used_to_fit_the_encoder():
    features = table(genres=[("A",), ("B",), ("Secret",)], year=[1990.0, 1991.0, 2050.0])
    encoder = FeatureEncoder.fit(features, np.array([2, 5, 0]), minimum=1)
    altered = table(genres=[("A",), ("B",), ("Other",)], year=[1990.0, 1991.0, 1800.0])
    assert encoder == FeatureEncoder.fit(altered, np.array([2, 5, 0]), minimum=1)
    assert not any("Secret" in name for name in encoder.names)
    assert encoder.encode(features).toarray()[2, : encoder.names.index("genres=B") + 1].sum() == 0


def test_rare_labels_are_dropped_and_the_most_common_kept():
    features = table(country=["a"] * 5 + ["b"] * 4 + ["c"] * 3 + ["d"])
    assert fit(features, minimum=3).names == ("country=a", "country=b", "country=c")
    assert fit(features, limit=2).names == ("country=a", "country=b")


def test_years_fall_into_bins_of_five():
    ratings = movielens()
    encoder = FeatureEncoder.fit(ratings.item_features, ratings.by_item().counts)
    assert {"year=1990..1995", "year=1995..2000", "year>=2010"} <= set(encoder.names)
    assert "genres=Film-Noir" in encoder.names
    row = encoder.encode(table_from_rows([{"year": 1994, "genres": "Comedy|War"}], encoder.kinds))
    assert {encoder.names[at] for at in row.indices} == {"year=1990..1995", "genres=Comedy", "genres=War"}


def test_a_number_below_and_above_an_edge():
    features = table(year=[float(n) for n in range(100)])
    encoder = fit(features)
    assert "year=10..15" in encoder.names and encoder.names[0] == "year<5" and encoder.names[-1] == "year>=95"
    encoded = encoder.encode(table(year=[-1e9, 9.999, 10, 1e9, float("nan"), None, float("inf")]))
    assert [encoder.names[at] for at in encoded.indices] == ["year<5", "year=5..10", "year=10..15", "year>=95"]
    assert np.diff(encoded.indptr).tolist() == [1, 1, 1, 1, 0, 0, 0]


def test_skewed_numbers_are_binned_at_quantiles():
    edges = bin_edges(np.exp(np.random.default_rng(0).normal(size=2000) * 4))
    filled = np.histogram(np.exp(np.random.default_rng(0).normal(size=2000) * 4), [0, *edges, np.inf])[0]
    assert len(filled) >= 5 and filled.max() < 2 * filled.min()


def test_bins_of_large_numbers_have_distinct_names():
    features = table(year=[float(10**9 + n) for n in range(100)])
    assert len(fit(features).names) == len(fit(features).edges["year"]) + 1


@settings(deadline=None)
@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=60))
@example([0.0, 5e-324])
def test_bin_edges_ascend_and_separate_different_numbers(numbers):
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


def test_columns_with_one_value_are_left_out():
    features = table(country=["US"] * 4, year=[1990.0] * 4, genres=[None] * 4, plot=["same words"] * 4)
    encoder = fit(features)
    assert encoder.width == 0
    assert encoder.encode(features).shape == (4, 0)


def test_words_of_free_text_have_the_same_hash_in_every_process():
    features = table(plot=["A shark, a SHARK!", "a dog", None, "zebra"])
    encoder = fit(features)
    encoded = encoder.encode(features)
    np.testing.assert_allclose(np.linalg.norm(encoded.toarray(), axis=1), [1, 1, 0, 1], rtol=1e-6)
    code = "from penchant.data.feature_encoding import _cell_names; print(_cell_names('plot', 'text', 'shark', {})[0])"
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


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=12))
def test_an_encoder_of_any_cells_is_restored_from_json(rows):
    features = table_from_rows(rows, KINDS)
    encoder = fit(features)
    encoded = encoder.encode(features)
    assert encoded.shape == (len(rows), encoder.width)
    assert np.isfinite(encoded.data).all() and encoded.has_canonical_format
    back = FeatureEncoder.from_json(json.loads(json.dumps(encoder.to_json())))
    assert back == encoder
    np.testing.assert_array_equal(back.encode(features).toarray(), encoded.toarray())


def test_taking_rows_and_rows_of_missing_values():
    features = FeatureTable({"year": [1.0, 2.0]}, {"year": "number"}, ["one", "two"])
    taken = features.take(np.array([1, -1, 0]))
    assert taken.columns["year"] == [2.0, None, 1.0] and taken.titles == ["two", None, "one"]
    assert features.grown(3).row(2) == {"year": None}
    assert len(FeatureTable({}, {}, ["a"])) == 1


def test_columns_of_different_lengths_or_without_kinds_are_refused():
    with pytest.raises(DataError, match="differ in length"):
        table(country=["a"], year=[1.0, 2.0])
    with pytest.raises(DataError, match="differ in length"):
        FeatureTable({"year": [1.0]}, {})
