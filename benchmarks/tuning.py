"""Tuning of models of lists, the same procedure for all (Rendle et al. 2021, arXiv 2110.14037, section 4).

From a starting point, move to the best neighbour on the grid until none is better, with few factors K. Then double K
while it helps, and try the neighbours once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from list_models import ListModel

Validated = Callable[[Mapping[str, Any]], float]
"""The metric of settings on validation users. It is asked again and again: keep what was found."""


def tuned(one: ListModel, widths: Sequence[int], validated: Validated) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The best settings, and those tried with each number of factors."""
    narrow = {one.width: widths[0]} if one.width else {}
    best = max((climbed(one, {**start, **narrow}, validated) for start in one.starts), key=validated)
    tried = [best]
    for width in [K for K in widths[1:] if one.width and one.widest >= K]:
        tried.append({**best, one.width: width})
        if validated(tried[-1]) <= validated(best):
            break
        best = tried[-1]
    if best != tried[0]:
        best = climbed(one, best, validated)
        tried.append(best)
    return best, [{**settings, "ndcg@100": validated(settings)} for settings in tried]


def climbed(one: ListModel, best: dict[str, Any], validated: Validated) -> dict[str, Any]:
    """Moves to better neighbours until none is better."""
    while True:
        around = [best, *({**best, name: value} for name, value in neighbours(one, best))]
        better = max(around, key=validated)
        if better == best:
            return best
        best = better


def neighbours(one: ListModel, settings: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The next lower and the next higher value of each setting."""
    found = []
    for name, values in one.grid.items():
        at = values.index(settings[name])
        found += [(name, values[near]) for near in (at - 1, at + 1) if 0 <= near < len(values)]
    return found
