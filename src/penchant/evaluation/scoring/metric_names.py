"""What each figure is called, which way is better, and how many decimals it deserves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from penchant.foundations.errors import CallerError
from penchant.metrics.intervals import Interval


@dataclass(frozen=True)
class Naming:
    """words: what the figure is, for headings. better: which way to want it; "neither" for description alone."""

    words: str
    better: Literal["lower", "higher", "neither"]
    decimals: int = 4


_NAMES = {
    "rmse": Naming("RMSE", "lower"),
    "mae": Naming("MAE", "lower"),
    "log_likelihood": Naming("log-likelihood, nats a rating", "higher", 3),
    "within_50%": Naming("truths inside the 50 % interval", "neither", 3),
    "within_90%": Naming("truths inside the 90 % interval", "neither", 3),
    "auc": Naming("AUC", "higher"),
    "recall": Naming("recall", "higher"),
    "precision": Naming("precision", "higher"),
    "ndcg": Naming("NDCG", "higher"),
    "map": Naming("MAP", "higher"),
    "mrr": Naming("MRR", "higher"),
    "hit_rate": Naming("hit rate", "higher"),
    "novelty": Naming("novelty, bits", "neither", 2),
    "popularity_bias": Naming("popularity bias", "neither", 2),
    "diversity": Naming("diversity by features", "neither", 3),
    "coverage": Naming("catalogue coverage", "neither", 3),
    "gini": Naming("Gini of the lists", "neither", 3),
}


def naming(name: str) -> Naming:
    """The naming of a figure such as "ndcg@10"; CallerError for a figure there is not."""
    stem, _, k = name.partition("@")
    if stem not in _NAMES or (k and not k.isdecimal()):
        raise CallerError(f"there is no figure {name!r}", remedy=f"There are: {', '.join(_NAMES)}; lists have an @k")
    found = _NAMES[stem]
    return Naming(f"{found.words} @ {k}", found.better, found.decimals) if k else found


def ordered(names: Iterable[str]) -> list[str]:
    """The names without repeats, as reports list them: rating metrics first, then lists, smaller k first."""
    place = {stem: number for number, stem in enumerate(_NAMES)}
    keys = {name: (place[name.partition("@")[0]], int(name.partition("@")[2] or 0)) for name in names}
    return sorted(keys, key=keys.__getitem__)


def spelled(name: str, interval: Interval, *, ends: bool = True) -> str:
    """A figure as text, with the ends of its interval where it has one."""
    places = naming(name).decimals
    if interval.value != interval.value:
        return "–"
    text = f"{interval.value:.{places}f}"
    if not ends or interval.low != interval.low:
        return text
    return f"{text} [{interval.low:.{places}f}, {interval.high:.{places}f}]"
