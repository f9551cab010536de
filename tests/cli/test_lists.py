"""Lists on the command line: filters, many users, groups, popular items, exports, and exclusions for single users."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import penchant as pt
from command_line import answer, penchant, refused, write
from penchant.cli.output import show_table
from penchant.recommending.group_lists import DAMPING, recommend_together
from penchant.recommending.options import ListOptions


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists")
    rng = np.random.default_rng(0)
    rows = dict.fromkeys(zip(rng.integers(0, 40, 700).tolist(), rng.integers(0, 30, 700).tolist(), strict=True))
    ratings = [f"{user}::{item}::{1 + user * item % 5}::{1420502400 + n}\n" for n, (user, item) in enumerate(rows)]
    films = [f"{n}::Film {n} ({1980 + n})::{'Drama|Comedy' if n % 2 else 'Crime'}\n" for n in range(30)]
    table, items = write(folder / "r.dat", "".join(ratings)), write(folder / "i.dat", "".join(films))
    facts = answer("train", table, "--items", items, "--model", "als", "--set", "factors=3", "--out", folder / "m")
    assert facts["reading"]["form"].startswith("text, UTF-8, separated by '::', no header line")
    assert pt.load(folder / "m").rating_model.items.factors == 3  # type: ignore[union-attr]
    return folder / "m"


def ids(found: dict) -> list:
    return [line["id"] for line in found["items"]]


def test_filters_are_those_of_python(model: Path) -> None:
    loaded = pt.load(model)
    words = [
        "--where",
        "genres=Crime",
        "--where",
        "year=1984:2000",
        "--exclude",
        8,
        "--diversity",
        0.3,
        "--seen",
        "-n",
        4,
    ]
    same = loaded.recommend(
        "1", 4, where={"genres": "Crime", "year": (1984, 2000)}, exclude=[8], diversity=0.3, exclude_seen=False
    )
    assert ids(answer("recommend", model, "--user", 1, *words)) == same.ids
    assert sorted(ids(answer("recommend", model, "--user", 1, "--among", 3, "--among", 5, "--seen"))) == [3, 5]
    either = answer("recommend", model, "--user", 1, "--where", "genres=Crime|Comedy", "--seen", "-n", 40)
    assert len(ids(either)) == 30
    explored = [ids(answer("recommend", model, "--user", 1, "--explore", 7)) for _ in range(2)]
    assert explored[0] == explored[1]


def test_a_filter_that_cannot_be_is_refused(model: Path) -> None:
    swapped = refused("recommend", model, "--user", 1, "--where", "year=2000:1990")
    assert "the range from 2000 to 1990 holds nothing" in swapped
    assert "items have no feature 'colour'" in refused("recommend", model, "--user", 1, "--where", "colour=red")
    assert "Write --where genres=Drama" in refused("recommend", model, "--user", 1, "--where", "Drama")
    twice = ["--where", "genres=Drama", "--where", "genres=Crime"]
    assert "--where 'genres=one|other'" in refused("recommend", model, "--user", 1, *twice)


@pytest.mark.parametrize(
    ("name", "content"), [("who.txt", "1\n2\nnew one\n"), ("who.csv", "age,user\n30,1\n31,2\n32,new one\n")]
)
def test_lists_for_the_users_of_a_file(model: Path, tmp_path: Path, name: str, content: str) -> None:
    found = answer("recommend", model, "--users-from", write(tmp_path / name, content), "-n", 2)
    assert [one["asked"] for one in found] == ["1", "2", "new one"]
    assert [one["source"] for one in found] == ["known", "known", "prior"]
    shown = penchant("recommend", model, "--users-from", tmp_path / name, "-n", 2).stdout
    assert shown.count("known from training") == 2 and "For new one" in shown


def test_a_list_without_a_user_is_refused(model: Path, tmp_path: Path) -> None:
    assert "Give --user ID, or --users-from FILE" in refused("recommend", model)
    assert "there are no ids" in refused("recommend", model, "--users-from", write(tmp_path / "u.csv", "user\n"))


def test_a_list_for_a_group_follows_its_rule(model: Path) -> None:
    found = answer("recommend", model, "--user", 1, "--user", 2, "--users-together", "-n", 5)
    loaded = pt.load(model)
    lists = [loaded.recommend(user, 500).ids for user in (1, 2)]
    fair = {one: sum(1 / (DAMPING + own.index(one) + 1) for own in lists) / 2 for one in set(lists[0]) & set(lists[1])}
    best = sorted(fair.values(), reverse=True)[:5]
    assert [line["score"] for line in found["items"]] == pytest.approx(best, abs=1e-6)
    assert set(ids(found)) <= fair.keys(), "an item that one of them has rated is left out"
    alone = recommend_together(loaded, [1], ListOptions(5))
    assert alone.ids == loaded.recommend(1, 5).ids
    with pytest.raises(ValueError, match="needs at least one user"):
        recommend_together(loaded, [])


def test_popular_items(model: Path) -> None:
    loaded = pt.load(model)
    assert (
        ids(answer("popular", model, "-n", 4, "--where", "genres=Crime"))
        == loaded.popular(4, where={"genres": "Crime"}).ids
    )
    assert "Trending" in penchant("popular", model, "--order", "trending", "--window", 1).stdout
    assert ".000" not in penchant("popular", model).stdout, "ratings are counted in whole numbers"


@pytest.mark.parametrize(
    ("rates", "says"),
    [(["7"], "'7' is not a rating"), (["=7"], "'=7' is not a rating"), (["7=4", "7=2"], "the item '7' is rated twice")],
)
def test_a_rating_without_an_item_and_a_second_one_are_refused(model: Path, rates: list[str], says: str) -> None:
    words = [word for rate in rates for word in ("--rate", rate)]
    assert says in refused("fold-in", model, *words)


def test_a_small_number_has_no_sign(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("", ["a", "b"], [[-0.0001, -0.0005001]])
    assert capsys.readouterr().out.split()[-2:] == ["0.000", "-0.001"]


def test_an_explanation_shows_no_term_of_zero(model: Path) -> None:
    shown = penchant("explain", model, "--user", 1, "--item", 3).stdout
    assert "0.000" not in shown.rpartition("score")[0]
    assert "more ratings" in shown or shown.count("Film") > 1


def test_an_explanation_names_the_ids_that_the_model_does_not_know(model: Path) -> None:
    asked = ["explain", model, "--user", "unheard", "--item", "nothing", "--rate", "never=3"]
    noted = penchant(*asked).stderr
    assert all(f"note: '{one}' is not known to the model" in noted for one in ("unheard", "nothing", "never"))
    assert answer(*asked)["unknown"] == ["unheard", "never", "nothing"]
    assert not penchant("explain", model, "--user", 1, "--item", 3).stderr


def test_an_export_has_the_form_of_its_ending(model: Path, tmp_path: Path) -> None:
    tables = {}
    for name in ("lists.csv", "lists.jsonl", "lists.parquet"):
        assert answer("export", model, "--out", tmp_path / name, "-n", 3)["users"] == 40
    tables["csv"] = pl.read_csv(tmp_path / "lists.csv")
    tables["jsonl"] = pl.DataFrame([json.loads(line) for line in (tmp_path / "lists.jsonl").read_text().splitlines()])
    tables["parquet"] = pl.read_parquet(tmp_path / "lists.parquet")
    rows = {name: table.select("user", "rank", "item").rows() for name, table in tables.items()}
    assert rows["csv"] == rows["jsonl"] == rows["parquet"] and len(rows["csv"]) == 120
    assert "Name the file lists.parquet, lists.csv or lists.jsonl" in refused(
        "export", model, "--out", tmp_path / "l.xls"
    )


def test_an_export_replaces_a_table_of_a_database(model: Path, tmp_path: Path) -> None:
    for n in (5, 3):
        penchant("export", model, "--out", f"sqlite:///{tmp_path}/shop.db", "--table", "tips", "-n", n)
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        count, longest = connection.execute("select count(*), max(rank) from tips").fetchone()
    connection.close()
    assert (count, longest) == (120, 3)
    assert "cannot be written to the database" in refused("export", model, "--out", f"sqlite:///{tmp_path}/no/where.db")


def test_an_item_is_left_out_for_a_single_user(model: Path, tmp_path: Path) -> None:
    loaded = pt.load(model)
    first = {user: loaded.recommend(user, 1).ids[0] for user in (1, 2)}
    pairs = write(tmp_path / "bought.csv", "user,item\n" + "".join(f"{user},{item}\n" for user, item in first.items()))
    penchant("export", model, "--out", tmp_path / "l.csv", "--exclude-pairs", pairs, "-n", 40)
    lists = pl.read_csv(tmp_path / "l.csv")
    for user, item in first.items():
        assert item not in lists.filter(pl.col("user") == user)["item"].to_list()
    before = loaded.recommend_many([1, 2, 3], 40)
    after = loaded.recommend_many([1, 2, 3], 40, exclude_pairs=pl.read_csv(pairs))
    assert len(before) - len(after) == 2
    strange = write(tmp_path / "strange.csv", "user,item\nnew,1\n")
    assert "'new' is not known to the model" in refused(
        "export", model, "--out", tmp_path / "x.csv", "--exclude-pairs", strange
    )
