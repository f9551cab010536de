"""Errors, randomness, the door for extras, threads and progress."""

from __future__ import annotations

import numpy as np
import pytest

from penchant.foundations.errors import CallerError, MissingExtraError, PenchantError
from penchant.foundations.optional import require
from penchant.foundations.progress import Bar, Silent
from penchant.foundations.rng import generator, spawn_seeds, torch_generator
from penchant.foundations.threads import available_threads, limit_blas


def test_an_error_says_what_where_and_what_to_do() -> None:
    error = PenchantError("it broke", where="row 3", remedy="Mend it")
    assert str(error) == "row 3: it broke. Mend it"
    assert (error.what, error.where, error.remedy) == ("it broke", "row 3", "Mend it")
    assert str(PenchantError("it broke")) == "it broke"


def test_a_callers_mistake_is_a_value_error() -> None:
    assert issubclass(CallerError, ValueError)


def test_a_missing_extra_is_named() -> None:
    with pytest.raises(MissingExtraError, match=r"'no_such_package', which is not installed. .*penchant\[plot\]"):
        require("no_such_package.part", extra="plot")
    assert require("json", extra="plot").loads("1") == 1


def test_one_seed_gives_one_stream() -> None:
    assert generator(3).random() == generator(3).random() != generator(4).random()
    rng = np.random.default_rng(0)
    assert generator(rng) is rng
    assert len(set(spawn_seeds(rng, 100).tolist())) == 100


def test_torch_follows_the_generator_and_global_state_is_left_alone() -> None:
    import torch

    before = torch.random.get_rng_state()
    one, two = (torch.rand(3, generator=torch_generator(generator(7))) for _ in range(2))
    assert torch.equal(one, two)
    assert torch.equal(before, torch.random.get_rng_state())


def test_blas_is_held_back_inside_only() -> None:
    from threadpoolctl import threadpool_info

    def blas() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = blas()
    with limit_blas(1):
        assert set(blas()) == {1}
    assert blas() == before
    assert available_threads() >= 1


def test_without_a_terminal_a_finished_task_leaves_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.start("epochs", 2)
        bar.step({"validation": 0.91234})
        bar.step({"validation": 0.9})
        bar.start("saving")
    assert capfd.readouterr().err.splitlines() == ["epochs: validation 0.9000", "saving: done"]


def test_silence_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    with Silent() as silent:
        silent.start("epochs")
        silent.step({"a": 1.0})
        silent.note("hello")
    assert capfd.readouterr() == ("", "")
