"""`penchant lesson` from the command line: workbooks from a real file, and one line for every mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.test_commands import COLUMNS, RATINGS
from command_line import penchant
from office import read

MINE = """
import torch

class Mine(torch.nn.Module):
    def __init__(self, users, items):
        super().__init__()
        self.bias = torch.nn.Embedding(users, 1)

    def forward(self, users, items):
        return self.bias(users)
"""


def test_spreadsheet_prints_the_crosstab_and_writes_the_workbook(tmp_path: Path) -> None:
    out = tmp_path / "cf.xlsx"
    items = RATINGS.with_name("movies.csv")
    done = penchant("lesson", "spreadsheet", RATINGS, *COLUMNS, "--items", items, "--out", out, "-k", 6, "--solved")
    assert done.stdout.splitlines()[0].split() == ["356", "296", "318", "593", "260", "480"]
    sheets = read(out)
    assert list(sheets) == ["Crosstab", "Dot product", "Look-up", "One-hot", "With biases", "Solver"]
    assert "Forrest Gump (1994)" in sheets["Crosstab"][7]


def test_spreadsheet_prints_its_metrics_as_json(tmp_path: Path) -> None:
    printed = penchant("lesson", "spreadsheet", "movielens", "--out", tmp_path / "cf.xlsx", "--solved", "--json").stdout
    metrics = json.loads(printed)
    assert metrics["cells"] == 206
    assert metrics["rmse_with_biases"] < metrics["rmse"] < 0.42


def test_gradient_descent_writes_a_sheet_for_each_optimiser(tmp_path: Path) -> None:
    out = tmp_path / "gd.xlsx"
    written = json.loads(penchant("lesson", "gradient-descent", "--out", out, "--epochs", 2, "--json").stdout)
    assert list(read(out)) == ["Introduction", "Data", "Compare", *written["runs"]]
    assert len(written["runs"]) == 11


@pytest.mark.parametrize(
    ("ratings", "words", "message"),
    [
        (
            "u,i,r\n1,1,3\n2,1,4\n1,2,5\n",
            ["-k", "3"],
            "3 users were requested, and only 2 have a rating. Request 2 users",
        ),
        ("u,i,r\n1,1,good\n2,1,4\n1,2,5\n", ["-k", "1"], "good"),
        ("u,i,r\n1,1,3\n2,1,4\n1,2,5\n", ["-k", "0"], "CrosstabSettings.users: 0 is below 1"),
        ("u,i,r\n1,1,3\n2,1,4\n1,2,5\n", ["-k", "1", "--out", "/nowhere/cf.xlsx"], "/nowhere: there is no such folder"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(tmp_path: Path, ratings: str, words: list[str], message: str) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(ratings)
    out = [] if "--out" in words else ["--out", tmp_path / "cf.xlsx"]
    columns = ["--user-column", "u", "--item-column", "i", "--rating-column", "r"]
    done = penchant("lesson", "spreadsheet", path, *columns, *words, *out, code=2)
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "cf.xlsx").exists()


def test_check_gradients_of_built_in_and_own_modules(tmp_path: Path) -> None:
    done = penchant("lesson", "check-gradients", "dot_bias")
    assert "users.vectors.weight" in done.stdout
    assert "WRONG" not in done.stdout
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    (checked,) = json.loads(penchant("lesson", "check-gradients", f"{path}:Mine", "--json").stdout)
    assert (checked["name"], checked["good"]) == ("bias.weight", True)
    assert "Choose dot, dot_bias, net" in penchant("lesson", "check-gradients", "bayes", code=2).stderr


@pytest.mark.slow
def test_the_pictures_are_written_beside_the_workbook(tmp_path: Path) -> None:
    penchant("lesson", "gradient-descent", "--out", tmp_path / "gd.xlsx", "--epochs", 2, "--plot")
    assert (tmp_path / "gd.html").read_text().count("Plotly.newPlot(") >= 7
