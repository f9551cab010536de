"""`penchant compare` and `penchant tune` on a small file."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import pytest

from cli.test_commands import ROOT
from command_line import penchant
from evaluation.made_worlds import World
from penchant.training.registry import MODELS

ADAPTER = """
import numpy as np
from others.names import LABEL

class Constant:
    label, predicts_ratings, ranks = LABEL, True, False

    def __init__(self, rating):
        self.rating = rating

    def identity(self):
        return {"rating": self.rating}

    def fit(self, train, catalogue, *, seed):
        pass

    def predict(self, users, items):
        return np.full(len(users), self.rating)
"""
CONFIG = """
seeds = [0]
folder = "kept"
[data]
ratings = "ratings.csv"
[split]
kind = "random"
test = 0.25
[evaluation]
at = [5]
[[models]]
model = "baseline"
user_damping = 20.0
label = "damped"
[[external]]
adapter = "others/adapter.py:Constant"
rating = 3.0
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table, an adapter and a file that compares."""
    monkeypatch.setattr(sys, "path", [*sys.path])  # `compare` adds the adapter's folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "others"]:
        monkeypatch.delitem(sys.modules, name)
    World(n_users=60, n_items=40, n=900).ratings.to_frame().write_csv(tmp_path / "ratings.csv")
    (tmp_path / "others").mkdir()
    for name, text in {"__init__": "", "names": 'LABEL = "three"', "adapter": ADAPTER}.items():
        (tmp_path / "others" / f"{name}.py").write_text(text)
    (tmp_path / "config.toml").write_text(CONFIG)
    return tmp_path


def test_compare_reads_its_file_keeps_its_jobs_and_writes_a_page(place: Path) -> None:
    done = penchant("compare", place / "config.toml", "--json", "--html", place / "page.html")
    labels = {one["label"] for one in json.loads(done.stdout)["models"]}
    assert labels == {"damped", "three", "baseline", "popular", "mean"}
    assert "<svg" in (place / "page.html").read_text(encoding="utf-8")
    assert len(list((place / "kept").iterdir())) == 5
    again = penchant("compare", place / "config.toml")
    assert "damped" in again.stdout and "NDCG @ 5" in again.stdout and "compare 5 models" in again.stderr
    assert "rows read" in again.stderr and "rows read" not in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no models to compare"),
        ("[[model]]\nmodel = 'als'", "no part 'model'"),
        ("models = ", "not valid TOML"),
        ("[split]\nkind = 'magic'\n[[models]]\nmodel = 'baseline'", "no split 'magic'"),
        ("[split]\nshare = 0.1\n[[models]]\nmodel = 'baseline'", "share"),
        ("[[models]]\nmodel = 'baseline'\nnonsense = 1", "no setting 'nonsense'"),
        ("[[external]]\nadapter = 'nowhere.py:X'", "an adapter must be file.py:Class"),
    ],
)
def test_an_invalid_file_is_refused_in_one_line(place: Path, text: str, message: str) -> None:
    (place / "config.toml").write_text(text)
    done = penchant("compare", place / "config.toml", code=2)
    assert message in done.stderr and len(done.stderr.splitlines()) == 1


def test_tune_searches_on_training_rows_and_evaluates_once_on_test_rows(place: Path) -> None:
    words = [
        "--model",
        "baseline",
        "--trials",
        "3",
        "--search",
        'user_damping=[1,40,"log"]',
        "--search",
        "epochs=[2,4,6]",
    ]
    result = json.loads(penchant("tune", place / "ratings.csv", *words, "--json").stdout)
    assert set(result["tuned"]["settings"]) == {"user_damping", "epochs"} and len(result["tuned"]["trials"]) == 3
    assert result["reading"]["refused"] == {}
    rows = result["on_test"]["protocol"]["rows"]
    trained, validated = 648, 72  # nine tenths and one tenth of the training rows
    assert (
        rows["train"] == trained + validated
        and f"{trained} training and {validated} validation rows" in result["tuned"]["protocol"]
    )
    shown = penchant("tune", place / "ratings.csv", "--model", "baseline", "--trials", "2")
    assert "Next: penchant train" in shown.stdout and "--user-damping" in shown.stdout


@pytest.mark.parametrize("search", ["factors", "user_damping=wide", "user_damping=[]"])
def test_a_search_space_that_is_not_a_list_is_refused(place: Path, search: str) -> None:
    done = penchant("tune", place / "ratings.csv", "--model", "baseline", "--search", search, code=2)
    assert len(done.stderr.splitlines()) == 1


def test_evaluate_quadrants_tests_a_new_model_with_the_same_settings(place: Path) -> None:
    penchant("train", place / "ratings.csv", "--model", "baseline", "--out", place / "model")
    words = ["evaluate", place / "model", place / "ratings.csv", "--quadrants"]
    assert "known user, new item" in penchant(*words).stdout
    cells = json.loads(penchant(*words, "--json").stdout)["cells"]
    assert {cell["given"] for cell in cells} == {0, 1, 3, 5, 10, 20}


def test_the_comparison_in_the_benchmarks_names_only_existing_models() -> None:
    parts = tomllib.loads((ROOT / "benchmarks" / "compare.toml").read_text(encoding="utf-8"))
    assert {one["model"] for one in parts["models"]} <= set(MODELS)
    for one in parts["external"]:
        file, _, name = one["adapter"].partition(":")
        assert f"class {name}:" in (ROOT / "benchmarks" / file).read_text(encoding="utf-8")
