"""What the documents must name: every command, every public name, every registered model."""

from __future__ import annotations

import inspect
import re
from typing import Any

import typer.main

import penchant
from pages import ROOT
from penchant.cli.main import build
from penchant.training.registry import MODELS

COMMANDS: dict[str, Any] = typer.main.get_command(build()).commands  # type: ignore[attr-defined]
GUIDE = ROOT / "docs" / "guide"


def test_every_command_has_a_line() -> None:
    page = (GUIDE / "command_line.md").read_text()
    assert not [name for name in COMMANDS if f"`penchant {name}" not in page]


def test_every_command_and_option_says_what_it_is_for() -> None:
    silent = []
    for name, command in COMMANDS.items():
        silent += [name] if not command.help else []
        options = [p for p in command.params if p.param_type_name == "option"]
        silent += [f"{name} {option.name}" for option in options if not option.help]
    assert not silent


def test_every_public_name_is_on_the_page() -> None:
    page = (GUIDE / "python.md").read_text()
    assert not [name for name in penchant.__all__ if f"pt.{name}" not in page]
    methods = [name for name, _ in inspect.getmembers(penchant.Model) if not name.startswith("_")]
    # for rooms above, not for callers
    numbers = {"predict_numbers", "fold_in_numbers", "stacked_items", "stakes"}
    inner = numbers | {"item_neighbourhood", "user_neighbourhood"}
    assert not [name for name in methods if name not in inner and not re.search(rf"\b{name}\b", page)]


def test_every_model_has_a_page() -> None:
    assert not [name for name in MODELS if not (ROOT / "docs" / "models" / f"{name}.md").exists()]


def test_the_readme_names_no_file_that_is_missing() -> None:
    for page in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#\s]+)\)", (ROOT / page).read_text()):
            assert "://" in target or (ROOT / target).exists(), f"{page} -> {target}"
