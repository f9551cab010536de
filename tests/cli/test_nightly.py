"""Later rows from tables: `penchant retrain --ratings --items --deleted`, twice, and after an interruption."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import penchant as pt
from command_line import answer, refused, write
from penchant.models.trained import TrainedModel
from penchant.recommending.train_parts import train_again

RATED = {(user, item): 1 + (user * item) % 5 for user in range(30) for item in range(20) if (user + item) % 3}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    rows = [f"{user},{item},{rating},{1420502400 + n}\n" for n, ((user, item), rating) in enumerate(RATED.items())]
    table = write(tmp_path / "r.csv", "user,item,rating,timestamp\n" + "".join(rows))
    films = "".join(f"{n},Film {n} ({1980 + n}),{'ab'[n % 2]}|c\n" for n in range(20))
    items = write(tmp_path / "films.csv", "item,title,genres\n" + films)
    answer("train", table, "--items", items, "--model", "als", "--set", "factors=2", "--out", tmp_path / "m")
    return tmp_path / "m"


def trained(facts: dict) -> TrainedModel:
    found = pt.load(facts["folder"]).rating_model
    assert found is not None
    return found


def rows_of(found: TrainedModel) -> dict:
    ratings = found.interactions.to_ratings(found.users.vocabulary, found.items.vocabulary, found.scale)
    return {row[:2]: row[2] for row in ratings.to_frame().iter_rows()}


def test_a_night_of_new_changed_and_deleted_rows_twice(model: Path, tmp_path: Path) -> None:
    tonight = write(
        tmp_path / "tonight.csv",
        "user,item,rating,timestamp\n500,2,5,1500000000\n1,1,4,1500000000\n1,77,5,1500000001\n",
    )
    new = write(tmp_path / "new.csv", "item,title,genres\n77,Night (2020),a|d\n78,Day (2021),b\n")
    gone = write(tmp_path / "gone.csv", "user,item\n0,1\n999,1\n")
    words = ["retrain", model, "--ratings", tonight, "--items", new, "--deleted", gone, "--force"]
    expected = {**RATED, (500, 2): 5, (1, 1): 4, (1, 77): 5}
    del expected[(0, 1)]
    for version in ("0001", "0002"):
        facts = answer(*words)
        assert (facts["version"], facts["stored"]) == (
            version,
            {"ratings": 3, "deleted": 1, "items": 2, "not_there": 1},
        )
        found = trained(facts)
        assert rows_of(found) == expected
        place = found.items.vocabulary.number(77)
        assert found.items.title(place) == "Night (2020)"
        assert found.items.features is not None
        assert found.items.features.row(place) == {"genres": ("a", "d"), "year": 2020.0}
        assert 78 in found.items.vocabulary


def test_an_interrupted_retraining_leaves_the_version_and_can_be_repeated(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from penchant.recommending.recommender import Recommender
    from penchant.service.version_store import VersionStore

    tonight = write(tmp_path / "t.csv", "user,item,rating,timestamp\n500,2,5,1500000000\n")

    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Recommender, "save", broken)
        with pytest.raises((KeyboardInterrupt, AssertionError)):
            answer("retrain", model, "--ratings", tonight, "--force")
    assert VersionStore(model).current() == "base"
    assert (500, 2) in rows_of(trained(answer("retrain", model, "--ratings", tonight, "--force")))


def test_rows_that_do_not_fit_are_refused_before_anything_is_stored(model: Path, tmp_path: Path) -> None:
    wide = write(tmp_path / "t.csv", "user,item,rating\n1,2,50\n")
    assert "outside the declared scale 1..5: 50" in refused("retrain", model, "--ratings", wide)
    said = refused("retrain", model, "--items", write(tmp_path / "i.csv", "thing,genres\n1,a\n"))
    assert "no column looks like the item. Name it with --items-id NAME" in said or "--item-column" in said
    facts = answer("retrain", model, "--force")
    assert rows_of(trained(facts)) == RATED and "stored" not in facts


def test_a_model_that_can_starts_from_its_earlier_rows(tmp_path: Path) -> None:
    rows = [(*pair, value) for pair, value in RATED.items()]
    ratings = pt.Ratings.from_frame(pl.DataFrame(rows, schema=["user", "item", "rating"], orient="row"))
    users, items, values = (list(column) for column in zip(*rows, strict=True))
    first = pt.train(ratings, "dot_bias", epochs=3, factors=2)

    def error(warm: bool) -> float:
        return float(np.square(train_again(first, ratings, warm=warm).predict(users, items).mean - values).mean())

    assert error(warm=True) < error(warm=False)
