"""What became of the lists of an experiment: both arms with intervals, and a conclusion only where there may be one."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.service.storage.given_lists import GivenList

FEWEST_USERS = 100
"""Users in each arm below which there is no conclusion."""

LEVEL = 0.99
"""The level of intervals. It is high because people look at an experiment more than once."""

UNEVEN = 0.001
"""The probability of a split, if it were even, below which the split is not believed."""


@dataclass(frozen=True)
class Estimate:
    """A mean over users with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ArmReport:
    """One arm. rate: outcomes for each list of a user, over users. sources: the share of lists by source."""

    arm: str
    users: int
    lists: int
    outcomes: int
    rate: Estimate
    sources: Mapping[str, float]


@dataclass(frozen=True)
class OnlineReport:
    """An experiment, or all lists where there is none.

    difference: second arm minus first, in outcomes for each list. conclusion: one sentence. greedy, random: the rate
    that lists without exploration, and lists drawn at random, would have, estimated from all by inverse propensity
    (Horvitz and Thompson 1952); None where no list was explored. explored: the share of lists that was.
    """

    kind: str
    arms: Sequence[ArmReport]
    difference: Estimate | None
    conclusion: str
    explored: float
    greedy: Estimate | None
    random: Estimate | None

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return asdict(self)


def online_report(lists: Iterable[GivenList], outcomes: Mapping[str, Sequence[str]], kind: str) -> OnlineReport:
    """The report of these lists. outcomes: by list, the items with the outcome of that kind."""
    arms: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    sources: dict[str, Counter[str]] = defaultdict(Counter)
    weighed: list[tuple[float, float]] = []
    explored = total = 0
    for one in lists:
        hit = set(outcomes.get(one.list_id, ()))
        arms[one.arm][one.user_id].append(len(hit))
        sources[one.arm][one.source] += 1
        explored, total = explored + one.explored, total + 1
        weighed.append(_weighed(one, hit))
    found = [_arm(name, users, sources[name]) for name, users in sorted(arms.items())]
    greedy, random = _policies(weighed) if explored else (None, None)
    difference = _difference(*(_rates(arms[one.arm]) for one in found)) if len(found) == 2 else None
    conclusion = _conclusion(found, difference)
    return OnlineReport(kind, found, difference, conclusion, explored / max(total, 1), greedy, random)


def _rates(users: Mapping[str, Sequence[int]]) -> NDArray[np.float64]:
    """Outcomes for each list, by user."""
    return np.array([sum(hits) / len(hits) for hits in users.values()])


def _arm(name: str, users: Mapping[str, Sequence[int]], sources: Counter[str]) -> ArmReport:
    lists = sum(sources.values())
    shares = {source: count / lists for source, count in sources.items()}
    return ArmReport(name, len(users), lists, sum(map(sum, users.values())), _mean(_rates(users)), shares)


def _quantile() -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + LEVEL / 2))


def _mean(values: NDArray[np.float64]) -> Estimate:
    mean, half = float(values.mean()), _quantile() * _error(values)
    return Estimate(mean, mean - half, mean + half)


def _error(values: NDArray[np.float64]) -> float:
    """The standard error of the mean."""
    return float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else math.inf


def _difference(first: NDArray[np.float64], second: NDArray[np.float64]) -> Estimate:
    """Second minus first, with the interval of two independent means (Welch 1947)."""
    value = float(second.mean() - first.mean())
    half = _quantile() * math.hypot(_error(first), _error(second))
    return Estimate(value, value - half, value + half)


def _conclusion(arms: Sequence[ArmReport], difference: Estimate | None) -> str:
    if difference is None:
        return "There is no experiment with two arms."
    first, second = arms
    if min(first.users, second.users) < FEWEST_USERS:
        return f"Too early: each arm needs {FEWEST_USERS} users or more."
    if _split_probability(first.users, second.users) < UNEVEN:
        return (
            f"Do not use it: {first.users} and {second.users} users are no even split, so something is wrong with it."
        )
    if difference.low > 0:
        return f"{second.arm} is better than {first.arm}."
    if difference.high < 0:
        return f"{first.arm} is better than {second.arm}."
    return "No difference can be seen."


def _split_probability(first: int, second: int) -> float:
    """The probability of a split at least as uneven, if each user is as likely in either arm."""
    from scipy.stats import binomtest

    return float(binomtest(first, first + second).pvalue)


def _weighed(one: GivenList, hit: set[str]) -> tuple[float, float]:
    """The outcomes of a list, each over its item's probability: for lists without exploration, and for random ones."""
    greedy = sum(1 / item.probability for item in one.items if item.greedy and item.item_id in hit)
    return greedy, sum(item.random / item.probability for item in one.items if item.item_id in hit)


def _policies(weighed: Sequence[tuple[float, float]]) -> tuple[Estimate, Estimate]:
    table = np.array(weighed)
    return _mean(table[:, 0]), _mean(table[:, 1])
