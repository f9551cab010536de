"""A saved recommender is complete: saving may be killed at any time, and damaged folders are refused."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from laws.small_world import ITEMS, small_world
from made_models import DRAWS, made
from penchant.foundations.errors import ModelFolderError
from penchant.models.scorers import DotScorer
from penchant.recommending.ranker import Liking, Ranker
from penchant.recommending.recommender import Recommender, load, main_model
from penchant.recommending.train_parts import train
from penchant.training import registry
from recommending.folder_mutations import mutate


def of_mean(mean: float) -> Recommender:
    return Recommender.of(made(DotScorer(np.full(DRAWS, mean, np.float32))))


def mean_of(folder: Path) -> float:
    return float(main_model(load(folder)).mean[0])


# --- saving ------------------------------------------------------------------------------------------------------


def test_saving_again_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    for mean in (1.0, 2.0, 3.0):
        of_mean(mean).save(tmp_path / "model")
        assert mean_of(tmp_path / "model") == mean
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert len(list((tmp_path / "model").iterdir())) == 2


@pytest.mark.parametrize("before", [True, False])
def test_a_failed_save_leaves_what_there_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool) -> None:
    if before:
        of_mean(1.0).save(tmp_path / "model")
    there = sorted(tmp_path.rglob("*"))

    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("safetensors.numpy.save_file", full)
    with pytest.raises(OSError, match="No space"):
        of_mean(2.0).save(tmp_path / "model")
    assert sorted(tmp_path.rglob("*")) == there


def test_a_model_of_an_unknown_kind_is_not_saved(tmp_path: Path) -> None:
    import dataclasses

    with pytest.raises(ValueError, match="there is no model 'oracle'"):
        Recommender.of(dataclasses.replace(made(), kind="oracle")).save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


class Killed(BaseException):
    """Stands for the end of the process: nothing is done to any file after it."""


class Killer:
    """Ends the process at the given step on the file system below a folder, as far as Python's part of it sees."""

    STEPS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.listdir", "os.scandir")

    def __init__(self) -> None:
        self.folder, self.left = "", 0
        sys.addaudithook(self)

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if self.folder and event in self.STEPS and str(args[0]).startswith(self.folder):
            self.left -= 1
            if self.left < 0:
                raise Killed

    def killed(self, model: Recommender, folder: Path, step: int) -> bool:
        """Whether saving was killed at that step, counted from 0."""
        self.folder, self.left = str(folder), step
        try:
            model.save(folder)
        except Killed:
            return True
        finally:
            self.folder = ""
        return False


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    yield Killer()


@pytest.mark.parametrize("before", [True, False])
def test_a_kill_at_any_step_leaves_a_whole_model(tmp_path: Path, killer: Killer, before: bool) -> None:
    found = set()
    for step in range(200):
        folder = tmp_path / f"{step}"
        if before:
            of_mean(1.0).save(folder)
        killed = killer.killed(of_mean(2.0), folder, step)
        if before or not killed or (folder / "recommender.json").exists():
            found.add(mean_of(folder))
        else:
            with pytest.raises(ModelFolderError, match="there is no model here"):
                load(folder)
        for path in folder.iterdir() if folder.exists() else ():
            os.utime(path, (0, time.time() - 10**6))
        of_mean(3.0).save(folder)
        assert mean_of(folder) == 3.0
        assert len(list(folder.iterdir())) == 2, "what the killed process left is removed"
        if not killed:
            break
    assert step > 10
    assert not killed
    assert found == ({1.0, 2.0} if before else {2.0})


# --- loading -----------------------------------------------------------------------------------------------------

MODELS: dict[str, dict[str, Any]] = {
    "bayes": {"samples": 2, "burn_in": 2, "thin": 1, "factors": 2, "temporal_bias": True},
    "net": {"epochs": 1, "factors": 2, "hidden": 3},
    "dot_bias": {"epochs": 1, "factors": 2, "link": "sigmoid"},
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders of recommenders of every structure."""
    import dataclasses

    folder, world = tmp_path_factory.mktemp("saved"), small_world()
    world = dataclasses.replace(world, timestamps=np.arange(len(world), dtype=np.int64) * 86_400)
    made = [train(world, name, settings=settings) for name, settings in MODELS.items()]
    both = Recommender(
        registry.train(world, "als", factors=2, epochs=2),
        registry.train(world, "ease", positive_from=3.5, regularization=5.0),
        Ranker({"log_choice": 8.0, "log_like": 1.0}, {"log_choice": 1.0}, Liking(4.0, 3.75)),
    )
    return [one.save(folder / str(n)) for n, one in enumerate([*made, both])]


def answers(model: Recommender) -> None:
    """Ask everything; every number that comes out is finite."""
    state = model.fold_in({"item-3": 5.0, "item-7": 1.0})
    for user in (100, 159, "unknown"):
        assert np.isfinite(model.recommend(user, ITEMS).scores).all()
    assert np.isfinite(state.recommend(5).scores).all()
    assert np.isfinite(state.explain("item-0").total)
    assert np.isfinite(model.fold_in_item({100: 5.0}, features={"genres": ["warm"]}).audience(5).scores).all()
    assert np.isfinite(model.similar_items("item-0", 3).scores).all()
    assert np.isfinite(model.with_user(10**6, {"item-3": 5.0}).recommend(10**6, 3).scores).all()
    if model.rating_model is not None:
        said = model.predict([100, "unknown"], "item-1")
        assert np.isfinite(said.mean).all()
        assert np.isfinite(said.std).all()


def check_mutations(saved: list[Path], folder: Path, seeds: range) -> None:
    """A damaged folder is refused in one line, or the model that it holds answers."""
    refused = 0
    for seed in seeds:
        rng = np.random.default_rng(seed)
        place = folder / f"{seed}"
        shutil.copytree(saved[int(rng.integers(len(saved)))], place)
        done = mutate(rng, place)
        try:
            model = load(place, mapped=bool(seed % 2))
        except ModelFolderError as error:
            assert "\n" not in str(error), (seed, done)
            refused += 1
            continue
        except Exception as error:
            raise AssertionError(f"mutation {seed} ({done}) raises {error!r}") from error
        try:
            answers(model)
        except Exception as error:
            raise AssertionError(f"mutation {seed} ({done}) loads, and then raises {error!r}") from error
        shutil.rmtree(place)
    assert refused > len(seeds) // 2


@pytest.mark.parametrize("block", range(8))
def test_a_damaged_folder_is_refused_in_one_line(saved: list[Path], tmp_path: Path, block: int) -> None:
    check_mutations(saved, tmp_path, range(25 * block, 25 * (block + 1)))


@pytest.mark.slow
def test_a_damaged_folder_is_refused_in_one_line_500_times(saved: list[Path], tmp_path: Path) -> None:
    check_mutations(saved, tmp_path, range(1000, 1500))
