"""What a Spark worker computes, called in this process: the lists are those of `recommend_many`. No Java is needed."""

from __future__ import annotations

import pickle
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import penchant as pt
from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.vocabulary import Vocabulary
from penchant.recommending.filters import allowed_items
from penchant.recommending.options import ListOptions
from penchant.recommending.ranker import Liking, Ranker
from penchant.recommending.recommender import index_of
from penchant.training import registry
from worlds import small_ratings

pa = pytest.importorskip("pyarrow")


@cache
def rated() -> Ratings:
    """With times, a user without ratings, and two items without."""
    ratings = small_ratings()
    features = ratings.item_features
    assert features is not None
    columns = {name: [*column, *column[:2]] for name, column in features.columns.items()}
    return Ratings(
        ratings.user_numbers, ratings.item_numbers, ratings.values, Vocabulary(np.arange(ratings.n_users + 1) + 100),
        Vocabulary([f"i{n:02}" for n in range(ratings.n_items + 2)]), ratings.scale, ratings.timestamps,
        item_features=FeatureTable(columns, features.kinds),
    )  # fmt: skip


@cache
def recommender(rating: str | None, choice: str | None, timed: bool = False) -> pt.Recommender:
    how: dict[str, Any] = {"bayes": {"samples": 4, "burn_in": 4, "factors": 2}, "als": {"factors": 2}}
    parts = [None if name is None else registry.train(rated(), name, **how.get(name, {})) for name in (rating, choice)]
    more = {"log_popularity_30": 0.4, "log_recent_neighbours": 0.3} if timed else {}
    liking = None if rating is None else Liking.of(rated().values, rated().scale)
    weights = {"log_choice": 1.0, "log_like": 0.7} | more
    ranker = Ranker(weights if rating else {}, {"log_choice": 1.0} | more, liking, 0.01, 0.002)
    return pt.Recommender(*parts, None if choice is None else ranker)


def worker(model: pt.Recommender, by: Any, n: int, **options: Any) -> tuple[Any, Any]:
    """The pickled object that goes to the workers, and the table of users."""
    from penchant.engines.spark.worker_lists import UserLists, users_table, without_users

    index, asked = index_of(model), ListOptions(n, by, **options)
    order = index.order(by)
    allowed, _ = allowed_items(index.main.trained.items, asked)
    lists = UserLists(without_users(index), order, allowed, n, asked.exclude_seen)
    return pickle.dumps(lists), users_table(index, order)


MODELS: dict[str, tuple[Any, ...]] = {
    "bayes and ease": ("bayes", "ease"),
    "als and ease with times": ("als", "ease", True),
    "als and sparse_ease": ("als", "sparse_ease"),
    "als and elsa": ("als", "elsa"),
    "als and implicit_als": ("als", "implicit_als"),
    "ease alone": (None, "ease"),
    "ease alone with times": (None, "ease", True),
    "bayes alone": ("bayes", None),
}
FILTERS: dict[str, dict[str, Any]] = {
    "no filter": {},
    "seen items included": {"exclude_seen": False},
    "a candidate list shorter than n, with new items": {"among": [f"i{n:02}" for n in (1, 5, 9, 40, 41)]},
}


@pytest.mark.parametrize("case", FILTERS)
@pytest.mark.parametrize("name", MODELS)
def test_a_worker_makes_the_lists_of_this_machine(name: str, case: str) -> None:
    """Also for the user without ratings; batches of one user and of all users."""
    model, options = recommender(*MODELS[name]), FILTERS[case]
    parts = [by for by, part in (("rating", model.rating_model), ("choice", model.choice_model)) if part is not None]
    for by in [*parts, *(["combined"] if len(parts) == 2 else [])]:
        sent, users = worker(model, by, 8, **options)
        pieces = [*users.slice(0, 1).to_batches(), *users.slice(1).combine_chunks().to_batches()]
        lists = pickle.loads(sent)  # noqa: S301 - made above
        made = pl.from_arrow(pa.Table.from_batches([one for piece in pieces for one in lists.of(piece)]))
        here = model.recommend_many(n=8, by=by, **options).drop("source")
        assert made.columns == here.columns
        assert made.select("user", "rank", "item").rows() == here.select("user", "rank", "item").rows(), by
        for column in here.columns[3:]:
            np.testing.assert_allclose(made[column], here[column], rtol=1e-5, atol=1e-6, err_msg=f"{by} {column}")


def test_a_worker_needs_no_other_packages_and_gets_no_users(tmp_path: Path) -> None:
    """Only NumPy, SciPy and pyarrow; what is broadcast does not grow with the users."""
    sent, users = worker(recommender("als", "ease", True), "combined", 3)
    lists = pickle.loads(sent)  # noqa: S301 - made above
    assert {len(part.trained.users) for part in lists.index.parts.values()} == {0}
    (tmp_path / "lists").write_bytes(sent)
    with pa.OSFile(str(tmp_path / "users"), "wb") as file, pa.ipc.new_file(file, users.schema) as writer:
        writer.write_table(users)
    code = """
import sys
absent = {"numba", "polars", "narwhals", "safetensors", "threadpoolctl", "pyspark", "torch"}
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
import pickle, pyarrow as pa
lists = pickle.load(open("lists", "rb"))
users = pa.ipc.open_file("users").read_all()
print(sum(one.num_rows for batch in users.to_batches() for one in lists.of(batch)))
"""
    source = str(Path(pt.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": source}
    )
    assert done.stdout.strip() == str(3 * rated().n_users), done.stderr


def test_pairs_of_items_are_counted_in_blocks() -> None:
    """Blocks of users of which some are empty; an item that no user chose."""
    pytest.importorskip("pyspark")
    from penchant.engines.spark.pair_counts import OTHERS, _pairs, _rows, _summed

    rng = np.random.default_rng(0)
    X = (rng.random((40, 150)) < 0.1).astype(np.int64)
    X[:, 7] = 0

    def batch(rows: slice) -> Any:
        return pa.RecordBatch.from_pydict({OTHERS: pa.array([np.flatnonzero(row) for row in X[rows]])})

    blocks = [[batch(slice(0, 10)), batch(slice(10, 25))], [batch(slice(25, 40))], []]
    counted = [one for block in blocks for one in _pairs(150, iter(block))]
    found = np.zeros_like(X.T @ X)
    for one, others, counts in (row for made in _summed(iter(counted)) for row in _rows(made)):
        found[one, others] = counts
    np.testing.assert_array_equal(found, np.tril(X.T @ X))
