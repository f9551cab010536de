"""Every model trains and answers with its arrays against a protected page, on fresh memory full of NaN."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory.guarding import MODES, run_guarded
from penchant.training.registry import MODELS

FEW_WIDTHS = "0,17"
WIDTHS = "0,1,2,3,7,8,9,15,16,17,31,32,33,40"
PROGRAM = str(Path(__file__).with_name("exercise.py"))


def passes(module: Path, *arguments: str) -> None:
    done = run_guarded(module, PROGRAM, *arguments)
    where = "\n".join(done.stdout.splitlines()[-3:])
    assert done.returncode == 0, f"ends with {done.returncode} in\n{where}\n{done.stderr[-6000:]}"
    assert int(done.stdout.split()[-3]) > 10_000, done.stdout  # arrays were guarded, so something was tried


@pytest.mark.parametrize("mode", MODES)
def test_every_model(guarded_module: Path, mode: str) -> None:
    passes(guarded_module, mode, FEW_WIDTHS, "plain")


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("mode", MODES)
def test_every_width(guarded_module: Path, mode: str, model: str) -> None:
    passes(guarded_module, mode, WIDTHS, "all", model)
