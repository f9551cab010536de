"""A run that was killed in an epoch resumes with the same result."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from made_ratings import low_rank
from penchant.foundations.errors import CallerError
from penchant.training.registry import train

ROOT = Path(__file__).parents[3]
QUICK = {"factors": 4, "epochs": 6, "batch_size": 64, "patience": 2, "learning_rate": 0.02}


def ends(model, *runs):
    """How the processes end that train in a folder, write to a file and kill themselves, one after the other."""
    paths = os.pathsep.join(str(ROOT / part) for part in ("src", "tests"))
    wanted = json.dumps([[str(folder), str(out), kill_at] for folder, out, kill_at in runs])
    command = [sys.executable, str(Path(__file__).with_name("killed_run.py")), model, wanted]
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return list(map(int, done.stdout.split()))


@pytest.mark.slow
@pytest.mark.parametrize(("model", "kills"), [("dot_bias", (4, 3)), ("net", (3,))])
def test_a_resumed_run_gives_the_same_bits_as_an_uninterrupted_one(tmp_path, model, kills):
    whole, killed = tmp_path / "whole.npz", tmp_path / "killed.npz"
    deadly = [(tmp_path / "b", tmp_path / "unreached.npz", kill_at) for kill_at in kills]
    ended = ends(model, (tmp_path / "a", whole, 0), *deadly, (tmp_path / "b", killed, 0))
    assert ended == [0, *[-signal.SIGKILL for _ in kills], 0]
    assert not (tmp_path / "unreached.npz").exists()
    whole, killed = np.load(whole), np.load(killed)
    assert all(np.array_equal(whole[name], killed[name]) for name in whole)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    train(low_rank(), "dot_bias", checkpoint=str(tmp_path), **QUICK)
    with pytest.raises(CallerError, match="belongs to another run"):
        train(low_rank(), "dot_bias", checkpoint=str(tmp_path), **(QUICK | {"factors": 5}))
    with pytest.raises(CallerError, match="belongs to another run"):
        train(low_rank(seed=1), "dot_bias", checkpoint=str(tmp_path), **QUICK)


def test_a_finished_run_is_read_back_snapshots_included(tmp_path):
    settings = QUICK | {"schedule": "sgdr", "cycle_epochs": 2, "snapshots": True, "patience": 0}
    one = train(low_rank(), "dot_bias", checkpoint=str(tmp_path), **settings)
    two = train(low_rank(), "dot_bias", checkpoint=str(tmp_path), **settings)
    assert one.samples == two.samples == 3
    assert np.array_equal(one.users.vectors, two.users.vectors)
    assert one.history == two.history
