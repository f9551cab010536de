"""The commands around the service: create, list and revoke keys; one line for each mistake."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from command_line import penchant
from penchant.service.settings import ServiceSettings


def test_keys_are_made_listed_and_revoked(model_folder: Path, tmp_path: Path) -> None:
    database = ["--database", f"sqlite:///{tmp_path / 'ratings.db'}"]
    key = penchant("keys", "add", str(model_folder), "import", "--scope", "write", *database).stdout.strip()
    key_id = key.split("_")[1]
    listed = json.loads(penchant("keys", "list", str(model_folder), "--json", *database).stdout)
    assert listed == [{"id": key_id, "name": "import", "scope": "write"}]
    penchant("keys", "revoke", str(model_folder), key_id, *database)
    assert json.loads(penchant("keys", "list", str(model_folder), "--json", *database).stdout) == []
    assert "no key" in penchant("keys", "revoke", str(model_folder), key_id, *database, code=2).stderr


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
            (["serve", folder, "--max-n", "0", *database], "--max-n: 0 is below 1"),
            (["serve", folder, "--port", str(taken.getsockname()[1]), *database], "cannot listen there"),
            (["rollback", folder], "oldest version is being served already. Name the version to serve, with --to"),
            (["retrain", folder, "--factors", "no", *database], "factors"),
        ]
        for words, said in wrong:
            errors = penchant(*words, code=2).stderr
            assert said in errors, words
            assert len(errors.strip().splitlines()) == 1, errors


def test_every_setting_of_the_service_is_a_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # no name of a flag is broken over two lines
    shown = penchant("serve", "--help").stdout
    for name in ServiceSettings.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in shown
