"""What was asked, of whom, with what: the facts without which a figure means nothing."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings, measured_rows, met, relevant_from
from penchant.foundations.threads import available_threads

_LIBRARIES = ("numpy", "scipy", "numba", "torch", "polars")


def protocol(split: Split, measuring: EvaluationSettings) -> dict[str, Any]:
    """The protocol as JSON values."""
    test = measured_rows(split, measuring)
    return {
        "split": split.name,
        "question": split.question,
        "rows": {"train": len(split.train), "test": len(split.test), "tested": len(test)},
        "test_users": _met_and_unmet(split, "user"),
        "test_items": _met_and_unmet(split, "item"),
        "unseen": measuring.unseen,
        "liked_from": relevant_from(split, measuring),
        "candidates": "every item the user has not rated in training; full ranking, nothing sampled",
        "measuring": measuring.to_json(),
        "versions": versions(_LIBRARIES),
        "machine": machine(),
    }


def versions(names: Sequence[str]) -> dict[str, str]:
    """Versions of Python, Penchant and those of the named packages that are installed."""
    from penchant import __version__

    found = {"python": platform.python_version(), "penchant": __version__}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine() -> str:
    """The processor and how many cores this process may use."""
    return f"{platform.machine()} {platform.system()}, {available_threads()} cores"


def protocol_lines(facts: dict[str, Any]) -> list[str]:
    """The protocol in a few lines for people."""
    rows, users, items = facts["rows"], facts["test_users"], facts["test_items"]
    handled = "scored like all others" if facts["unseen"] == "score" else "dropped"
    return [
        f"{facts['question']}  {facts['split']}",
        f"{rows['train']:,} training rows, {rows['test']:,} test rows, {rows['tested']:,} of them tested.",
        f"Test users: {users['met']:,} met in training, {users['unmet']:,} not. "
        f"Test items: {items['met']:,} met, {items['unmet']:,} not. Rows of unmet ones are {handled}.",
        *(["Models are told when each test rating was made."] if facts["measuring"]["times"] else []),
        f"Lists: {facts['candidates']}; liked means rated {facts['liked_from']:g} or more.",
    ]


def _met_and_unmet(split: Split, side: str) -> dict[str, int]:
    numbers = set(getattr(split.test, f"{side}_numbers").tolist())
    known = met(split, side)
    count = sum(bool(known[number]) for number in numbers)
    return {"met": count, "unmet": len(numbers) - count}
