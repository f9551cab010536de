"""Every model trains and answers with its arrays against a protected page, on fresh memory full of NaN."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory.guarding import MODES, run_guarded
from penchant.training.registry import MODELS

WIDTHS = {"after": "0,1,2,3,7,8,9,15,16,17,31,32,33,40", "before": "0,1,8,33"}
"""Factors to try. Rows end differently with each, so that the page behind them sees all; they begin in the same way."""
TORCH = ("dot", "dot_bias", "net")
OTHERS = tuple(model for model in MODELS if model not in TORCH)
TOGETHER = (TORCH, OTHERS[::2], OTHERS[1::2])
"""Models that share a process; to import torch takes seconds."""
PROGRAM = str(Path(__file__).with_name("exercise.py"))


@pytest.mark.slow
@pytest.mark.parametrize("models", TOGETHER, ids="-".join)
@pytest.mark.parametrize("mode", MODES)
def test_every_width(guarded_module: Path, mode: str, models: tuple[str, ...]) -> None:
    done = run_guarded(guarded_module, PROGRAM, mode, WIDTHS[mode], *models)
    where = "\n".join(done.stdout.splitlines()[-3:])
    assert done.returncode == 0, f"ends with {done.returncode} in\n{where}\n{done.stderr[-6000:]}"
    assert int(done.stdout.split()[-3]) > 10_000, done.stdout  # arrays were guarded, so something was tried
