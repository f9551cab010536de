"""The options that describe a table are the same for every command and for a configuration file."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import typer

from penchant.cli.main import build
from penchant.cli.table_options import TableOptions
from penchant.foundations.errors import DataError, SettingsError

NAMES = {field.name for field in dataclasses.fields(TableOptions)}


@pytest.mark.parametrize("path", [("train",), ("evaluate",), ("tune",), ("lesson", "spreadsheet")], ids=" ".join)
def test_every_command_that_reads_a_table_has_all_its_options(path: tuple[str, ...]) -> None:
    command = typer.main.get_command(build())
    for name in path:
        command = command.commands[name]  # type: ignore[attr-defined]
    assert {one.name for one in command.params} >= NAMES


def test_a_configuration_file_uses_the_same_names(tmp_path: Path) -> None:
    values = {"ratings": "r.csv", "items": "i.csv", "items_id": "code", "user_column": "who"}
    table = TableOptions.from_mapping(values, folder=tmp_path, where="[data]")
    assert (table.ratings, table.items, table.items_id) == (tmp_path / "r.csv", tmp_path / "i.csv", "code")
    assert table.rules()["user"] == "who" and "item" not in table.rules()
    assert TableOptions.from_mapping({}, folder=tmp_path, where="[data]").is_movielens
    with pytest.raises(SettingsError, match=r"\[data\]: there is no option 'users_column'. Did you mean 'user_column'"):
        TableOptions.from_mapping({"users_column": "who"}, folder=tmp_path, where="[data]")


def test_an_encoding_is_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("user,item,rating\né,1,3\nb,2,4\n", encoding="latin-1")
    with pytest.raises(DataError, match=r"the text is not utf-8\. Leave out --encoding NAME"):
        TableOptions(path, encoding="utf-8").read()
    for encoding in (None, "latin-1"):
        assert TableOptions(path, encoding=encoding).read().users.ids.tolist() == ["b", "é"]
