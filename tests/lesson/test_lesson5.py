"""Lesson 5, sections A and B: its own lines, on its own rows, reach its validation losses."""

import math
from importlib import resources

import numpy as np
import pandas as pd
import pytest
import torch
from torch import optim
from torch.nn import functional as F  # noqa: N812 - the lesson's own line

from penchant.lesson import (
    CollabFilterDataset,
    ColumnarModelData,
    DotProduct,
    EmbeddingDot,
    EmbeddingDotBias,
    EmbeddingNet,
    fit,
    get_cv_idxs,
    set_lrs,
)

PATH = str(resources.files("penchant") / "data" / "shipped" / "ml-latest-small") + "/"
N_FACTORS = 50


@pytest.fixture(scope="module")
def frame():
    ratings = pd.read_csv(PATH + "ratings.csv")
    u_uniq, m_uniq = ratings.userId.unique(), ratings.movieId.unique()
    user2idx, movie2idx = ({o: i for i, o in enumerate(ids)} for ids in (u_uniq, m_uniq))
    ratings.userId = ratings.userId.apply(lambda x: user2idx[x])
    ratings.movieId = ratings.movieId.apply(lambda x: movie2idx[x])
    return ratings


@pytest.fixture
def data(frame):
    x, y = frame.drop(["rating", "timestamp"], axis=1), frame["rating"].astype(np.float32)
    return ColumnarModelData.from_data_frame(PATH, get_cv_idxs(len(frame)), x, y, ["userId", "movieId"], 64)


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        yield


def test_get_cv_idxs_is_the_lessons_bit_for_bit():
    state = np.random.RandomState(42)
    assert np.array_equal(get_cv_idxs(100_004), state.permutation(100_004)[:20_000])
    assert len(get_cv_idxs(10, cv_idx=1, val_pct=0.3)) == 3


def test_the_dataset_knows_its_ids_and_scores():
    cf = CollabFilterDataset.from_csv(PATH, "ratings.csv", "userId", "movieId", "rating")
    assert (cf.n_users, cf.n_items, cf.min_score, cf.max_score) == (671, 9066, 0.5, 5.0)
    assert sorted(cf.user2idx.values()) == list(range(671))
    assert cf.item2idx[1] == 0
    again = CollabFilterDataset.from_data_frame(pd.read_csv(PATH + "ratings.csv"), "userId", "movieId", "rating")
    assert again.user2idx == cf.user2idx


def test_the_library_in_three_lines_beats_the_lesson(capsys):
    val_idxs = get_cv_idxs(100_004)
    cf = CollabFilterDataset.from_csv(PATH, "ratings.csv", "userId", "movieId", "rating")
    learn = cf.get_learner(N_FACTORS, val_idxs, 64, opt_fn=optim.Adam)
    losses = learn.fit(1e-2, 2, wds=2e-4, cycle_len=1, cycle_mult=2)

    assert losses[-1]["validation_loss"] <= 0.776
    preds, y = learn.predict(), learn.data.val_y
    assert preds.shape == y.shape == (20_000,)
    assert float(np.mean((preds - y) ** 2)) == pytest.approx(losses[-1]["validation_loss"], abs=1e-5)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 3
    assert f"{losses[-1]['validation_loss']:.5f}" in printed[-1]
    steps = math.ceil(80_004 / 64)
    trace = [1e-2 * (1 + math.cos(math.pi * t / (c * steps))) / 2 for c in (1, 2) for t in range(c * steps)]
    assert learn.rates == pytest.approx(trace)
    density = learn.density()
    assert density.counts.sum() == 20_000
    assert density.plot().data[0].z.shape == density.counts.shape
    assert learn.model().recommend(1, n=5).scores.shape == (5,)


def test_learners_fit_goes_on_where_the_last_fit_ended():
    cf = CollabFilterDataset.from_csv(PATH, "ratings.csv", "userId", "movieId", "rating")
    learn = cf.get_learner(8, get_cv_idxs(100_004), 4096, opt_fn=optim.SGD)
    first = learn.fit(1.0, 1, cycle_len=2)
    second = learn.fit(0.5, 1)
    assert len(learn.history) == 3
    assert second[0]["train_loss"] < first[0]["train_loss"]


def test_lr_find_suggests_a_rate_and_leaves_the_learner_as_it_was():
    cf = CollabFilterDataset.from_csv(PATH, "ratings.csv", "userId", "movieId", "rating")
    learn = cf.get_learner(8, get_cv_idxs(100_004), 512, opt_fn=optim.Adam)
    before = learn.predict()
    found = learn.lr_find()
    assert np.array_equal(before, learn.predict())
    assert 1e-4 < found.suggestion < 1.0
    assert found.plot().layout.xaxis.type == "log"


def test_dot_product():
    a, b = torch.tensor([[1.0, 2], [3, 4]]), torch.tensor([[2.0, 2], [10, 10]])
    assert DotProduct()(a, b).tolist() == [6.0, 70.0]


@pytest.mark.slow
def test_embedding_dot(data):
    model = EmbeddingDot(671, 9066, N_FACTORS)
    opt = optim.SGD(model.parameters(), 1e-1, weight_decay=1e-5, momentum=0.9)
    fit(model, data, 3, opt, F.mse_loss)
    set_lrs(opt, 0.01)
    run = fit(model, data, 3, opt, F.mse_loss)
    assert round(run.history[-1]["validation_loss"], 2) <= 1.13  # the lesson states two decimals
    assert opt.param_groups[0]["lr"] == 0.01


@pytest.mark.slow
def test_embedding_dot_bias(data):
    model = EmbeddingDotBias(671, 9066, N_FACTORS)
    opt = optim.SGD(model.parameters(), 1e-1, weight_decay=2e-4, momentum=0.9)
    fit(model, data, 3, opt, F.mse_loss)
    set_lrs(opt, 1e-2)
    assert fit(model, data, 3, opt, F.mse_loss).history[-1]["validation_loss"] <= 0.801


@pytest.mark.slow
def test_embedding_net_with_different_widths(data):
    model = EmbeddingNet(671, 9066, n_factors=(50, 60))
    assert model.lin1.in_features == 110
    opt = optim.Adam(model.parameters(), 1e-3, weight_decay=1e-5)
    fit(model, data, 3, opt, F.mse_loss)
    set_lrs(opt, 1e-4)  # as the lesson does for its first two models
    assert fit(model, data, 3, opt, F.mse_loss).history[-1]["validation_loss"] <= 0.781
