"""Every script of the gallery runs and draws its picture."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from docs_site.gallery import scripts
from pages import ROOT

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
    script: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if script.stem == "04_postgresql":
        cluster = request.getfixturevalue("cluster")
        cluster.empty()
        monkeypatch.setenv("PENCHANT_DATABASE", cluster.url)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    runpy.run_path(str(script), run_name="__main__")
    drawn = (pictures / f"{script.stem}.svg").read_text(encoding="utf-8")
    assert drawn.count("<path") > 5


@pytest.fixture(scope="session")
def cluster() -> Any:
    from service.programs import postgresql

    with postgresql() as started:
        yield started


def test_the_pictures_are_those_of_the_scripts() -> None:
    assert sorted(path.stem for path in (FOLDER / "images").glob("*.svg")) == [path.stem for path in scripts(FOLDER)]
