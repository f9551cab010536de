"""Cards, rows and lists of the templates, from users and models."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from penchant.service.catalogue import Item, without_year, year_in
from penchant.service.page import contexts as c
from penchant.service.page.covers import cover_of
from penchant.service.page.viewer import FIRST_RATINGS, Viewer
from penchant.service.served_model import ServedModel

QUESTIONS, ON_A_PAGE, MOST = 6, 24, 480
"""How many items are asked about, and the cards of a page: at first and most."""


def shell_of(live: ServedModel) -> c.Shell:
    found, as_stars = c.levels(live.part.scale)
    return c.Shell(found, as_stars, len(live.catalogue))


def card(viewer: Viewer, item: Item, expected: float | None = None, *, new: bool = False, note: str = "") -> c.Card:
    year, own = year_in(item.title), viewer.ratings.get(item.id)
    name = without_year(item.title) if year is not None else item.title
    return c.Card(
        item.id, item.title, name, year, item.tags, cover_of(item.title, item.tags), item.ratings,
        None if expected is None else f"{expected:.1f}", own, viewer.marks.get(item.id), new, note,
    )  # fmt: skip


def cards(viewer: Viewer, ids: Iterable[Any], notes: Mapping[str, str] | None = None) -> list[c.Card]:
    """Cards of known items, with expected ratings where the model predicts them."""
    catalogue = viewer.live.catalogue
    known = (catalogue.known_id(str(one)) for one in ids)
    items = [catalogue.item(catalogue.number(one)) for one in known if one is not None]
    expected = expected_ratings(viewer, [item.id for item in items])
    return [
        card(viewer, item, value, new=not item.ratings, note=(notes or {}).get(item.id, ""))
        for item, value in zip(items, expected, strict=True)
    ]


def expected_ratings(viewer: Viewer, ids: Sequence[str]) -> list[float | None]:
    """The visitor's expected rating of each item; None without a rating model."""
    if viewer.live.model.rating_model is None or not ids:
        return [None] * len(ids)
    found: list[float | None] = viewer.person.state.predict(list(ids)).mean.tolist()
    return found


def row(viewer: Viewer, item: Item) -> c.Row:
    found, as_stars = c.levels(viewer.live.part.scale)
    stars = c.Stars(item.id, item.title, viewer.ratings.get(item.id), found, as_stars)
    return c.Row(card(viewer, item), stars)


def rows(viewer: Viewer, ids: Iterable[str]) -> list[c.Row]:
    catalogue = viewer.live.catalogue
    known = (catalogue.known_id(one) for one in ids)
    return [row(viewer, catalogue.item(catalogue.number(one))) for one in known if one is not None]


def search_page(viewer: Viewer, text: str, most: int) -> c.SearchPage:
    found, total = viewer.live.catalogue.search(text, limit=most) if text.strip() else ([], 0)
    more = str(min(most + ON_A_PAGE, MOST)) if total > most and most < MOST else None
    return c.SearchPage(text, [row(viewer, item) for item in found], total, more)


def asked_rows(viewer: Viewer, asked: Sequence[int]) -> list[c.Row]:
    """asked: the numbers of the items to ask about."""
    return [row(viewer, viewer.live.catalogue.item(number)) for number in asked]


def still_needed(viewer: Viewer) -> int:
    return max(FIRST_RATINGS - len(viewer.ratings), 0)


def how_sure(live: ServedModel, mean: float | None, std: float | None) -> c.Sure | None:
    """The prediction as stars, or None if there is no rating model."""
    if mean is None or std is None:
        return None
    return c.how_sure(mean, std, noise_of(live), live.part.scale)


def noise_of(live: ServedModel) -> float:
    return float(np.sqrt(live.part.noise_variance))


def report_page(live: ServedModel) -> c.ReportPage:
    trained = live.part
    numbers = [
        ("users in training", f"{len(trained.users):,}"),
        ("items", f"{len(trained.items):,}"),
        ("ratings", f"{len(trained.interactions):,}"),
        ("factors", f"{trained.users.factors}"),
        ("samples", f"{trained.samples}"),
        ("items added since", f"{len(live.added)}"),
        ("scale", f"{trained.scale.low:g} to {trained.scale.high:g}"),
        ("standard deviation of a rating", f"± {noise_of(live):.2f}"),
    ]
    saved = time.strftime("%d %B %Y, %H:%M", time.localtime(live.saved_at)).lstrip("0")
    facts = {name: _text(value) for name, value in trained.facts.items()}
    return c.ReportPage(
        live.version, trained.kind, saved, numbers, dict(trained.settings), facts, _curves(trained.history),
        len(trained.history),
    )  # fmt: skip


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)[:200]


def _curves(history: Sequence[Mapping[str, float]]) -> list[c.Curve]:
    """The errors by epoch or sample, on one scale."""
    names = [n for n in (history[-1] if history else ()) if n not in ("epoch", "sample", "seconds")]
    names = [n for n in names if any(w in n for w in ("rmse", "mse", "loss", "train", "valid", "error"))]
    series = {n: [float(metrics[n]) for metrics in history if n in metrics] for n in names}
    series = {n: values for n, values in series.items() if len(values) > 1 and np.isfinite(values).all()}
    if not series:
        return []
    low, high = min(map(min, series.values())), max(map(max, series.values()))
    curves = []
    for name, values in series.items():
        xs = np.linspace(0, 600, len(values))
        ys = 150 - 140 * (np.array(values) - low) / ((high - low) or 1)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
        curves.append(c.Curve(name, points, f"{values[0]:.4f}", f"{values[-1]:.4f}"))
    return curves
