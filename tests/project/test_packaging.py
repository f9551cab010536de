"""What is published: one version, complete metadata, and a wheel that works in an empty environment without torch."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from email.message import Message
from pathlib import Path

import pytest

from pages import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
IN_AN_EMPTY_ENVIRONMENT = """
import sys
import penchant as pt
from penchant.foundations.errors import MissingExtraError

assert "site-packages" in pt.__file__, pt.__file__
split = pt.split.random(pt.movielens(), test=0.2, seed=42)
model = pt.train(split.train, samples=6, burn_in=6, thin=1, seed=0)
assert len(model.recommend(1, 5)) == len(model.fold_in({260: 5.0}).recommend(5)) == 5
assert 0.8 < pt.evaluate(model, split, plots=False)["rmse"].value < 0.9
assert pt.load(model.save("m")).recommend(1, 5).ids == model.recommend(1, 5).ids
try:
    pt.train(split.train, "net")
except MissingExtraError as error:
    print(error)
print("torch" in sys.modules)
"""


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def test_the_version_has_one_place() -> None:
    version = PROJECT["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## {version}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    spelled = re.compile(rf"""["']{re.escape(version)}["']""")
    assert not [path for path in (ROOT / "src").rglob("*.py") if spelled.search(path.read_text(encoding="utf-8"))]


def test_torch_is_an_extra_and_no_extra_is_undocumented() -> None:
    assert not [one for one in PROJECT["dependencies"] if one.startswith("torch")]
    assert [one for one in PROJECT["optional-dependencies"]["torch"] if one.startswith("torch")]


@pytest.mark.slow
def test_the_wheel_has_the_package_its_data_and_the_licences(dist: Path) -> None:
    wheel = zipfile.ZipFile(next(dist.glob("*.whl")))
    names = wheel.namelist()
    for needed in (
        "penchant/py.typed", "penchant/data/shipped/ml-latest-small/ratings.csv",
        "penchant/service/page/assets/page.css",
        "penchant/data/shipped/movietweetings/LICENSE",
    ):  # fmt: skip
        assert needed in names
    assert not [name for name in names if name.startswith(("tests", "docs", "benchmarks"))]
    described = email.message_from_bytes(wheel.read(next(name for name in names if name.endswith("METADATA"))))
    assert described["Name"] == "penchant" and described["Version"] == PROJECT["version"]
    for field in ("Summary", "Author", "Keywords", "Classifier", "License-Expression", "License-File"):
        assert described[field], field
    assert _body(described).startswith("# Penchant")


def _body(message: Message) -> str:
    return str(message.get_payload()).strip()


@pytest.mark.slow
def test_the_wheel_works_in_an_empty_environment(dist: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "empty")
    python = tmp_path / "empty" / "bin" / "python"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-compile"]
    subprocess.run(
        [*pip, "-c", str(ROOT / "constraints.txt"), str(next(dist.glob("*.whl")))], check=True, env=clean, cwd=tmp_path
    )
    done = subprocess.run(
        [str(python), "-c", IN_AN_EMPTY_ENVIRONMENT], capture_output=True, text=True, env=clean, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = done.stdout.splitlines()
    assert "pip install 'penchant[torch]'" in said[-2] and said[-1] == "False"
    program = subprocess.run([python.with_name("penchant"), "--version"], capture_output=True, text=True, env=clean)
    assert program.stdout.strip() == PROJECT["version"]
