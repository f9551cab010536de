"""A new version against the one being served, on interactions held back from training."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.splitting import Split, split_rows
from penchant.data.vocabulary import UNKNOWN
from penchant.evaluation.scoring.evaluation_scorers import RecommenderScorer
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings
from penchant.evaluation.scoring.user_metrics import measure
from penchant.foundations.rng import Seed, generator
from penchant.metrics.intervals import UserSums, paired_difference
from penchant.recommending.recommender import Recommender, main_model

MARGIN = 0.02
"""A version is clearly worse where the whole interval is worse by more than this share of the served value."""

FEWEST_ROWS, FEWEST_USERS = 40, 10
"""Held-back interactions and users below which nothing is compared."""

SHARE, MOST = 0.1, 10_000
"""How much is held back: a share of all interactions (half of those that are new), up to so many."""

QUESTIONS: Mapping[str, float] = {"rmse": -1.0, "ndcg@10": 1.0}
"""The metric of each question, how a user rates an item and which items a user chooses, and the sign of better."""


@dataclass(frozen=True)
class MetricComparison:
    """One metric of both versions. difference: new minus served, with its interval over users."""

    served: float
    new: float
    difference: float
    low: float
    high: float
    clearly_worse: bool


@dataclass(frozen=True)
class VersionComparison:
    """metrics: by name; empty where nothing could be compared. note: what was compared, or why nothing was."""

    served: str
    made: str
    note: str
    rows: int = 0
    users: int = 0
    metrics: Mapping[str, MetricComparison] | None = None
    forced: bool = False

    @property
    def worse(self) -> list[str]:
        """The metrics that are clearly worse."""
        return [name for name, one in (self.metrics or {}).items() if one.clearly_worse]

    def sentence(self) -> str:
        """What is worse, with its interval."""
        found = self.metrics or {}
        return ", ".join(
            f"{name} {found[name].new:.4f} against {found[name].served:.4f} "
            f"(difference {found[name].low:+.4f} to {found[name].high:+.4f})"
            for name in self.worse
        )

    def save(self, path: Path) -> None:
        beside = path.with_name(f".{path.name}.writing")
        beside.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        beside.replace(path)


def compared(
    ratings: Ratings,
    served: Recommender,
    name: str,
    *,
    same: bool,
    train_new: Callable[[Ratings], Recommender],
    train_served: Callable[[Ratings], Recommender],
    seed: Seed,
) -> VersionComparison:
    """How a new version would do against the served one of that name.

    Held back are interactions of known users with known items that came after the served version was trained. Where
    there are too few of them, random ones are held back, and a model with the served one's settings is trained on the
    rest, since the served one has learned from all. same: whether both have the same settings; then nothing could
    differ in that case, and nothing is compared.
    """
    fresh = _fresh_rows(ratings, main_model(served))
    rng = generator(seed)
    if is_fresh := _enough(ratings, fresh):
        rows = rng.choice(fresh, min(len(fresh) // 2, MOST), replace=False)
        is_fresh = _enough(ratings, rows)
    if not is_fresh:
        if same:
            return _nothing(name, "the settings are those of the served version, and few interactions are new")
        rows = rng.choice(len(ratings), min(int(SHARE * len(ratings)), MOST), replace=False)
        if not _enough(ratings, rows):
            return _nothing(name, "there are too few interactions to hold some back")
    what = "new interactions" if is_fresh else "random interactions"
    split = split_rows(ratings, np.sort(rows), question="How well are held-back interactions predicted?", name=what)
    settings = EvaluationSettings()
    old = _measured(served if is_fresh else train_served(split.train), split, settings)
    new = _measured(train_new(split.train), split, settings)
    metrics = {metric: _metric(new[metric], old[metric], metric, settings) for metric in QUESTIONS if metric in new}
    users = len(np.unique(split.test.user_numbers))
    return VersionComparison(name, _now(), f"{what} were held back", len(split.test), users, metrics)


def _enough(ratings: Ratings, rows: NDArray[Any]) -> bool:
    return len(rows) >= FEWEST_ROWS and len(np.unique(ratings.user_numbers[rows])) >= FEWEST_USERS


def _nothing(name: str, note: str) -> VersionComparison:
    return VersionComparison(name, _now(), note)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _fresh_rows(ratings: Ratings, served: Any) -> NDArray[np.int64]:
    """The rows of known users and items whose pair the served model has not learned from."""
    users = served.users.vocabulary.numbers(ratings.users.ids.tolist())[ratings.user_numbers]
    items = served.items.vocabulary.numbers(ratings.items.ids.tolist())[ratings.item_numbers]
    width = len(served.items)
    known = served.interactions
    learned = np.sort(known.users.astype(np.int64) * width + known.items)
    keys = users.astype(np.int64) * width + items
    at = np.minimum(np.searchsorted(learned, keys), max(len(learned) - 1, 0))
    found = learned[at] == keys if len(learned) else np.zeros(len(keys), bool)
    return np.flatnonzero(~found & (users != UNKNOWN) & (items != UNKNOWN))


def _measured(model: Recommender, split: Split, settings: EvaluationSettings) -> Mapping[str, UserSums]:
    return measure(RecommenderScorer(model, split), split, settings).metrics


def _metric(new: UserSums, old: UserSums, name: str, settings: EvaluationSettings) -> MetricComparison:
    rng = np.random.default_rng(settings.seed)
    found = paired_difference(new, old, rng=rng, replicates=settings.replicates, level=settings.level, permutations=10)
    worst_end = found.high if QUESTIONS[name] > 0 else -found.low
    worse = worst_end < -MARGIN * abs(old.value)
    return MetricComparison(old.value, new.value, found.value, found.low, found.high, bool(worse))
