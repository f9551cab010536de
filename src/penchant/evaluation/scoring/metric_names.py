"""The title of each metric, which direction is better, and its number of decimals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from penchant.foundations.errors import CallerError
from penchant.metrics.intervals import Interval


@dataclass(frozen=True)
class MetricName:
    """title: for table heads. better: "neither" for a metric that only describes the lists."""

    title: str
    better: Literal["lower", "higher", "neither"]
    decimals: int = 4


_NAMES = {
    "rmse": MetricName("RMSE", "lower"),
    "mae": MetricName("MAE", "lower"),
    "log_likelihood": MetricName("log-likelihood per rating, nats", "higher", 3),
    "within_50%": MetricName("coverage of the 50 % interval", "neither", 3),
    "within_90%": MetricName("coverage of the 90 % interval", "neither", 3),
    "like_gap": MetricName("gap of P(like)", "lower"),
    "auc": MetricName("AUC", "higher"),
    "recall": MetricName("recall", "higher"),
    "precision": MetricName("precision", "higher"),
    "ndcg": MetricName("NDCG", "higher"),
    "map": MetricName("MAP", "higher"),
    "mrr": MetricName("MRR", "higher"),
    "hit_rate": MetricName("hit rate", "higher"),
    "novelty": MetricName("novelty, bits", "neither", 2),
    "popularity_bias": MetricName("popularity bias", "neither", 2),
    "diversity": MetricName("intra-list diversity", "neither", 3),
    "coverage": MetricName("catalogue coverage", "neither", 3),
    "gini": MetricName("Gini index of the lists", "neither", 3),
}


def metric_name(name: str) -> MetricName:
    """The title and format of a metric such as "ndcg@10"; CallerError for a name that no metric has."""
    stem, _, k = name.partition("@")
    if stem not in _NAMES or (k and not k.isdecimal()):
        raise CallerError(
            f"there is no metric {name!r}", remedy=f"Choose one of: {', '.join(_NAMES)}; list metrics end in @k"
        )
    found = _NAMES[stem]
    return MetricName(f"{found.title} @ {k}", found.better, found.decimals) if k else found


def sorted_metrics(names: Iterable[str]) -> list[str]:
    """The names without repeats, in the order of reports: rating metrics, then list metrics by k."""
    place = {stem: number for number, stem in enumerate(_NAMES)}
    keys = {name: (place[name.partition("@")[0]], int(name.partition("@")[2] or 0)) for name in names}
    return sorted(keys, key=keys.__getitem__)


def format_metric(name: str, interval: Interval, *, ends: bool = True) -> str:
    """The value as text, with the ends of its interval where it has one; "–" for NaN."""
    places = metric_name(name).decimals
    if interval.value != interval.value:
        return "–"
    text = f"{interval.value:.{places}f}"
    if not ends or interval.low != interval.low:
        return text
    return f"{text} [{interval.low:.{places}f}, {interval.high:.{places}f}]"
