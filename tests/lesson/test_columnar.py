"""Modules over any number of columns: third columns, every way to write forward, and clear refusals."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn, optim
from torch.nn import functional as F  # noqa: N812 - the lesson's own line

from penchant.foundations.errors import DataError, ModelShapeError
from penchant.lesson import ColumnarModelData, fit, predict


def frame(rows=400, seed=0):
    """Ratings that depend on a genre and on a number, not on who rates."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({
        "user": rng.integers(0, 9, rows), "movie": rng.integers(0, 7, rows), "decade": rng.integers(0, 3, rows),
        "year": rng.normal(size=rows), "Drama": rng.integers(0, 2, rows), "Comedy": rng.integers(0, 2, rows),
    })  # fmt: skip
    y = 3 + table.decade + 0.5 * table.year + table.Drama - table.Comedy
    return table, y


def data_of(columns, cats=("user", "movie", "decade")):
    table, y = frame()
    return ColumnarModelData.from_data_frame("", np.arange(100), table[[*cats, *columns]], y, list(cats), 32)


class ThreeColumns(nn.Module):
    """A third embedding, a multi-valued column as 0/1 columns, and a continuous one."""

    def __init__(self, conts):
        super().__init__()
        self.u, self.m, self.d = nn.Embedding(9, 2), nn.Embedding(7, 2), nn.Embedding(3, 2)
        self.linear = nn.Linear(6 + conts, 1)

    def forward(self, cats, conts):
        vectors = [table(cats[:, at]) for at, table in enumerate((self.u, self.m, self.d))]
        return self.linear(torch.cat([*vectors, conts], dim=1))


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def test_a_module_learns_from_third_columns():
    losses = {}
    for columns in ((), ("year", "Drama", "Comedy")):
        data = data_of(columns)
        model = ThreeColumns(len(columns))
        history = fit(model, data, 30, optim.Adam(model.parameters(), 3e-2), F.mse_loss)
        losses[columns] = history[-1]["validation_loss"]
        error = predict(model, data) - data.val_y
        assert np.mean(error**2) == pytest.approx(losses[columns], rel=1e-5)
    assert losses["year", "Drama", "Comedy"] < 0.1 < losses[()]


def test_loaders_hold_every_column():
    data = data_of(("year", "Drama"))
    cats, conts, y = (torch.cat(part) for part in zip(*data.val_dl, strict=True))
    table, target = frame()
    np.testing.assert_array_equal(cats.numpy(), table[["user", "movie", "decade"]].to_numpy()[:100])
    np.testing.assert_allclose(conts.numpy(), table[["year", "Drama"]].to_numpy()[:100], rtol=1e-6)
    np.testing.assert_allclose(y.numpy(), target.to_numpy()[:100], rtol=1e-6)
    assert len(data.trn_y) == 300
    assert repr(data) == "<ColumnarModelData: 300 training and 100 validation rows, batches of 32>"


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_column_of_lists_becomes_zeros_and_ones(library):
    import polars as pl

    columns = {"user": [0, 1, 1], "movie": [0, 0, 1], "genres": [["Drama", "Crime"], [], ["Drama"]], "year": [1, 2, 3]}
    table = pd.DataFrame(columns) if library == "pandas" else pl.DataFrame(columns)
    data = ColumnarModelData.from_data_frame("", np.array([0]), table, [1.0, 2.0, 3.0], ["user", "movie"])
    assert data.rows.cont_names == ("genres=Crime", "genres=Drama", "year")
    assert data.rows.conts.tolist() == [[1, 1, 1], [0, 0, 2], [0, 1, 3]]


def test_forward_may_take_x_users_and_items_or_cats_and_conts():
    class Parts(nn.Module):
        def __init__(self):
            super().__init__()
            self.u, self.m = nn.Embedding(9, 2), nn.Embedding(7, 2)

        def score(self, users, movies):
            return (self.u(users) * self.m(movies)).sum(1)

    class X(Parts):
        def forward(self, x):
            return self.score(x[:, 0], x[:, 1])

    class Pairs(Parts):
        def forward(self, users, movies):
            return self.score(users, movies)

    class Cats(Parts):
        def forward(self, cats, conts):
            return self.score(cats[:, 0], cats[:, 1])

    found = []
    for kind in (X, Pairs, Cats):
        torch.manual_seed(0)
        model, data = kind(), data_of((), cats=("user", "movie"))
        fit(model, data, 1, optim.SGD(model.parameters(), 0.1), F.mse_loss)
        found.append(predict(model, data))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_a_wrong_shape_is_refused_before_the_first_step():
    class Broadcasting(nn.Module):
        def __init__(self):
            super().__init__()
            self.u, self.b = nn.Embedding(9, 2), nn.Embedding(9, 1)

        def forward(self, x):
            return self.u(x[:, 0]).sum(1) + self.b(x[:, 0])

    model = Broadcasting()
    before = model.u.weight.detach().clone()
    with pytest.raises(ModelShapeError, match=r"\(32, 32\)"):
        fit(model, data_of(()), 1, optim.SGD(model.parameters(), 0.1), F.mse_loss)
    assert torch.equal(before, model.u.weight)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cat_flds": ["user"]}, "not a list of two columns or more"),
        ({"cat_flds": ["user", "film"]}, "no column 'film'"),
        ({"df": frame()[0].assign(user="a")}, "column user: the values are not numbers from 0 on"),
        ({"df": frame()[0].assign(year=np.nan)}, "column year: the values are not finite numbers"),
        ({"df": frame()[0].assign(title="x")}, "column title: the values are not finite numbers"),
        ({"y": [1.0]}, "1 ratings do not fit 400 rows"),
        ({"val_idxs": np.array([400])}, r"val_idxs.*get_cv_idxs\(len\(df\)\)"),
    ],
)
def test_tables_that_do_not_fit_are_refused(change, message):
    table, y = frame()
    given = {"val_idxs": np.arange(10), "df": table, "y": y, "cat_flds": ["user", "movie"]} | change
    with pytest.raises(DataError, match=message):
        ColumnarModelData.from_data_frame("", **given)
