"""Running a page of the docs: its Python blocks as one program, its shell blocks, and the output it promises.

A fence opened with ```python is run, all of a page's in one namespace; a ```text fence right behind one is what it must
print. A fence opened with ```sh run is run by bash with `penchant` on the path. Any other fence is only shown.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```[ ]*$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """kind: what stands behind the opening fence. line: of the block's first line in its page, from 1."""

    kind: str
    text: str
    line: int
    prints: str | None = None


def blocks(page: str) -> list[Block]:
    """Every fenced block, a Python block together with the output promised right behind it."""
    found = list(_FENCE.finditer(page))
    made = []
    for one, following in zip_longest(found, found[1:]):
        adjacent = following is not None and not page[one.end() : following.start()].strip()
        prints = following[2] if adjacent and following[1].strip() == "text" else None
        made.append(Block(one[1].strip(), one[2], page[: one.start(2)].count("\n") + 1, prints))
    return made


def run(path: Path, folder: Path) -> None:
    """Run a page in a folder of its own; raises what its blocks raise, pointing at the page's own lines."""
    found, namespace = blocks(path.read_text(encoding="utf-8")), {"__name__": "__page__"}
    with contextlib.chdir(folder):
        for block in found:
            if block.kind == "python":
                _run_python(block, path, namespace)
            elif block.kind == "sh run":
                _run_shell(block, path, folder)


def _run_python(block: Block, path: Path, namespace: dict[str, Any]) -> None:
    code = compile("\n" * (block.line - 1) + block.text, str(path), "exec")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, namespace)
    if block.prints is not None and printed.getvalue().rstrip() != block.prints.rstrip():
        raise AssertionError(f"{path}:{block.line} prints\n{printed.getvalue()}\nand the page says\n{block.prints}")


def _run_shell(block: Block, path: Path, folder: Path) -> None:
    shim = folder / ".bin" / "penchant"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m penchant "$@"\n')
    shim.chmod(0o755)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PATH": f"{shim.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise AssertionError(f"{path}:{block.line} ends with {done.returncode}\n{done.stdout}\n{done.stderr}")
