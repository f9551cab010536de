"""The files for the host of the repository cannot run here: their schemas and their security are checked instead."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pages import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = [GITHUB / "ISSUE_TEMPLATE" / name for name in ("bug.yml", "idea.yml")]
SCHEMAS: dict[str, list[Path]] = {
    "github-workflows": WORKFLOWS,
    "github-issue-forms": FORMS,
    "github-issue-config": [GITHUB / "ISSUE_TEMPLATE" / "config.yml"],
    "dependabot": [GITHUB / "dependabot.yml"],
    "citation-file-format": [ROOT / "CITATION.cff"],
}
LINTERS = {
    name: ["check-jsonschema", "--builtin-schema", f"vendor.{name}", *map(str, files)]
    for name, files in SCHEMAS.items()
} | {"security": ["zizmor", "--offline", "--no-progress", str(GITHUB)]}


@pytest.mark.parametrize("name", LINTERS)
def test_a_linter_finds_nothing(name: str) -> None:
    program, *arguments = LINTERS[name]
    path = Path(sys.executable).with_name(program)
    done = subprocess.run([path, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflows_name_what_the_project_has() -> None:
    """The Pythons, extras, targets and scripts that a workflow names exist."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pythons = {one.removeprefix("Programming Language :: Python :: ") for one in project["classifiers"]}
    assert set(re.findall(r'"(3\.\d+)"', text)) == {one for one in pythons if one.startswith("3.")}
    (extras,) = set(re.findall(r"'?\.\[([\w,]+)\]", text))
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{target}:" in makefile for target in re.findall(r"run: make (\S+)", text))
    assert all((ROOT / script).exists() for script in re.findall(r"scripts/[\w-]+", text))
