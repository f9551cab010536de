"""One job of a comparison, a model with a seed, and the file that keeps its metrics."""

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
from penchant.evaluation.comparison.resource_usage import ResourceUsage
from penchant.evaluation.comparison.specs import ComparisonSpec
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings
from penchant.evaluation.scoring.user_metrics import measure
from penchant.metrics.intervals import UserSums

_EVALUATION_FOLDERS = ("data", "metrics", "evaluation")


@dataclass(frozen=True)
class Record:
    """The result of one job.

    metrics: sums by user. overall: metrics of all lists together. train_seconds, evaluation_seconds: wall time.
    megabytes: growth of resident memory in training.
    """

    label: str
    seed: int
    metrics: Mapping[str, UserSums]
    overall: Mapping[str, float]
    train_seconds: float
    evaluation_seconds: float
    megabytes: float
    identity: Mapping[str, Any] | None


def run_job(spec: ComparisonSpec, split: Split, seed: int, settings: EvaluationSettings) -> Record:
    """Train and evaluate one model with one seed."""
    with ResourceUsage() as training:
        scorer = spec.scorer(split, seed)
    with ResourceUsage() as evaluation:
        result = measure(scorer, split, settings)
    return Record(
        spec.label, seed, result.metrics, result.overall, training.seconds, evaluation.seconds, training.megabytes,
        spec.identity(),
    )  # fmt: skip


# --- keeping ---------------------------------------------------------------------------------------------------------


def record_key(spec: ComparisonSpec, split: Split, seed: int, settings: EvaluationSettings) -> str | None:
    """The file name of a job's record: a hash of all the metrics depend on, the source code included."""
    identity = spec.identity()
    if identity is None:
        return None
    parts = [identity, split_fingerprint(split), seed, settings.to_json(), code_fingerprint("external" in identity)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def save_record(record: Record, path: Path) -> None:
    """Write a record; a reader finds the whole file or none."""
    arrays = {f"{name}/{side}": getattr(s, side) for name, s in record.metrics.items() for side in ("parts", "weights")}
    facts = {name: value for name, value in asdict(record).items() if name != "metrics"}
    facts["links"] = {name: sums.link for name, sums in record.metrics.items()}
    arrays["facts"] = np.frombuffer(json.dumps(facts, default=str).encode(), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.writing")
    with fresh.open("wb") as file:
        np.savez_compressed(file, **arrays)
    fresh.replace(path)


def load_record(path: Path, label: str) -> Record | None:
    """The record in a file, under today's label; None for a missing or damaged file."""
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
def code_fingerprint(evaluation_only: bool = False) -> str:
    """A hash of Penchant's source code, since other code may give other metrics.

    evaluation_only: of the code that reads, splits and evaluates; metrics of external models depend on no other code.
    """
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        if not evaluation_only or path.relative_to(root).parts[0] in _EVALUATION_FOLDERS:
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
