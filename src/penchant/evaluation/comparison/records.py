"""One job of a comparison, an entry with a seed, and the file its metrics are kept in."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.evaluation.comparison.contestants import Entry
from penchant.evaluation.comparison.resource_usage import Watch
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings, measure
from penchant.metrics.intervals import UserSums

_MEASURING = ("data", "metrics", "evaluation")


@dataclass(frozen=True)
class Record:
    """What one job found. seconds: of training. measured_in: seconds of predicting and ranking. megabytes: its peak."""

    label: str
    seed: int
    metrics: Mapping[str, UserSums]
    whole: Mapping[str, float]
    seconds: float
    measured_in: float
    megabytes: float
    identity: Mapping[str, Any] | None


def run(entry: Entry, split: Split, seed: int, measuring: EvaluationSettings) -> Record:
    """Train and measure one entry with one seed."""
    with Watch() as training:
        contestant = entry.trained(split, seed)
    with Watch() as judging:
        outcome = measure(contestant, split, measuring)
    return Record(
        entry.label, seed, outcome.metrics, outcome.whole, training.seconds, judging.seconds, training.megabytes,
        entry.identity(),
    )  # fmt: skip


# --- keeping ---------------------------------------------------------------------------------------------------------


def key_of(entry: Entry, split: Split, seed: int, measuring: EvaluationSettings) -> str | None:
    """The name a job's metrics are kept under: a hash of all they follow from, the code included."""
    identity = entry.identity()
    if identity is None:
        return None
    parts = [identity, split_fingerprint(split), seed, measuring.to_json(), code_fingerprint("peer" in identity)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def keep(record: Record, path: Path) -> None:
    """Write a record, whole or not at all."""
    arrays = {f"{name}/{side}": getattr(s, side) for name, s in record.metrics.items() for side in ("parts", "weights")}
    facts = {name: value for name, value in asdict(record).items() if name != "metrics"}
    facts["links"] = {name: sums.link for name, sums in record.metrics.items()}
    arrays["facts"] = np.frombuffer(json.dumps(facts, default=str).encode(), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.writing")
    with fresh.open("wb") as file:
        np.savez_compressed(file, **arrays)
    fresh.replace(path)


def kept(path: Path, label: str) -> Record | None:
    """The record in a file, under the label it has today; None where there is none or it was cut short."""
    try:
        with path.open("rb") as file, np.load(file) as arrays:
            facts = json.loads(arrays["facts"].tobytes())
            links = facts.pop("links")
            metrics = {n: UserSums(arrays[f"{n}/parts"], arrays[f"{n}/weights"], links[n]) for n in links}
    except (OSError, ValueError, KeyError, BadZipFile):
        return None
    return Record(**{**facts, "label": label}, metrics=metrics)


def split_fingerprint(split: Split) -> str:
    """A hash of everything a split holds."""
    digest = hashlib.sha256(repr((split.name, split.question)).encode())
    for part in (split.train, split.test, split.given):
        if part is not None:
            _digest_ratings(digest, part)
    return digest.hexdigest()


def _digest_ratings(digest: Any, ratings: Ratings) -> None:
    for array in (ratings.user_numbers, ratings.item_numbers, ratings.values, ratings.timestamps):
        digest.update(b"none" if array is None else np.ascontiguousarray(array).tobytes())
    sides = ((ratings.users, ratings.user_features), (ratings.items, ratings.item_features))
    for vocabulary, features in sides:
        digest.update(repr(vocabulary.ids.tolist()).encode())
        digest.update(repr(features and {name: list(values) for name, values in features.columns.items()}).encode())
    digest.update(repr(ratings.scale).encode())


@cache
def code_fingerprint(measuring_only: bool = False) -> str:
    """A hash of Penchant's own source: other code may give other metrics.

    measuring_only: of the part that reads, splits and measures, which is all that another library's metrics hang on.
    """
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        if not measuring_only or path.relative_to(root).parts[0] in _MEASURING:
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
