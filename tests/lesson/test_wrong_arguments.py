"""What a student may pass by mistake: each meets one message that names the argument, before anything is trained."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn, optim
from torch.nn import functional as F  # noqa: N812 - the lesson's own line

from penchant.data.splitting import get_cv_idxs
from penchant.foundations.errors import CallerError, ModelShapeError, PenchantError
from penchant.lesson import CollabFilterDataset, ColumnarModelData, EmbeddingDot, EmbeddingNet, fit, predict, set_lrs
from penchant.lesson.book import CollabDataLoaders, Embedding, Learner, collab_learner
from penchant.lesson.notebook import T

COLUMNS = ["user", "item"]
ROWS, USERS, ITEMS = 60, 6, 12


@pytest.fixture(scope="module")
def frame():
    pairs = np.random.default_rng(0).permutation(USERS * ITEMS)[:ROWS]
    return pd.DataFrame({"user": pairs // ITEMS, "item": pairs % ITEMS, "rating": 1.0 + pairs % 5})


@pytest.fixture(scope="module")
def cf(frame):
    return CollabFilterDataset.from_data_frame(".", frame, "user", "item", "rating")


@pytest.fixture
def columns(frame):
    def made(val_idxs=(0, 1), df=frame[COLUMNS], y=frame.rating, cat_flds=COLUMNS, bs=16, **options):
        return ColumnarModelData.from_data_frame(".", val_idxs, df, y, cat_flds, bs, **options)

    return made


@pytest.fixture(scope="module")
def dls(frame):
    return CollabDataLoaders.from_df(frame, bs=16)


def dot(rows=ITEMS, width=3):
    return EmbeddingDot(USERS, rows, width)


def adam(module, rate=1e-2):
    return optim.Adam(module.parameters(), rate)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"n_factors": 0}, "n_factors"),
        ({"n_factors": 2.5}, "n_factors"),
        ({"bs": 0}, "bs"),
        ({"bs": "64"}, "bs"),
        ({"val_idxs": None}, "val_idxs"),
        ({"val_idxs": [0.5]}, "val_idxs"),
        ({"val_idxs": ["a"]}, "val_idxs"),
        ({"val_idxs": [-1]}, "val_idxs"),
        ({"val_idxs": [ROWS]}, "val_idxs"),
        ({"val_idxs": np.arange(ROWS)}, "val_idxs"),
        ({"opt_fn": None}, "opt_fn"),
        ({"opt_fn": optim.RMSprop}, "opt_fn"),
        ({"opt_fn": adam(dot())}, "opt_fn"),
        ({"opt_fn": partial(optim.Adam, weight_decay=0.1)}, "opt_fn"),
        ({"opt_fn": partial(optim.Adam, betas=(0.9,))}, "opt_fn"),
        ({"metrics": F.l1_loss}, "metrics"),
        ({"metrics": ["rmse"]}, "metrics"),
        ({"seed": -1}, "seed"),
    ],
)
def test_get_learner(cf, arguments, where):
    with pytest.raises(CallerError, match=rf"^{where}.*: .*\. "):
        cf.get_learner(**{"n_factors": 2, "val_idxs": [0, 1], "bs": 16} | arguments)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"lrs": 0}, "lrs"),
        ({"lrs": -1.0}, "lrs"),
        ({"lrs": float("nan")}, "lrs"),
        ({"lrs": "0.1"}, "lrs"),
        ({"lrs": [1e-3, 1e-2]}, "lrs"),
        ({"n_cycle": 0}, "n_cycle"),
        ({"n_cycle": 1.5}, "n_cycle"),
        ({"cycle_len": 0}, "cycle_len"),
        ({"cycle_len": 1, "cycle_mult": 0}, "cycle_mult"),
        ({"wds": -1}, "wds"),
        ({"wds": "a"}, "wds"),
    ],
)
def test_the_learners_fit_changes_nothing(cf, arguments, where):
    learn = cf.get_learner(2, [0, 1], 16)
    before = learn.predict()
    with pytest.raises(CallerError, match=rf"^{where}: .*\. Give"):
        learn.fit(**{"lrs": 1e-2, "n_cycle": 1} | arguments)
    np.testing.assert_array_equal(learn.predict(), before)
    assert len(learn.history) == 0


@pytest.mark.parametrize("ends", [(0, 1), (1, 1e-3), (-1, 1), ("a", 1)])
def test_searches_for_a_rate(cf, dls, ends):
    for learn in (cf.get_learner(2, [0, 1], 16), collab_learner(dls, 2)):
        with pytest.raises(CallerError, match=r"^start_lr: "):
            learn.lr_find(*ends)


def test_one_rate_in_a_list_a_partial_and_a_mask_are_what_they_mean(cf):
    mask = np.arange(ROWS) < 10
    ways = [
        (cf.get_learner(2, np.flatnonzero(mask), 16, "adam"), 1e-2, 1e-4),
        (cf.get_learner(2, mask, np.int64(16), partial(optim.Adam, betas=(0.9, 0.999)), metrics=None), [1e-2], [1e-4]),
    ]
    first, second = (learn.fit(rate, 1, wds=decay)[-1] for learn, rate, decay in ways)
    assert first == second
    other = cf.get_learner(2, mask, 16, partial(optim.Adam, betas=(0.5, 0.9))).fit(1e-2, 1, wds=1e-4)[-1]
    assert other["train_loss"] != first["train_loss"]


def test_without_validation_rows_the_learner_trains_and_the_density_says_what_is_missing(cf):
    learn = cf.get_learner(2, [], 16)
    assert len(learn.fit(1e-2, 1)) == 1
    with pytest.raises(CallerError, match=r"^val_idxs: there are no ratings"):
        learn.density()


def test_get_cv_idxs():
    for arguments in ({"n": -5}, {"n": "a"}, {"n": 10, "val_pct": 20}, {"n": 10, "cv_idx": -1}):
        with pytest.raises(CallerError, match=r"^get_cv_idxs: "):
            get_cv_idxs(**arguments)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"cat_flds": None}, "cat_flds"),
        ({"cat_flds": "user"}, "cat_flds"),
        ({"cat_flds": ["users", "item"]}, "cat_flds: there is no column 'users'"),
        ({"df": np.zeros((ROWS, 2))}, "df"),
        ({"df": pd.DataFrame(np.zeros((ROWS, 2), int), columns=["user", "user"])}, "df"),
        ({"y": ["a"] * ROWS}, "y"),
        ({"y": [1.0, np.nan] + [2.0] * (ROWS - 2)}, "y: the rating of row 1"),
        ({"bs": 0}, "bs"),
        ({"bs": 1.5}, "bs"),
        ({"val_idxs": None}, "val_idxs"),
        ({"val_idxs": [0.5]}, "val_idxs"),
        ({"val_idxs": range(ROWS)}, "val_idxs"),
        ({"seed": -1}, "seed"),
    ],
)
def test_columnar_data(columns, arguments, where):
    with pytest.raises(CallerError, match=rf"^{where}.*\. "):
        columns(**arguments)


def test_a_mask_is_not_taken_for_row_numbers(columns):
    assert columns(np.arange(ROWS) < 10).val_idxs.tolist() == list(range(10))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_epochs": 0}, "^n_epochs: "),
        ({"n_epochs": "3"}, "^n_epochs: "),
        ({"data": pd.DataFrame()}, "^data: .*ColumnarModelData"),
        ({"model": EmbeddingDot}, "^model: the class EmbeddingDot is not a module. Give an instance"),
        ({"model": print}, "^model: "),
        ({"opt": optim.Adam}, "^opt: Adam is not an optimiser"),
        ({"opt": adam(dot())}, "^opt: it has no parameter of this module"),
        ({"crit": "mse"}, "^loss: "),
        ({"crit": nn.MSELoss}, r"^loss: MSELoss is a class, not a loss. Write it with parentheses: MSELoss\(\)"),
        ({"crit": nn.MSELoss(reduction="none")}, r"^loss: the loss has shape \(16,\)"),
        ({"metrics": [lambda predicted, _: predicted]}, "^metrics: .* returned shape"),
    ],
)
def test_fit(columns, arguments, message):
    module = dot()
    with pytest.raises(PenchantError, match=message):
        fit(**{"model": module, "data": columns(), "n_epochs": 1, "opt": adam(module), "crit": F.mse_loss} | arguments)


class Returning(nn.Module):
    """Returns what a function of its parameter and the number of rows gives."""

    def __init__(self, output):
        super().__init__()
        self.b, self.output = nn.Parameter(torch.zeros(1)), output

    def forward(self, cats, conts):
        return self.output(self.b, len(cats))


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (lambda b, n: b + torch.zeros(n, 2), r"shape \((16|2), 2\)"),
        (lambda b, _: b.sum(), r"shape \(\)"),
        (lambda b, n: (b + torch.zeros(n), 1), "returned a tuple, not a tensor"),
        (lambda b, n: None, "returned a NoneType, not a tensor"),
        (lambda b, n: np.zeros(n), "returned a ndarray, not a tensor"),
    ],
)
def test_wrong_shapes_are_refused_by_fit_and_by_predict(columns, output, message):
    module = Returning(output)
    with pytest.raises(ModelShapeError, match=message):
        fit(module, columns(), 1, adam(module), F.mse_loss)
    with pytest.raises(ModelShapeError, match=message):
        predict(module, columns())


def test_predictions_that_no_parameter_changes(columns, dls):
    module = Returning(lambda b, n: torch.zeros(n))
    with pytest.raises(ModelShapeError, match=r"^forward\(\): .*self\.u = nn\.Embedding") as found:
        fit(module, columns(), 1, adam(module), F.mse_loss)
    message = str(found.value)

    class NoParameters(nn.Module):
        def forward(self, cats, conts):
            return cats[:, 0].float()

    empty = NoParameters()
    for run in (
        lambda: fit(empty, columns(), 1, adam(dot()), F.mse_loss),
        lambda: Learner(dls, empty).fit_one_cycle(1),
    ):
        with pytest.raises(ModelShapeError) as same:
            run()
        assert str(same.value) == message


def test_an_embedding_with_too_few_rows_is_named_with_the_highest_numbers(columns):
    module = dot(rows=3)
    for run in (lambda: fit(module, columns(), 1, adam(module), F.mse_loss), lambda: predict(module, columns())):
        with pytest.raises(ModelShapeError, match=r"^EmbeddingDot: .*highest numbers \(\d, \d+\).* one row more"):
            run()


def test_forward_of_three_arguments(columns):
    class Three(Returning):
        def forward(self, users, items, genres):
            return self.b

    module = Three(None)
    with pytest.raises(ModelShapeError, match=r"^Three: forward\(users, items, genres\) cannot"):
        fit(module, columns(), 1, adam(module), F.mse_loss)


def test_rates_of_groups(columns):
    module = dot()
    opt = optim.SGD([{"params": [module.u.weight]}, {"params": [module.m.weight]}], 0.1)
    for rate in (None, "a", -1, float("nan"), [1, 2, 3]):
        with pytest.raises(CallerError, match=r"^lr: .*\. Give"):
            set_lrs(opt, rate)
    set_lrs(opt, [0.0, np.float32(0.5)])
    before = module.u.weight.detach().clone()
    assert fit(module, columns(), 1, opt, F.mse_loss)[0]["learning_rate"] == 0.5
    assert torch.equal(module.u.weight, before)
    assert [group["lr"] for group in opt.param_groups] == [0.0, 0.5]
    set_lrs(opt, 0)
    with pytest.raises(CallerError, match=r"^opt: the learning rate is 0. Set one above 0"):
        fit(module, columns(), 1, opt, F.mse_loss)


def test_a_loss_that_diverges_names_the_rate_of_the_optimiser(columns):
    module = dot()
    with pytest.raises(PenchantError, match=r"learning rate 1e\+30"):
        fit(module, columns(), 2, optim.SGD(module.parameters(), 1e30), F.mse_loss)


def test_widths_of_modules_and_values_of_tensors():
    for make in (
        lambda: dot(width=0),
        lambda: EmbeddingNet(USERS, ITEMS, n_factors=2.5),
        lambda: EmbeddingNet(USERS, ITEMS, n_factors=(1, 2, 3)),
        lambda: Embedding(USERS, -1),
    ):
        with pytest.raises(CallerError, match=r"^n_factors: "):
            make()
    for values in (["a"], None, [[1], [1, 2]]):
        with pytest.raises(CallerError, match=r"^T: "):
            T(values)


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"ratings": [1]}, "ratings"),
        ({"valid_pct": 1.0}, "valid_pct"),
        ({"valid_pct": -1}, "valid_pct"),
        ({"valid_pct": "a"}, "valid_pct"),
        ({"valid_idx": ["a"]}, "val_idxs"),
        ({"seed": None}, "seed"),
        ({"bs": 0}, "bs"),
    ],
)
def test_the_books_data(frame, arguments, where):
    with pytest.raises(CallerError, match=rf"^{where}: .*\. "):
        CollabDataLoaders.from_df(**{"ratings": frame} | arguments)


def test_the_books_file_is_named(tmp_path):
    with pytest.raises(CallerError, match=r"none\.csv: there is no such file"):
        CollabDataLoaders.from_csv(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"n_factors": 0}, "n_factors"),
        ({"n_factors": 0, "use_nn": True}, "layers"),
        ({"y_range": 5}, "y_range"),
        ({"y_range": (5, 0)}, "y_range"),
        ({"y_range": (1, 2, 3)}, "y_range"),
        ({"use_nn": True, "layers": 10}, "layers"),
        ({"use_nn": True, "layers": [0]}, "layers"),
        ({"use_nn": True, "emb_szs": {"films": 3}}, "emb_szs"),
        ({"use_nn": True, "emb_szs": [(10, 3)]}, "emb_szs"),
        ({"loss_func": nn.MSELoss}, "loss"),
        ({"metrics": F.l1_loss}, "metrics"),
        ({"seed": "a"}, "seed"),
    ],
)
def test_the_books_learner(dls, arguments, where):
    with pytest.raises(CallerError, match=rf"^{where}: .*\. "):
        collab_learner(dls, **arguments)


@pytest.mark.parametrize(
    "arguments",
    [(0,), ("a",), (1, 0), (1, -1), (1, "a"), (1, slice(1e-3, 1e-2)), (1, float("nan"))],
)
def test_the_books_fit(dls, arguments):
    learn = collab_learner(dls, 2)
    with pytest.raises(CallerError, match=r"^(n_epoch|the learning rate): .*\. Give"):
        learn.fit_one_cycle(*arguments)
    with pytest.raises(CallerError, match=r"^wd: .*\. Give"):
        learn.fit_one_cycle(1, wd=-1)
    assert len(learn.history) == 0


def test_the_books_ids_rows_and_module(dls, frame):
    learn = collab_learner(dls, 2)
    for ids in (3, "abc"):
        with pytest.raises(CallerError, match=r"^ids: .*Write \["):
            learn.model.bias(ids)
    with pytest.raises(CallerError, match=r"^max_n: "):
        learn.show_results(-1)
    with pytest.raises(CallerError, match=r"^dls: "):
        Learner(frame, dot())
    with pytest.raises(CallerError, match=r"^model: the class EmbeddingDot"):
        Learner(dls, EmbeddingDot)
