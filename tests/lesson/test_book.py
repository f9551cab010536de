"""Chapter 8 of the fastai book: its calls, with its names, on our engine."""

import numpy as np
import pandas as pd
import pytest
import torch

from penchant.data.splitting import get_cv_idxs
from penchant.foundations.errors import CallerError, DataError
from penchant.lesson.book import (
    CollabDataLoaders,
    Embedding,
    EmbeddingNN,
    F,
    L,
    Learner,
    Module,
    MSELossFlat,
    collab_learner,
    create_params,
    emb_sz_rule,
    get_emb_sz,
    movielens_path,
    nn,
    one_hot,
    sigmoid_range,
)
from penchant.recommending.fold_in_module import with_new_user


@pytest.fixture(scope="module")
def table():
    """600 ratings of 20 users and 15 films that a user's and a film's number explain."""
    rng = np.random.default_rng(0)
    pairs = rng.permutation(20 * 15)
    users, films = pairs // 15, pairs % 15
    rating = np.clip(1.5 + 0.1 * users + 0.1 * films, 0.5, 5.0).round(1)
    return pd.DataFrame({"user": users + 100, "title": [f"Film {n:02}" for n in films], "rating": rating})


@pytest.fixture(scope="module")
def dls(table):
    return CollabDataLoaders.from_df(table, item_name="title", bs=16)


class DotProductBias(Module):
    """As the book writes it: no call of the parent's __init__, and parameters without Embedding."""

    def __init__(self, n_users, n_movies, n_factors, y_range=(0, 5.5)):
        self.user_factors = create_params([n_users, n_factors])
        self.user_bias = create_params([n_users])
        self.movie_factors = Embedding(n_movies, n_factors)
        self.y_range = y_range

    def forward(self, x):
        score = (self.user_factors[x[:, 0]] * self.movie_factors(x[:, 1])).sum(dim=1)
        return sigmoid_range(score + self.user_bias[x[:, 0]], *self.y_range)


def test_classes_batches_and_shown_rows(table, dls):
    assert list(dls.classes) == ["user", "title"]
    assert dls.classes["title"][:2] == ["#na#", "Film 00"]
    assert [dls.classes["title"].o2i[film] for film in ("#na#", "Film 00", "Film 14")] == [0, 1, 15]
    assert L(one_hot(2, 4).float()) == [0.0, 0.0, 1.0, 0.0]
    stars = CollabDataLoaders.from_df(table.rename(columns={"rating": "stars"}), bs=16)
    assert stars.show_batch(3).heads == ("user", "title", "stars")
    assert collab_learner(stars, 2).show_results(3).heads == ("user", "title", "stars", "stars_pred")
    x, y = dls.one_batch()
    assert (x.shape, y.shape, x.dtype) == ((16, 2), (16,), torch.int64)
    assert (len(dls.data.trn_y), len(dls.data.val_y)) == (240, 60)
    permutation = torch.randperm(300, generator=torch.Generator().manual_seed(0))
    assert dls.data.val_idxs.tolist() == permutation[:60].tolist()
    shown = dls.show_batch(4)
    for user, title, rating in shown.rows:
        found = table[(table.user == user) & (table.title == title)]
        assert found.rating.item() == pytest.approx(rating, abs=1e-6)
    assert "<th>title</th>" in shown._repr_html_()
    assert repr(dls).startswith("<CollabDataLoaders: 20 of user, 15 of title, 240 training and 60 validation")


def test_collab_learner_trains_and_shows_results(dls, capsys):
    learn = collab_learner(dls, n_factors=4, y_range=(0, 5.5), metrics=[F.l1_loss])
    before = learn.validate()
    history = learn.fit_one_cycle(6, 0.1, wd=0.01)
    assert learn.validate() == pytest.approx(history[-1]["validation_loss"], rel=1e-5)
    assert learn.validate() < 0.2 * before
    assert len(capsys.readouterr().out.splitlines()) == 6
    rates = learn.sched.rates
    assert max(rates) == pytest.approx(0.1, rel=0.01)
    assert rates[0] == pytest.approx(0.1 / 25)
    assert np.argmax(rates) == pytest.approx(0.25 * len(rates), abs=1)
    shown = learn.show_results(5)
    assert shown.heads == ("user", "title", "rating", "rating_pred")
    assert all(abs(rating - predicted) < 1.5 for *_, rating, predicted in shown.rows)
    model = learn.model
    assert (model.u_weight.weight.shape, model.i_bias.weight.shape) == ((21, 4), (16, 1))
    assert model.bias(["Film 14"])[0] > model.bias(["Film 00"])[0]
    assert model.weight([100], is_item=False).shape == (1, 4)
    with pytest.raises(CallerError, match="'Film 99' is not an id"):
        model.bias(["Film 99"])


def test_training_goes_on_and_a_seed_repeats_it(dls):
    losses = []
    for _ in range(2):
        learn = collab_learner(dls, 3, y_range=(0, 5.5), seed=5)
        dls.data._rng = np.random.default_rng(0)
        learn.fit(1, 0.05)
        learn.fit(1, 0.05)
        losses.append([row["train_loss"] for row in learn.history])
    assert losses[0] == losses[1]
    assert losses[0][1] < losses[0][0]


def test_a_module_of_the_books_form_trains_and_takes_a_new_user(dls):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = DotProductBias(len(dls.classes["user"]), len(dls.classes["title"]), 4)
    learn = Learner(dls, model, loss_func=MSELossFlat())
    history = learn.fit_one_cycle(4, 0.1, wd=0.1)
    assert history[-1]["validation_loss"] < history[0]["validation_loss"]
    assert isinstance(model.user_factors, nn.Parameter)
    grown, number = with_new_user(collab_learner(dls, 2).model, np.array([3, 4]), np.array([4.0, 5.0]))
    assert grown(torch.tensor([[number, 3]])).shape == (1,)


@pytest.mark.parametrize("use_bn", [True, False])
def test_a_network_has_the_layers_that_were_named(dls, use_bn):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = EmbeddingNN(get_emb_sz(dls), [12, 7], (0, 5.5), ps=[0.1, 0.0], use_bn=use_bn)
    sizes = [(part.in_features, part.out_features) for part in model.layers if isinstance(part, nn.Linear)]
    assert sizes == [(9 + 8, 12), (12, 7), (7, 1)]
    learn = Learner(dls, model)
    history = learn.fit_one_cycle(5, 0.02)
    assert history[-1]["validation_loss"] < history[0]["validation_loss"]
    model.train()
    assert model(torch.tensor([[1, 1]])).shape == (1, 1)
    with pytest.raises(CallerError, match="3 shares of dropout do not fit 2 layers"):
        EmbeddingNN([(3, 2)], [4, 4], ps=[0.1, 0.1, 0.1])


def test_the_books_rule_for_widths(dls):
    assert [emb_sz_rule(n) for n in (2, 15, 944, 1665, 10**7)] == [2, 7, 74, 102, 600]
    assert get_emb_sz(dls, {"title": 5}) == [(21, emb_sz_rule(21)), (16, 5)]
    learn = collab_learner(dls, use_nn=True, layers=[10, 5], emb_szs={"user": 3})
    assert learn.model.embeds[0].embedding_dim == 3


def test_lr_find_leaves_the_model_as_it_was(dls):
    learn = collab_learner(dls, 3, y_range=(0, 5.5))
    before = learn.validate()
    found = learn.lr_find()
    assert learn.validate() == before
    assert 1e-4 < found.suggestion < 10


def test_tables_that_do_not_fit_are_refused(table):
    with pytest.raises(DataError, match="2 columns cannot hold"):
        CollabDataLoaders.from_df(table[["user", "title"]])
    with pytest.raises(DataError, match="duplicates='last'"):
        CollabDataLoaders.from_df(pd.concat([table, table[:1]]))
    assert len(CollabDataLoaders.from_df(pd.concat([table, table[:1]]), duplicates="last").data.rows.y) == 300


@pytest.mark.slow
def test_the_books_learner_on_the_lessons_rows_is_as_good_as_fastais():
    """fastai 2.8.12, the same call on the same rows: 0.7878 (benchmarks/gradient.py)."""
    dls = CollabDataLoaders.from_csv(
        movielens_path() + "ratings.csv", user_name="userId", item_name="movieId", rating_name="rating",
        valid_idx=get_cv_idxs(100_004),
    )  # fmt: skip
    learn = collab_learner(dls, n_factors=50, y_range=(0, 5.5))
    assert learn.fit_one_cycle(5, 5e-3, wd=0.1)[-1]["validation_loss"] < 0.795
