"""Every script of the gallery runs and draws its picture."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from docs_site.gallery import scripts
from pages import ROOT
from trained_once import TrainedOnce

FOLDER = ROOT / "docs" / "gallery"
MARKS: dict[str, Any] = {"04_postgresql": pytest.mark.postgres, "09_spark": pytest.mark.java}


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the pictures; those of the docs are not overwritten."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import drawing

    monkeypatch.setattr(drawing, "FOLDER", tmp_path / "images")
    return tmp_path / "images"


@pytest.mark.slow
@pytest.mark.parametrize(
    "script", [pytest.param(path, id=path.stem, marks=MARKS.get(path.stem, ())) for path in scripts(FOLDER)]
)
def test_the_script_runs(
    script: Path,
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    trained_once: TrainedOnce,
) -> None:
    if script.stem == "04_postgresql":
        cluster = request.getfixturevalue("cluster")
        cluster.empty()
        monkeypatch.setenv("PENCHANT_DATABASE", cluster.url)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    with trained_once():
        runpy.run_path(str(script), run_name="__main__")
    drawn = (pictures / f"{script.stem}.svg").read_text(encoding="utf-8")
    assert drawn.count("<path") > 5


@pytest.fixture(scope="session")
def cluster() -> Any:
    from service.programs import postgresql

    with postgresql() as started:
        yield started


def test_every_script_has_a_picture_that_its_present_code_drew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    import drawing

    assert sorted(path.stem for path in (FOLDER / "images").glob("*.svg")) == [path.stem for path in scripts(FOLDER)]
    old = [
        path.name
        for path in scripts(FOLDER)
        if drawing.fingerprint(path) not in (FOLDER / "images" / f"{path.stem}.svg").read_text(encoding="utf-8")
    ]
    assert old == [], "draw them again: python docs/gallery/NAME.py"


def test_a_fingerprint_changes_with_the_code_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    import drawing

    def of(text: str) -> str:
        (tmp_path / "script.py").write_text(text, encoding="utf-8")
        return str(drawing.fingerprint(tmp_path / "script.py"))

    first = of('"""A text."""\n\n# %% Words.\nx = 1  # said\n')
    assert of('"""Another text."""\nx = 1\n') == first
    assert of('"""A text."""\nx = 2\n') != first
