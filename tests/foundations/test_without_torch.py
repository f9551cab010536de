"""PyTorch is optional: most of Penchant never imports it, and what needs it says so in one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHOUT_TORCH = """
import json, sys
sys.modules["torch"] = None  # as if it were not installed
import penchant as pt
from made_ratings import low_rank

ratings = low_rank()
said = {}

def attempt(name, call):
    try:
        call()
        said[name] = "works"
    except Exception as error:
        said[name] = f"{type(error).__name__}: {error}"

def lists():
    model = pt.train(ratings, seed=0)
    assert len(model.recommend(100, 5).ids) == len(model.fold_in({"i0": 5.0}).recommend(5).ids) == 5
    assert model.recommend_many([100, 101], n=3).height == 6

from penchant.training.registry import MODELS
attempt("lists", lists)
attempt("dot_bias", lambda: pt.train(ratings, "dot_bias", epochs=1))
attempt("dot_bias by torch", lambda: pt.train(ratings, "dot_bias", epochs=1, backend="torch"))
attempt("net", lambda: pt.train(ratings, "net"))
def demo():
    from penchant.cli.demo import OTHERS
    from penchant.data.synthetic import synthetic

    described = synthetic(users=40, items=30, ratings=400, labels=4).ratings
    assert described.item_features is not None
    for name, settings in OTHERS.items():
        pt.train(described, name, settings=settings)

attempt("the models of the demo", demo)
attempt("settings", lambda: [spec.settings_class() for spec in MODELS.values()])
attempt("lesson", lambda: __import__("penchant.lesson", fromlist=["x"]).EmbeddingDot)
attempt("notebook", lambda: __import__("penchant.lesson.notebook"))
attempt("book", lambda: __import__("penchant.lesson.book"))
attempt("spreadsheets", lambda: __import__("penchant.lesson", fromlist=["x"]).write_spreadsheet)
print(json.dumps(said))
"""
INSTALL = "needs the package 'torch', which is not installed. Install it with: pip install 'penchant[torch]'"


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """What each call says in one process where torch cannot be imported."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    command = [sys.executable, "-W", "error", "-c", WITHOUT_TORCH]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    result: dict[str, str] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("name", ["lists", "dot_bias", "the models of the demo", "settings", "spreadsheets"])
def test_works_without_torch(said: dict[str, str], name: str) -> None:
    assert said[name] == "works"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("dot_bias by torch", "the PyTorch backend"),
        ("net", "the model 'net'"),
        ("lesson", "penchant.lesson.EmbeddingDot"),
        ("notebook", "the lesson's notebook"),
        ("book", "the book's chapter"),
    ],
)
def test_says_what_needs_torch_and_how_to_install_it(said: dict[str, str], name: str, what: str) -> None:
    assert said[name].startswith(f"MissingExtraError: {what}")
    assert INSTALL in said[name]
