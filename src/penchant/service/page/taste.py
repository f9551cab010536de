"""What a visitor's ratings say: labels, eras, how they rate beside others, and their place on the map."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from penchant.service.catalogue import year_in
from penchant.service.page import contexts as c
from penchant.service.page.composing import cards, still_needed
from penchant.service.page.viewer import Viewer

FEW = 3
"""Ratings of a genre or decade from which a sentence may name it."""
LINES, SPOTS, CLOSEST = 12, 500, 6


def taste_page(viewer: Viewer) -> c.TastePage:
    known = {item: value for item, value in viewer.ratings.items() if viewer.live.catalogue.number(item) >= 0}
    others = _means_of_others(viewer, list(known))
    labels = _lines(viewer, _grouped(viewer, known, _labels_of), known, others)
    eras = sorted(_lines(viewer, _grouped(viewer, known, _decade_of), known, others), key=lambda line: line.name)
    counts = _counts(viewer, known)
    place, closest = _place(viewer, known)
    return c.TastePage(
        len(known), still_needed(viewer), _sentences(viewer, known, others, labels), labels[:LINES], eras, counts,
        _spots(viewer), place, cards(viewer, closest),
    )  # fmt: skip


def _means_of_others(viewer: Viewer, ids: Sequence[str]) -> Mapping[str, float]:
    """The mean training rating of each of the items that has one."""
    trained = viewer.live.part
    if viewer.live.model.rating_model is None:
        return {}
    rows = trained.interactions
    sums = np.bincount(rows.items, weights=rows.values, minlength=len(trained.items))
    counts = np.bincount(rows.items, minlength=len(trained.items))
    numbers = {one: viewer.live.catalogue.number(one) for one in ids}
    return {one: float(sums[n] / counts[n]) for one, n in numbers.items() if counts[n]}


def _labels_of(viewer: Viewer, item: str) -> Iterable[str]:
    return viewer.live.catalogue.item(viewer.live.catalogue.number(item)).tags


def _decade_of(viewer: Viewer, item: str) -> Iterable[str]:
    year = year_in(viewer.live.catalogue.titles[viewer.live.catalogue.number(item)])
    return () if year is None else (f"{year // 10 * 10}s",)


def _grouped(viewer: Viewer, known: Mapping[str, float], groups_of: object) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for item in known:
        for group in groups_of(viewer, item):  # type: ignore[operator]
            found[group].append(item)
    return found


def _lines(
    viewer: Viewer, groups: Mapping[str, list[str]], known: Mapping[str, float], others: Mapping[str, float]
) -> list[c.TasteLine]:
    """A line for each group with the mean of the visitor and of others for the same items; most rated first."""
    scale = viewer.live.part.scale

    def at(value: float) -> float:
        return round(100 * (value - scale.low) / (scale.width or 1), 1)

    lines = []
    for name, items in groups.items():
        rated = [item for item in items if item in others]
        if not rated:
            continue
        own, theirs = np.mean([known[i] for i in rated]), np.mean([others[i] for i in rated])
        lines.append(c.TasteLine(name, len(rated), f"{own:.1f}", f"{theirs:.1f}", at(float(own)), at(float(theirs))))
    return sorted(lines, key=lambda line: (-line.count, line.name))


def _sentences(
    viewer: Viewer, known: Mapping[str, float], others: Mapping[str, float], labels: Sequence[c.TasteLine]
) -> list[str]:
    """What can be said after a few ratings, in plain words."""
    both = [item for item in known if item in others]
    if len(both) < FEW:
        return []
    gap = float(np.mean([known[item] - others[item] for item in both]))
    same = "You rate about as high as other people do for the same titles."
    how = "higher" if gap > 0 else "lower"
    said = [
        same if abs(gap) < 0.1 else f"You rate {abs(gap):.1f} stars {how} than other people do for the same titles."
    ]
    enough = [line for line in labels if line.count >= FEW]
    if len(enough) > 1:
        best, worst = max(enough, key=_ahead), min(enough, key=_ahead)
        said.append(f"Compared with others, you like {best.name} best and {worst.name} least.")
    apart = max(both, key=lambda item: abs(known[item] - others[item]))
    if abs(known[apart] - others[apart]) >= 1:
        title = viewer.live.catalogue.titles[viewer.live.catalogue.number(apart)]
        said.append(
            f"You differ most about {title}: you gave {c.figure(known[apart])}, others {others[apart]:.1f} on average."
        )
    return said


def _ahead(line: c.TasteLine) -> float:
    return line.own_at - line.others_at


def _counts(viewer: Viewer, known: Mapping[str, float]) -> list[tuple[str, int, float]]:
    """How often each rating was given, and its share of the most frequent one."""
    levels, _ = c.levels(viewer.live.part.scale)
    counts = [(c.figure(level), sum(value == level for value in known.values())) for level in levels]
    most = max([1, *(count for _, count in counts)])
    return [(name, count, round(100 * count / most, 1)) for name, count in counts]


def _place(viewer: Viewer, known: Mapping[str, float]) -> tuple[c.MapSpot | None, list[str]]:
    """The middle of what the visitor rated above their mean, and the items of the map that are nearest to it."""
    item_map, catalogue = viewer.live.catalogue.item_map, viewer.live.catalogue
    if not known or not len(item_map.numbers):
        return None, []
    mean = float(np.mean(list(known.values())))
    at = {int(number): n for n, number in enumerate(item_map.numbers.tolist())}
    liked = [(at[n], v - mean + 0.5) for i, v in known.items() if v >= mean and (n := catalogue.number(i)) in at]
    if not liked:
        return None, []
    rows, weights = np.array([n for n, _ in liked]), np.array([w for _, w in liked])
    x, y = np.average(item_map.places[rows], axis=0, weights=weights)
    near = np.argsort(((item_map.places[:400] - (x, y)) ** 2).sum(axis=1), kind="stable")
    ids = [catalogue.item(int(item_map.numbers[n])).id for n in near.tolist()]
    rest = [one for one in ids if one not in viewer.ratings and one not in viewer.hidden][:CLOSEST]
    return _spot(float(x), float(y), 9, 0, "You"), rest


def _spots(viewer: Viewer) -> list[c.MapSpot]:
    """The best-known items of the map."""
    item_map, catalogue = viewer.live.catalogue.item_map, viewer.live.catalogue
    found = []
    for number, (x, y) in zip(item_map.numbers[:SPOTS].tolist(), item_map.places[:SPOTS].tolist(), strict=True):
        item = catalogue.item(number)
        found.append(_spot(x, y, min(7.0, 1.5 + item.ratings**0.5 / 6), int(item.id in viewer.ratings)))
    return found


def _spot(x: float, y: float, size: float, hue: int, title: str = "") -> c.MapSpot:
    """A place of the map within -1..1 on a canvas of 600 by 400."""
    return c.MapSpot(round(300 + 280 * x, 1), round(200 - 180 * y, 1), round(size, 1), hue, title)
