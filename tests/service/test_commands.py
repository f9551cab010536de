"""The commands around the service: create, list and revoke keys; one line for each mistake."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from penchant.service.settings import ServiceSettings
from service.made_service import SOURCE

pytestmark = pytest.mark.slow


def penchant(*words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "penchant", *words], capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "COLUMNS": "200"},
    )  # fmt: skip
    assert done.returncode == expect, done.stderr
    return done


def test_keys_are_made_listed_and_revoked(model_folder: Path, tmp_path: Path) -> None:
    database = ["--database", f"sqlite:///{tmp_path / 'ratings.db'}"]
    key = penchant("keys", "add", str(model_folder), "import", "--scope", "write", *database).stdout.strip()
    key_id = key.split("_")[1]
    listed = json.loads(penchant("keys", "list", str(model_folder), "--json", *database).stdout)
    assert listed == [{"id": key_id, "name": "import", "scope": "write"}]
    penchant("keys", "revoke", str(model_folder), key_id, *database)
    assert json.loads(penchant("keys", "list", str(model_folder), "--json", *database).stdout) == []
    assert "no key" in penchant("keys", "revoke", str(model_folder), key_id, *database, expect=2).stderr


def test_mistakes_are_one_line(model_folder: Path, tmp_path: Path) -> None:
    database = ["--database", f"sqlite:///{tmp_path / 'ratings.db'}"]
    folder = str(model_folder)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wrong = [
            (["serve", str(tmp_path / "nothing"), *database], "there is no model here"),
            (["serve", folder, "--host", "0.0.0.0", *database], "there is no key yet"),
            (["serve", folder, "--database", "mysql://x/y"], "is not a database this service knows"),
            (["serve", folder, "--max-n", "0", *database], "is below 1"),
            (["serve", folder, "--port", str(taken.getsockname()[1]), *database], "cannot listen there"),
            (["rollback", folder], "oldest version"),
            (["retrain", folder, "--factors", "no", *database], "factors"),
        ]
        for words, said in wrong:
            errors = penchant(*words, expect=2).stderr
            assert said in errors, words
            assert len(errors.strip().splitlines()) == 1, errors


def test_every_setting_of_the_service_is_a_flag() -> None:
    shown = penchant("serve", "--help").stdout
    for name in ServiceSettings.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in shown
