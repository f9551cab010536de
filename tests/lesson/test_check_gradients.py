"""check-gradients finds true slopes true and false ones false, in built-in models and in a user's own."""

import copy

import pytest
import torch
from torch import nn

from lesson.false_slope import HalfSlope
from penchant.foundations.errors import CallerError, ModelShapeError
from penchant.lesson.check_gradients import CheckSettings, check_gradients
from penchant.lesson.checked_models import BUILT_IN_MODELS, module_of
from penchant.training.registry import MODELS

USERS_FILE = """
import torch
from torch import nn

class Lesson(nn.Module):
    def __init__(self, n_users, n_items, factors=4):
        super().__init__()
        self.u, self.m = nn.Embedding(n_users, factors), nn.Embedding(n_items, factors)

    def forward(self, cats, conts):
        users, items = cats[:, 0], cats[:, 1]
        return (self.u(users) * self.m(items)).sum(1, keepdim=True)

class NoArguments(nn.Module):
    def __init__(self):
        super().__init__()
        self.offset = nn.Parameter(torch.zeros(1))
        self.idle = nn.Parameter(torch.zeros(3))

    def forward(self, users, items):
        return self.offset.expand(len(users))

class Needy(nn.Module):
    def __init__(self, n_users, n_items, colour):
        super().__init__()

class Word:
    pass
"""


class Liar(nn.Module):
    def __init__(self):
        super().__init__()
        self.honest, self.false = nn.Embedding(7, 3), nn.Embedding(5, 3)

    def forward(self, users, items):
        return (self.honest(users) * HalfSlope.apply(self.false(items))).sum(1)


@pytest.fixture
def users_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(USERS_FILE)
    return path


def test_every_model_that_gradients_train_can_be_checked():
    assert {name for name, way in MODELS.items() if ".gradient." in way.module} == set(BUILT_IN_MODELS)


@pytest.mark.parametrize("name", BUILT_IN_MODELS)
def test_the_built_in_models_slopes_are_true(name):
    checks = check_gradients(module_of(name))
    assert all(one.good for one in checks)
    assert max(one.error for one in checks) < 1e-7
    assert all(one.largest > 0 and not one.stuck for one in checks)


def test_a_false_slope_is_found_at_its_own_parameter():
    found = {one.name: one.good for one in check_gradients(Liar())}
    assert found == {"honest.weight": True, "false.weight": False}


def test_the_module_is_left_as_it_is():
    module = module_of("net").train()
    before = copy.deepcopy(module.state_dict())
    check_gradients(module)
    assert module.training
    for name, value in module.state_dict().items():
        assert value.dtype == before[name].dtype
        assert torch.equal(value, before[name])


@pytest.mark.parametrize("class_name", ["Lesson", "NoArguments"])
def test_a_users_module_is_built_and_checked(users_file, class_name):
    assert all(one.good for one in check_gradients(module_of(f"{users_file}:{class_name}")))


def test_a_parameter_the_loss_does_not_use_is_named(users_file):
    assert {one.name: one.stuck for one in check_gradients(module_of(f"{users_file}:NoArguments"))} == {
        "offset": False, "idle": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("als", "there is no torch model 'als'"),
        ("nowhere.py:Lesson", "there is no such Python file"),
        ("{path}:Missing", "'Missing' is not a torch module in this file.*Lesson, NoArguments, Needy"),
        ("{path}:Word", "'Word' is not a torch module"),
        ("{path}:Needy", r"Needy\(n_users, n_items, colour\) cannot be built.*default"),
    ],
)
def test_what_cannot_be_checked_is_refused_in_words(users_file, name, message):
    with pytest.raises(CallerError, match=message):
        module_of(name.format(path=users_file))


def test_a_file_that_does_not_run_is_refused_with_its_own_error(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("import no_such_package_at_all\n")
    with pytest.raises(CallerError, match=r"running the file failed: ModuleNotFoundError.*no_such_package_at_all"):
        module_of(f"{path}:Any")


def test_a_module_without_parameters_or_with_a_wrong_shape_is_refused():
    class Square(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.ones(1))

        def forward(self, users, items):
            return self.w * torch.ones(len(users), len(users))

    class Empty(nn.Module):
        def forward(self, users, items):
            return users * 0.0

    with pytest.raises(CallerError, match="no parameter"):
        check_gradients(Empty())
    with pytest.raises(ModelShapeError, match=r"\(24, 24\)"):
        check_gradients(Square(), CheckSettings())
