"""Errors, arguments, generators, optional packages, threads, progress and plain tables."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from penchant.foundations.arguments import checked_arguments
from penchant.foundations.close_names import close_names, name_remedy
from penchant.foundations.errors import CallerError, MissingExtraError, PenchantError, SettingsError
from penchant.foundations.optional import require
from penchant.foundations.plain_table import plain_table
from penchant.foundations.progress import ProgressBar, Silent
from penchant.foundations.rng import generator, spawn_seeds, torch_generator
from penchant.foundations.threads import available_threads, limit_blas


def test_an_error_says_what_where_and_what_to_do() -> None:
    error = PenchantError("it failed", where="row 3", remedy="Correct it")
    assert str(error) == f"{error.message} [{error.code}]" == "row 3: it failed. Correct it [P100]"
    assert (error.what, error.where, error.remedy) == ("it failed", "row 3", "Correct it")
    assert PenchantError("it failed").message == "it failed"


def test_a_callers_mistake_is_a_value_error() -> None:
    assert issubclass(CallerError, ValueError)


@checked_arguments
def add(number: int, *, other: int = 0) -> int:
    """Adds."""
    return number + other


def test_checked_arguments_pass_valid_calls_and_keep_the_signature() -> None:
    assert add(1, other=2) == add(number=3) == 3
    assert list(inspect.signature(add).parameters) == ["number", "other"] and add.__doc__ == "Adds."


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (
            (1,),
            {"others": 2},
            r"there is no argument 'others'. Did you mean 'other'\? It takes: number, other",
        ),
        ((1,), {"zzz": 2}, r"add\(\): there is no argument 'zzz'. It takes: number, other"),
        ((), {}, r"add\(\): missing a required argument: 'number'. It takes: number, other"),
        ((1, 2), {}, r"add\(\): too many positional arguments. It takes: number, other"),
        ((1,), {"number": 2}, r"add\(\): multiple values for argument 'number'"),
    ],
)
def test_arguments_that_do_not_fit_are_a_callers_mistake(arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(CallerError, match=message):
        add(*arguments, **options)


def test_an_error_inside_a_checked_function_is_not_changed() -> None:
    with pytest.raises(TypeError, match="can only concatenate"):
        add("a")  # type: ignore[arg-type]


def test_close_names_ignore_case_and_come_in_order() -> None:
    assert close_names("Epoch", ["batch", "epochs", "epoch_size"])[0] == "epochs"
    assert close_names("x", ["epochs"]) == []
    assert name_remedy("x", []) == "Known names: none"


def test_plain_tables_are_aligned() -> None:
    rows = [["als", "0.9"], ["bayes", "12.5"]]
    assert plain_table(["model", "rmse"], rows).splitlines() == [
        "model  rmse", "-----  ----", "als     0.9", "bayes  12.5",
    ]  # fmt: skip
    assert plain_table(["n", "model"], [["1", "als"]], right=[True, False]).splitlines()[-1] == "1  als"


def test_a_missing_extra_is_named() -> None:
    with pytest.raises(MissingExtraError, match=r"'no_such_package', which is not installed. .*penchant\[plot\]"):
        require("no_such_package.part", extra="plot")
    assert require("json", extra="plot").loads("1") == 1


def test_one_seed_gives_one_stream() -> None:
    assert generator(3).random() == generator(3).random() != generator(4).random()
    rng = np.random.default_rng(0)
    assert generator(rng) is rng
    assert len(set(spawn_seeds(rng, 100).tolist())) == 100


@pytest.mark.parametrize("seed", [-1, 1.5, "a", None, True])
def test_a_seed_is_a_whole_number_of_at_least_zero(seed: Any) -> None:
    with pytest.raises(SettingsError, match="is not a whole number of at least 0"):
        generator(seed)
    assert generator(np.int64(3)).random() == generator(3).random()  # type: ignore[arg-type]


def test_torch_generators_are_seeded_without_changing_global_state() -> None:
    import torch

    before = torch.random.get_rng_state()
    one, two = (torch.rand(3, generator=torch_generator(generator(7))) for _ in range(2))
    assert torch.equal(one, two)
    assert torch.equal(before, torch.random.get_rng_state())


def test_blas_threads_are_limited_inside_the_context_only() -> None:
    from threadpoolctl import threadpool_info

    def blas() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = blas()
    with limit_blas(1):
        assert set(blas()) == {1}
    assert blas() == before
    assert available_threads() >= 1


def test_without_a_terminal_a_finished_task_prints_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    with ProgressBar() as bar:
        bar.start("epochs", 2)
        bar.step({"validation": 0.91234})
        bar.step({"validation": 0.9})
        bar.start("saving")
    assert capfd.readouterr().err.splitlines() == ["epochs: validation 0.9000", "saving: done"]


def test_silent_progress_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with Silent() as progress:
        progress.start("epochs")
        progress.step({"a": 1.0})
        progress.note("hello")
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems leave no core free")
def test_every_thread_of_a_process_that_gives_way_runs_on_idle_cores_only_and_on_one_core_fewer() -> None:
    script = """
import os, threading
import numpy
from penchant.foundations.threads import available_threads, give_way

before, end = available_threads(), threading.Event()
old = threading.Thread(target=end.wait)
old.start()
give_way()
new = threading.Thread(target=end.wait)
new.start()
threads = [int(name) for name in os.listdir("/proc/self/task")]
policies = {os.sched_getscheduler(one) for one in threads}
cores = {len(os.sched_getaffinity(one)) for one in threads}
assert policies == {os.SCHED_IDLE}, policies
assert cores == {available_threads()} == {max(1, before - 1)}, cores
end.set()
"""
    subprocess.run([sys.executable, "-c", script], check=True)
