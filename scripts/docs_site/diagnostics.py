"""The page of diagnostics: every error class with its code, what causes it, what to do, and its messages.

The messages are read from the source: every `raise` of a class that has a code.
"""

from __future__ import annotations

import ast
import html
import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import penchant
from penchant.foundations.errors import PenchantError

SOURCE = Path(__file__).parents[2] / "src" / "penchant"

CAUSES: dict[str, tuple[str, str]] = {
    # code: what causes it, what to do
    "P100": ("Only the base of the others; it is not raised itself.", "Catch it to catch every error of Penchant."),
    "P110": (
        "An argument, a flag or a request asks for something that cannot be done: an unknown name, a value outside its "
        "range, an id of the wrong type.",
        "The message names the argument and what it takes. Nothing that was stored before has changed.",
    ),
    "P120": (
        "A table of ratings or features cannot be read as asked: a column is missing, a value is no number, a file is "
        "not what its name says.",
        "The message names the file, the row and the column. [Reading](../guide/reading.md) has the options; "
        "`bad_rows` leaves invalid rows out and counts them.",
    ),
    "P130": (
        "A setting of a model, a list or the service has an unknown name or a value outside its range.",
        "The message names the closest known setting. `penchant models NAME` lists the settings of a model.",
    ),
    "P140": (
        "A saved model is missing, was cut short or altered, or was written by a newer version.",
        "Check the path. If a file was damaged, train or copy the model again; nothing is loaded in part.",
    ),
    "P150": (
        "A function needs a package that is not installed.",
        "The message has the command, such as `pip install 'penchant[torch]'`.",
    ),
    "P160": (
        "An external engine, such as Spark, cannot be reached or failed on its work.",
        "[Spark](../guide/spark.md) has the setup and the memory that a job needs.",
    ),
    "P170": ("A user has as many ratings as the service keeps for one.", "Raise `--max-ratings-per-user`."),
    "P180": ("An item is added to the service under an id that exists.", "Choose another id, or rate the known item."),
    "P190": (
        "A user has as many marks (saved, hidden, not seen) as the service keeps for one.",
        "Take some of the marks back.",
    ),
    "P210": (
        "Training ended in numbers that are not finite or far off the ratings.",
        "Lower the learning rate, raise the regularization, or use a default. The best parameters so far are kept.",
    ),
    "P220": (
        "The arrays of a model do not fit each other. Raised for models that were assembled by hand.",
        "The message names the arrays and their shapes. From a model that Penchant trained, it is a fault: report it.",
    ),
    "P310": (
        "Retraining made a version that is worse than the one in service on held-out rows.",
        "The version in service stays. Look at the new rows, or ask for the version explicitly.",
    ),
    "P320": (
        "The database of the service does not answer.",
        "Start it or correct its address; lists are still served, and ratings are refused with 503.",
    ),
    "P330": ("The disk or the database of the service is full.", "Free space. No rating that was accepted is lost."),
    "P340": (
        "The service refused a request of `penchant.client`, or did not answer.",
        "`status` is that of HTTP, and the message is the service's own: 401 and 403 are about the key, 404 is an id.",
    ),
}
"""Written by hand; a test holds it complete."""

_INTRO = """# Diagnostics

Every error of Penchant is a class with a code, and the code ends its message: `ratings.csv: there is no column
'rating'. … [P120]`. The service sends the code in the field `code` of a problem. Below are the codes with their causes
and remedies, and every message that the source holds; `…` stands for a value.

On the command line a caller's mistake (P110 to P190) ends with exit code 2, another error with 1. All classes are in
`penchant.foundations.errors` except those of the service and its client. The classes from P110 to P190 are also
`ValueError`s.

Penchant raises no Python warnings. What a reader should know about a table (merged rows, unread columns) is in
`ratings.report`; the notes and findings of an evaluation are in the report itself.
"""


def diagnostics_page() -> str:
    messages = messages_by_class()
    lines = [_INTRO, "| code | error | meaning |", "|---|---|---|"]
    errors = sorted(error_classes(), key=lambda one: one.code)
    lines += [f"| [{one.code}](#{one.code.lower()}) | `{one.__name__}` | {_first(one)} |" for one in errors]
    for one in errors:
        cause, remedy = CAUSES[one.code]
        lines += [f"\n## {one.code}\n", f"`{one.__module__}.{one.__name__}`: {_first(one)}\n"]
        lines += [f"**Cause.** {cause}\n", f"**Remedy.** {remedy}\n"]
        found = sorted(set(messages[one.__name__]))
        if found:
            lines += [f'??? note "Messages ({len(found)})"\n', *(f"    - {message}" for message in found), ""]
    return "\n".join(lines)


def _first(error: type[PenchantError]) -> str:
    return (error.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def error_classes() -> set[type[PenchantError]]:
    """Every error class of the package; its modules are imported first."""
    for module in pkgutil.walk_packages(penchant.__path__, "penchant."):
        if "class " in (text := _text(module.name)) and "Error(" in text and "Error):" in text:
            importlib.import_module(module.name)
    return set(_below(PenchantError))


def _text(module: str) -> str:
    path = SOURCE.parent / Path(*module.split("."))
    file = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    return file.read_text(encoding="utf-8")


def _below(base: type[PenchantError]) -> Iterator[type[PenchantError]]:
    if base.__module__.startswith("penchant."):
        yield base
    for one in base.__subclasses__():
        yield from _below(one)


def messages_by_class() -> dict[str, list[str]]:
    """The messages of every `raise Class("what", remedy="...")` in the source, with … for values."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error"):
                what = _shown(node.args[0]) if node.args else ""
                remedy = next((_shown(word.value) for word in node.keywords if word.arg == "remedy"), "")
                if what.strip("… "):
                    found[node.func.id].append(_escaped(what) + (f" — *{_escaped(remedy)}*" if remedy else ""))
    return found


def _shown(node: ast.expr) -> str:
    """A literal, or an f-string with … for its values; other expressions are …"""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_shown(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _shown(node.left) + _shown(node.right)
    return "…"


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    return " ".join(re.sub(r"([\\`*_\[\]{}|])", r"\\\1", html.escape(text, quote=False)).split())
