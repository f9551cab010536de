"""What a new version is trained on: the base's ratings and the stored ones, in arrays, with their times."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import penchant as pt
from penchant.data.interactions import Interactions
from penchant.models.priors import flat_prior
from penchant.models.scorers import DotScorer
from penchant.models.trained import TrainedModel, assemble
from penchant.recommending.recommender import main_model
from penchant.service.retraining import retrain
from penchant.service.service import open_database
from penchant.service.settings import ServiceSettings
from penchant.service.storage.database import Database
from penchant.service.storage.items import ItemEntry
from penchant.service.storage.ratings import RatingStore, StoredRow
from penchant.service.training_table import Collected, together
from penchant.service.version_store import VersionStore
from service.made_service import EVIL, made_model

STATED = 57
"""Bytes a rating that docs/guide/scale.md states for "als"."""


def test_base_and_stored_ratings_come_together() -> None:
    base = main_model(made_model())
    numbers, _ = base.interactions.row(0)
    first, second = (str(base.items.vocabulary.ids[n]) for n in numbers[:2])
    collected = Collected(
        pages=[
            [("1", first, 0.5, 0), ("1", second, None, 0)],
            [("visitor-x", "9001", 4.0, 0), ("visitor-x", "1", 5.0, 0)],
        ],
        erased={"2"},
        items=[ItemEntry("9001", "New", {"genres": ["Sci-Fi"]})],
    )
    ratings = together(base, collected)
    frame = {
        (str(ratings.users.ids[u]), str(ratings.items.ids[i])): v
        for u, i, v in zip(ratings.user_numbers, ratings.item_numbers, ratings.values, strict=True)
    }
    assert frame["1", first] == 0.5
    assert ("1", second) not in frame
    assert frame["visitor-x", "9001"] == 4.0
    assert "2" not in ratings.users
    assert not [pair for pair in frame if pair[0] == "2"]
    assert len(frame) == len(base.interactions) - len(base.interactions.row(1)[0]) - 1 + 2
    kept = {pair: value for pair, value in frame.items() if pair[0] == "3"}
    expected = dict(zip(base.interactions.row(2)[0].tolist(), base.interactions.row(2)[1].tolist(), strict=True))
    assert kept == {("3", str(base.items.vocabulary.ids[n])): v for n, v in expected.items()}
    table = ratings.item_features
    assert table is not None and table.titles is not None
    assert table.titles[ratings.items.number("9001")] == "New"
    assert table.columns["genres"][ratings.items.number("9001")] == ("Sci-Fi",)
    assert table.titles[ratings.items.number(EVIL)].startswith("<script>")


def as_frame(ratings: pt.Ratings) -> dict[tuple[str, str], float]:
    frame = ratings.to_frame()
    return {(str(u), str(i)): v for u, i, v in frame.select("user", "item", "rating").iter_rows()}


def with_times(base: TrainedModel) -> TrainedModel:
    known = base.interactions
    times = 1_000_000 + 10 * np.arange(len(known), dtype=np.int64)
    return replace(base, interactions=Interactions(known.starts, known.items, known.values, times))


def test_times_are_kept_and_stored_ratings_bring_theirs() -> None:
    base = with_times(main_model(made_model()))
    item = str(base.items.vocabulary.ids[base.interactions.items[0]])
    ratings = together(base, Collected([[("1", item, 0.5, 5_000_999), ("new", "3", 4.0, 7_000_000)]], set(), []))
    times = dict(zip(zip(ratings.user_numbers.tolist(), ratings.item_numbers.tolist(), strict=True),
                     ratings.timestamps.tolist(), strict=True))  # fmt: skip
    assert times[0, ratings.items.number(item)] == 5000
    assert times[ratings.users.number("new"), ratings.items.number("3")] == 7000
    untouched = base.interactions
    assert times[0, int(untouched.items[1])] == untouched.timestamps[1]
    assert Interactions.of(ratings).timestamps is not None


@pytest.mark.parametrize("spelling", ["2", "02", " 2", "002 ", "\N{ARABIC-INDIC DIGIT TWO}"])
def test_who_is_who_does_not_depend_on_how_an_id_is_spelled(spelling: str) -> None:
    base = main_model(made_model())
    rated = Collected([[(spelling, "01", 0.5, 0)]], set(), [])
    ratings = together(base, rated)
    assert ratings.n_users == len(base.users)
    assert as_frame(ratings)["2", "1"] == 0.5
    assert "2" not in together(base, Collected([], {spelling}, [])).users


def test_of_two_spellings_of_a_pair_the_later_rating_counts() -> None:
    rows: list[StoredRow] = [("new", "1", 1.0, 2000), ("new", "01", 2.0, 3000), ("new", "001", 3.0, 1000)]
    assert as_frame(together(main_model(made_model()), Collected([rows], set(), [])))["new", "1"] == 2.0


def test_nothing_collected_gives_the_base() -> None:
    base = main_model(made_model())
    ratings = together(base, Collected([], set(), []))
    assert np.array_equal(ratings.values, base.interactions.values)
    assert ratings.users == base.users.vocabulary
    assert ratings.item_features is base.items.features


def test_memory_is_at_most_twice_what_a_rating_takes_in_training() -> None:
    rng, n, users, items = np.random.default_rng(0), 400_000, 20_000, 2_000
    pairs = np.unique(rng.integers(0, users * items, n))
    base = _large(pairs // items, pairs % items, users, items)
    more = np.unique(rng.integers(0, users * items, n // 4))

    def pages() -> Iterator[Sequence[StoredRow]]:
        for part in np.array_split(more, 20):
            yield [(str(pair // items), str(pair % items), 2.0, 0) for pair in part.tolist()]

    tracemalloc.start()
    ratings = together(base, Collected(pages(), set(), []))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(ratings) == len(np.union1d(pairs, more))
    ids = 200 * (users + items)  # Python objects and their places in a dict
    assert (peak - ids) / len(ratings) <= 2 * STATED


def _large(owners: np.ndarray, numbers: np.ndarray, users: int, items: int) -> TrainedModel:
    ratings = pt.Ratings(
        owners.astype(np.int32), numbers.astype(np.int32), np.full(len(owners), 3, np.float32),
        pt.data.vocabulary.Vocabulary(np.arange(users)), pt.data.vocabulary.Vocabulary(np.arange(items)),
        pt.data.ratings.Scale(1, 5, 1), np.arange(len(owners), dtype=np.int64),
    )  # fmt: skip
    rows = [(np.zeros((1, n), np.float32), np.zeros((1, n, 1), np.float32)) for n in (users, items)]
    prior = flat_prior(1, 1, 1.0)
    return assemble(
        ratings, kind="als", settings={}, scorer=DotScorer(np.full(1, 3, np.float32)), user_rows=rows[0],
        item_rows=rows[1], priors=(prior, prior), noise=np.ones(1, np.float32),
    )  # fmt: skip


@pytest.fixture(scope="module")
def timed() -> pt.Ratings:
    rng = np.random.default_rng(1)
    frame = [(u, i) for u in range(30) for i in range(20) if rng.random() < 0.5]
    import polars as pl

    return pt.Ratings.from_frame(
        pl.DataFrame(
            {
                "user": [u for u, _ in frame], "item": [i for _, i in frame],
                "rating": rng.integers(1, 6, len(frame)).astype(float),
                "timestamp": rng.integers(10**9, 10**9 + 10**7, len(frame)),
            }
        )
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    database = open_database(tmp_path / "model", ServiceSettings())
    yield database
    database.close()


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("bayes", {"factors": 2, "burn_in": 2, "samples": 4, "temporal_bias": True}),
        ("bayes", {"factors": 2, "burn_in": 2, "samples": 4, "history": True}),
        ("als", {"factors": 2}),
        ("implicit_als", {"factors": 2}),
        ("ease", {}),
        ("sparse_ease", {}),
        ("elsa", {"factors": 8, "epochs": 2}),
        ("baseline", {}),
        ("dot", {"factors": 2, "epochs": 1}),
        ("dot_bias", {"factors": 2, "epochs": 1}),
        ("net", {"factors": 2, "epochs": 1}),
    ],
)
def test_every_model_is_retrained_with_the_settings_it_had(
    tmp_path: Path, timed: pt.Ratings, store: Database, model: str, settings: dict
) -> None:
    pt.train(timed, model, settings=settings).save(tmp_path / "model")
    RatingStore(store, most=10).put("29", {"0": 5.0, "1": 4.0})
    RatingStore(store, most=10).put("new", {"0": 5.0, "1": 4.0, "2": 1.0})
    versions = VersionStore(tmp_path / "model")
    name = retrain(versions, store, seed=0, keep=2).name
    again, before = (main_model(pt.load(versions.folder(one))) for one in (name, "base"))
    assert again.kind == model
    assert again.settings == before.settings
    assert again.interactions.timestamps is not None
    assert "new" in again.users.vocabulary
