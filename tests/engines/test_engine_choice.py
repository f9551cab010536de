"""`train` for every engine; a missing requirement of Spark is named before Spark starts."""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import penchant as pt
from made_ratings import low_rank
from penchant.engines import engine_choice, spark
from penchant.engines.spark import requirements
from penchant.foundations.errors import MissingExtraError, SettingsError
from penchant.recommending.recommender import main_model


def test_the_local_engine_is_used_if_none_is_named() -> None:
    here, named = (pt.train(low_rank(), "baseline", **how) for how in ({}, {"engine": "local"}))
    assert (main_model(here).items.bias == main_model(named).items.bias).all()


def test_unknown_engines_and_models_are_refused_with_the_list_of_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"no engine 'dask'. Choose one of: local, spark"):
        pt.train(low_rank(), engine="dask")
    with pytest.raises(SettingsError, match=r"Spark has no model 'bayes'. Choose one of: als, implicit_als"):
        engine_choice.settings_class("bayes", "spark")


def test_settings_depend_on_the_engine() -> None:
    assert "user_damping" in engine_choice.settings_class("als", "spark")().to_json()


def test_choosing_an_engine_imports_no_spark() -> None:
    code = "import sys, penchant; penchant.train; print('pyspark' in sys.modules)"
    source = str(Path(pt.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": source})
    assert done.stdout.strip() == "False", done.stderr


def test_every_module_of_the_spark_engine_can_be_imported() -> None:
    """Also without Java, so that a wrong import is found on every machine with pyspark."""
    pytest.importorskip("pyspark")
    folder = Path(requirements.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    for name in modules:
        importlib.import_module(f"penchant.engines.spark.{name}")
    for name, module in spark._WHERE.items():
        assert callable(getattr(importlib.import_module(f"penchant.engines.spark.{module}"), name))


def fake_java(folder: Path, version: str) -> Path:
    program = folder / "bin" / "java"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2020-01-14' >&2\n")
    program.chmod(0o755)
    return folder


def test_without_java_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtraError, match=r"no `java` here\. Install Java 17 .*default-jre-headless"):
        requirements.check_java()


def test_a_wrong_java_home_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingExtraError, match=rf"^JAVA_HOME={tmp_path}: .*or correct JAVA_HOME"):
        requirements.check_java()


@pytest.mark.parametrize(("version", "read"), [("1.8.0_392", 8), ("11.0.2", 11)])
def test_an_old_java_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, read: int) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path, version)))
    with pytest.raises(MissingExtraError, match=f"Java {read} is too old"):
        requirements.check_java()


def test_a_new_java_is_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path, "21.0.1")))
    requirements.check_java()


@pytest.mark.parametrize(("found", "what"), [("3.1.1", "pandas 3.1.1 is installed"), (None, "pandas is not installed")])
def test_pandas_must_be_one_that_spark_supports(monkeypatch: pytest.MonkeyPatch, found: str | None, what: str) -> None:
    def version(name: str) -> str:
        if found is None:
            raise metadata.PackageNotFoundError(name)
        return found

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(MissingExtraError, match=f"{what}, and Spark works with pandas 2.*'pandas<3'"):
        requirements.check_pandas()


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'penchant\[spark\]'"):
        pt.train(low_rank(), "als", engine="spark")
