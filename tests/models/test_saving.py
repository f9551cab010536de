"""A saved model comes back the same, or is refused with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from made_models import DRAWS, made
from penchant.data.ratings import Scale
from penchant.foundations.errors import ModelFolderError, ModelShapeError
from penchant.models.priors import ColdStartOffset, FeatureEffect, HistoryEffect
from penchant.models.saving import load_trained, save_trained
from penchant.models.scorers import DotScorer, NetScorer
from penchant.models.trained import TrainedModel


def assert_same(left: TrainedModel, right: TrainedModel) -> None:
    assert (left.kind, left.settings, left.scale, left.history) == (
        right.kind,
        right.settings,
        right.scale,
        right.history,
    )
    for a, b in ((left.users, right.users), (left.items, right.items)):
        assert a.vocabulary == b.vocabulary
        for name in ("bias", "vectors", "counts"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
        for name in ("mean", "precision", "per_rating", "offset", "everyone", "variance"):
            np.testing.assert_array_equal(getattr(a.prior, name), getattr(b.prior, name), err_msg=name)
        assert [type(one) for one in a.prior.effects] == [type(one) for one in b.prior.effects]
        for one, other in zip(a.prior.effects, b.prior.effects, strict=True):
            for name, value in vars(one).items():
                np.testing.assert_array_equal(value, getattr(other, name), err_msg=name)
    for name in ("starts", "items", "values", "timestamps"):
        np.testing.assert_array_equal(getattr(left.interactions, name), getattr(right.interactions, name))


@pytest.mark.parametrize(
    "scorer",
    [
        DotScorer(np.zeros(DRAWS, np.float32), "sigmoid", 0.5, 5.5),
        DotScorer(
            np.zeros(DRAWS, np.float32), "ordered_probit",
            levels=np.arange(1, 4, dtype=np.float32), cutpoints=np.ones((DRAWS, 2), np.float32),
        ),
    ],
)  # fmt: skip
def test_a_model_comes_back_as_it_was_saved(tmp_path: Path, scorer: DotScorer) -> None:
    before = made(scorer)
    after = load_trained(save_trained(before, tmp_path / "model"))
    assert_same(before, after)
    assert isinstance(after.scorer, DotScorer)
    assert after.scorer.link == scorer.link
    np.testing.assert_array_equal(after.scorer.mean, scorer.mean)


def test_everything_a_prior_knows_comes_back(tmp_path: Path) -> None:
    before, width = made(), 3
    maps = np.full((DRAWS, 4, width), 2, np.float32)
    effects = (
        FeatureEffect(maps),
        HistoryEffect(maps, np.ones((4, 4), np.float32), 0.2, 3.0),
        ColdStartOffset(np.ones((DRAWS, width), np.float32), maps, np.ones(4, np.float32), 3.0, 4, of_pairs=True),
    )
    prior = replace(
        before.items.prior, effects=effects, variance=0.4, per_rating=1.0, offset=2.0,
        everyone=np.ones((DRAWS, width, width), np.float32),
    )  # fmt: skip
    before = replace(before, items=replace(before.items, prior=prior))
    assert_same(before, load_trained(save_trained(before, tmp_path / "model")))


def test_a_net_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    weights = (rng.normal(size=(4, 3)).astype(np.float32), rng.normal(size=(3, 1)).astype(np.float32))
    scorer = NetScorer(weights, (np.zeros(3, np.float32), np.zeros(1, np.float32)), 0.5, 5.5)
    before = made(scorer, samples=1)
    after = load_trained(save_trained(before, tmp_path / "model"))
    rows = before.users.all_rows(), before.items.all_rows()
    np.testing.assert_array_equal(before.scorer.all_items(*rows), after.scorer.all_items(*rows))


def test_a_folder_of_other_things_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(ModelFolderError, match="holds other things"):
        save_trained(made(), tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    folder = save_trained(made(), tmp_path / "model")
    path = folder / "parameters.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelFolderError, match=r"parameters.safetensors: the file has \d+ bytes, not \d+"):
        load_trained(folder)


def test_a_tampered_file_is_refused(tmp_path: Path) -> None:
    folder = save_trained(made(), tmp_path / "model")
    arrays = load_file(folder / "parameters.safetensors")
    arrays["users.bias"] = arrays["users.bias"] + 1
    save_file(arrays, folder / "parameters.safetensors")
    with pytest.raises(ModelFolderError, match="changed after it was saved"):
        load_trained(folder)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    folder = save_trained(made(), tmp_path / "model")
    (folder / "items.parquet").unlink()
    with pytest.raises(ModelFolderError, match=r"items.parquet: a file of the model is missing"):
        load_trained(folder)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    folder = save_trained(made(), tmp_path / "model")
    manifest = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(ModelFolderError, match="format 99, this Penchant reads up to 1"):
        load_trained(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "x"}'])
def test_a_broken_description_is_refused(tmp_path: Path, text: str) -> None:
    folder = save_trained(made(), tmp_path / "model")
    (folder / "model.json").write_text(text)
    with pytest.raises(ModelFolderError, match="not a model's description"):
        load_trained(folder)


def test_an_empty_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"there is no model here \(model.json is missing\)"):
        load_trained(tmp_path)


def test_shapes_that_do_not_fit_are_refused() -> None:
    good = made()
    with pytest.raises(ModelShapeError, match="differ in their number of samples"):
        TrainedModel(
            "dot", {}, good.scorer, good.users, good.items, np.ones(1, np.float32), good.scale, good.interactions
        )


def with_rows(trained: TrainedModel, **rows: np.ndarray) -> TrainedModel:
    return replace(trained, items=replace(trained.items, **rows))


UNUSABLE = {
    "an interaction is with none of the 5 items": lambda one: replace(
        one, interactions=replace(one.interactions, items=np.full_like(one.interactions.items, 5))
    ),
    "items.bias has 1 numbers that are not finite": lambda one: with_rows(
        one, bias=np.where(np.arange(15).reshape(3, 5) == 7, np.float32("nan"), one.items.bias)
    ),
    r"items.variance has shape \(4,\), not \(N = 5\)": lambda one: with_rows(one, variance=np.ones(4, np.float32)),
    "items.counts is below 0": lambda one: with_rows(one, counts=one.items.counts - 5),
    "the noise is below 0": lambda one: replace(one, noise=-one.noise),
    "a rating scale cannot be from 5.0 to 1.0": lambda one: replace(one, scale=Scale(5.0, 1.0)),
    "prior.precision is not positive": lambda one: with_rows(
        one, prior=replace(one.items.prior, precision=np.zeros_like(one.items.prior.precision))
    ),
}


@pytest.mark.parametrize("reason", UNUSABLE)
def test_a_model_that_could_not_be_used_is_not_saved(tmp_path: Path, reason: str) -> None:
    with pytest.raises(ModelFolderError, match=f"cannot be used: .*{reason}"):
        save_trained(UNUSABLE[reason](made()), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_all_files_have_the_same_mode(tmp_path: Path) -> None:
    folder = save_trained(made(), tmp_path / "model")
    assert len({path.stat().st_mode for path in folder.iterdir()}) == 1


def test_timestamps_come_back(tmp_path: Path) -> None:
    before = made()
    times = np.arange(len(before.interactions), dtype=np.int64)
    timed = replace(before, interactions=replace(before.interactions, timestamps=times))
    after = load_trained(save_trained(timed, tmp_path / "model"))
    np.testing.assert_array_equal(after.interactions.timestamps, times)
