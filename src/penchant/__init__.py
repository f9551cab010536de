"""Penchant: collaborative filtering that is accurate, fast, honest about uncertainty, open to new users and items."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from penchant.data import splitting as split
    from penchant.data.movielens import movielens
    from penchant.data.movietweetings import movietweetings
    from penchant.data.ratings import Ratings
    from penchant.engines.engine_choice import train
    from penchant.evaluation.comparison.compare import compare
    from penchant.evaluation.report.evaluate import evaluate
    from penchant.recommending.recommender import Recommender, load

_WHERE = {
    "Ratings": "penchant.data.ratings",
    "Recommender": "penchant.recommending.recommender",
    "compare": "penchant.evaluation.comparison.compare",
    "evaluate": "penchant.evaluation.report.evaluate",
    "load": "penchant.recommending.recommender",
    "movielens": "penchant.data.movielens",
    "movietweetings": "penchant.data.movietweetings",
    "split": "penchant.data.splitting",
    "train": "penchant.engines.engine_choice",
}

__all__ = ["Ratings", "Recommender", "compare", "evaluate", "load", "movielens", "movietweetings", "split", "train"]


def __getattr__(name: str) -> Any:
    """Public names load their module when first used, so that `import penchant` is quick."""
    if name == "__version__":
        return importlib.import_module("penchant.foundations.version").__version__
    if name not in _WHERE:
        raise AttributeError(f"module 'penchant' has no attribute {name!r}")
    module = importlib.import_module(_WHERE[name])
    return module if name == "split" else getattr(module, name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
