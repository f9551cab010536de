"""How models are evaluated: the settings, and the same names as typed keyword arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from penchant.foundations.settings import Settings, setting


@dataclass(frozen=True)
class EvaluationSettings(Settings):
    """The settings of an evaluation."""

    at: tuple[int, ...] = setting((10,), "list lengths k of the list metrics")
    ranking: bool = setting(True, "whether list metrics are computed, on the full ranking of all items")
    relevant_from: float | None = setting(
        None, "lowest test rating of a relevant item; None: the median of the training ratings"
    )
    unseen: str = setting("score", "test rows of users or items without training ratings", choices=("score", "drop"))
    times: bool = setting(False, "whether models are given the time of each test rating")
    level: float = setting(0.95, "confidence level of intervals", above=0, high=0.999)
    replicates: int = setting(1000, "bootstrap samples of users", low=10)
    seed: int = setting(0, "seed of the bootstrap")


class SeedlessOptions(TypedDict, total=False):
    """The settings except the seed as keyword arguments, for functions whose `seed` is that of training."""

    at: tuple[int, ...]
    ranking: bool
    relevant_from: float | None
    unseen: str
    times: bool
    level: float
    replicates: int


class EvaluationOptions(SeedlessOptions, total=False):
    """The settings as keyword arguments."""

    seed: int
