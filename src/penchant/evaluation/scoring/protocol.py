"""The protocol of an evaluation: data, split, settings, date, versions and machine."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluated_rows import evaluated_rows, known_ids, relevance_threshold
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings
from penchant.evaluation.scoring.findings import list_population_line, list_users
from penchant.foundations.threads import available_threads
from penchant.foundations.version import __version__

_LIBRARIES = ("numpy", "scipy", "numba", "torch", "polars")


def protocol(split: Split, settings: EvaluationSettings) -> dict[str, Any]:
    """The protocol as JSON values. "date" is the local time at which it is made."""
    return {
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        "data": "/".join(Path(split.data).parts[-2:]),
        "size": _size(split),
        "split": split.name,
        "question": split.question,
        "rows": {"train": len(split.train), "test": len(split.test), "tested": len(evaluated_rows(split, settings))},
        "test_users": _known_and_unknown(split, "user"),
        "test_items": _known_and_unknown(split, "item"),
        "relevant_from": relevance_threshold(split, settings),
        "list_users": list_users(split, settings) if settings.ranking else 0,
        "relevant": "liked" if settings.relevant_from is not None else split.relevant,
        "candidates": "all items the user has not rated in training, ranked in full without sampling",
        "settings": settings.to_json(),
        "versions": versions(_LIBRARIES),
        "machine": machine(),
    }


def versions(names: Sequence[str]) -> dict[str, str]:
    """Versions of Python, Penchant and those of the named packages that are installed."""
    found = {"python": platform.python_version(), "penchant": __version__}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine() -> str:
    """The processor and the number of cores this process may use."""
    return f"{platform.machine()} {platform.system()}, {available_threads()} cores"


def protocol_lines(facts: Mapping[str, Any]) -> list[str]:
    """The protocol in a few lines for readers."""
    rows, users, items, settings = facts["rows"], facts["test_users"], facts["test_items"], facts["settings"]
    unseen = "are scored like all others" if settings["unseen"] == "score" else "are dropped"
    liked = f"An item is relevant if rated {facts['relevant_from']:g} or more"
    relevance = "Every item of the test rows is relevant" if facts["relevant"] == "all" else liked
    return [
        facts["question"],
        f"{_data_line(facts)}Split: {facts['split']}. Date: {facts['date'][:10]}.",
        f"{rows['train']:,} training rows, {rows['test']:,} test rows, {rows['tested']:,} of them evaluated.",
        f"Test users: {users['known']:,} known from training, {users['unknown']:,} unknown. "
        f"Test items: {items['known']:,} known, {items['unknown']:,} unknown. "
        f"Rows with an unknown user or item {unseen}.",
        *(["Models are given the time of each test rating."] if settings["times"] else []),
        *([list_population_line(facts)] if settings["ranking"] else []),
        f"List candidates: {facts['candidates']}. {relevance}.",
    ]


def _data_line(facts: Mapping[str, Any]) -> str:
    """Name and size of the data. Protocols of earlier versions have no size."""
    name, size = facts["data"], facts.get("size")
    if size is None:
        return f"Data: {name}. " if name else ""
    counts = f"{size['rows']:,} {size['kind']} by {size['users']:,} users of {size['items']:,} items"
    return f"Data: {name}, {counts}. " if name else f"Data: {counts}. "


def _size(split: Split) -> dict[str, Any]:
    """The rows of training and test together, and their users and items."""
    parts = [part for part in (split.train, split.test, split.given) if part is not None]
    users = {number for part in parts for number in part.user_numbers.tolist()}
    items = {number for part in parts for number in part.item_numbers.tolist()}
    rows = len(split.train) + len(split.test)
    return {"rows": rows, "users": len(users), "items": len(items), "kind": split.train.kind}


def _known_and_unknown(split: Split, side: Literal["user", "item"]) -> dict[str, int]:
    numbers = set(getattr(split.test, f"{side}_numbers").tolist())
    known = known_ids(split, side)
    count = sum(bool(known[number]) for number in numbers)
    return {"known": count, "unknown": len(numbers) - count}
