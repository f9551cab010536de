"""The contexts of the templates, from users and models."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from penchant.recommending.explanations import Contribution, Explanation
from penchant.service.catalogue import Item, shown
from penchant.service.model_slot import ServedModel
from penchant.service.page import contexts as c
from penchant.service.user_service import ServedUser

ON_A_LIST, ON_A_SEARCH, QUESTIONS, NEAR, BEHIND = 12, 8, 4, 12, 8
"""How many lines each part shows. BEHIND: how many ratings an explanation names."""
SPEAKS = 0.05
"""A pull of fewer stars is not mentioned on a card. It also limits the scale of the bars, so small pulls look small."""


def row(live: ServedModel, item: Item, ratings: Mapping[str, float]) -> c.Row:
    found, as_stars = c.levels(live.part.scale)
    stars = c.Stars(item.id, item.title, ratings.get(item.id), found, as_stars)
    return c.Row(item.id, item.title, item.tags, item.ratings, stars)


def search_part(live: ServedModel, text: str, ratings: Mapping[str, float]) -> c.SearchPart:
    found, total = live.catalogue.search(text, limit=ON_A_SEARCH) if text.strip() else ([], 0)
    return c.SearchPart(text, [row(live, item, ratings) for item in found], total)


def ratings_part(person: ServedUser, most: int | None = None) -> c.RatingsPart:
    newest = list(person.ratings)[::-1][:most]
    return c.RatingsPart(_rows(person, newest))


def ask_part(person: ServedUser, asked: Sequence[int]) -> c.AskPart:
    """asked: the numbers of the items to ask about."""
    catalogue = person.live.catalogue
    return c.AskPart([row(person.live, catalogue.item(n), person.ratings) for n in asked], len(person.ratings))


def _rows(person: ServedUser, ids: Iterable[str]) -> list[c.Row]:
    catalogue = person.live.catalogue
    numbers = [catalogue.number(one) for one in ids]
    return [row(person.live, catalogue.item(number), person.ratings) for number in numbers if number >= 0]


def list_part(person: ServedUser) -> c.ListPart:
    live = person.live
    answer, part = person.state.recommend(ON_A_LIST), person.state.index.one_part(None)
    cards = []
    for rank, line in enumerate(answer, 1):
        item = live.catalogue.item(live.catalogue.number(str(line.id)))
        pulls = person.state.explain(line.id, by=part).pulls if person.ratings else ()
        for_it = [pull for pull in pulls if pull.amount > SPEAKS][:2]
        sure = how_sure(live, line.predicted, line.std)
        cards.append(c.Card(rank, item.id, item.title, item.tags, sure, because(for_it), line.source != "known"))
    return c.ListPart(cards, len(person.ratings), answer.source, live.version)


def how_sure(live: ServedModel, mean: float | None, std: float | None) -> c.Sure | None:
    """The prediction as stars, or None if there is no rating model."""
    if mean is None or std is None:
        return None
    noise = float(np.sqrt(np.mean(np.square(live.part.noise))))
    return c.how_sure(mean, std, noise, live.part.scale)


def because(pulls: Sequence[Contribution]) -> list[c.Because]:
    strongest = max([5 * SPEAKS, *(abs(pull.amount) for pull in pulls)])
    return [
        c.Because(
            str(pull.item), shown(pull.title), c.figure(pull.rating), c.signed(pull.amount),
            round(50 * abs(pull.amount) / strongest, 1), pull.amount > 0,
        )
        for pull in pulls
    ]  # fmt: skip


def why_part(person: ServedUser, item_id: str) -> c.WhyPart:
    why: Explanation = person.state.explain(item_id, by=person.state.index.one_part(None))
    rest = why.prior + why.rest + sum(pull.amount for pull in why.pulls[BEHIND:])
    terms = [
        c.Term("The average rating", f"{why.mean:.2f}"),
        c.Term("This item, compared with the average", c.signed(why.item_bias)),
        c.Term("Your ratings, compared with the average", c.signed(why.user_bias)),
    ]
    if abs(rest) >= 0.005:
        terms.append(c.Term("Everything else", c.signed(rest)))
    return c.WhyPart(item_id, shown(why.title), terms, because(why.pulls[:BEHIND]))


def item_page(person: ServedUser, number: int) -> c.ItemPage:
    live = person.live
    item = live.catalogue.item(number)
    said = person.state.predict([item.id]) if live.model.rating_model else None
    mean, std = (None, None) if said is None else (float(said.mean[0]), float(said.std[0]))
    near = [
        c.Near(str(line.id), shown(line.title), live.catalogue.item(live.catalogue.number(str(line.id))).tags,
               f"{line.score:.2f}")
        for line in live.model.similar_items(item.id, NEAR)
    ]  # fmt: skip
    bias_words = "above" if item.bias >= 0 else "below"
    return c.ItemPage(
        row(live, item, person.ratings), how_sure(live, mean, std),
        f"{abs(item.bias):.2f}", bias_words, item.ratings > 0, near,
    )  # fmt: skip


def map_page(live: ServedModel) -> c.MapPage:
    item_map = live.catalogue.item_map
    return c.MapPage(len(item_map.numbers), [[live.catalogue.titles[n] for n in end] for end in item_map.ends])


def map_points(live: ServedModel) -> dict[str, Any]:
    """The item map for the script that samples it: parallel lists."""
    item_map, catalogue = live.catalogue.item_map, live.catalogue
    items = [catalogue.item(number) for number in item_map.numbers.tolist()]
    firsts = [item.tags[0] if item.tags else "" for item in items]
    counts: dict[str, int] = {}
    for tag in filter(None, firsts):
        counts[tag] = counts.get(tag, 0) + 1
    common = sorted(counts, key=lambda tag: -counts[tag])[:6]
    return {
        "ids": [item.id for item in items],
        "titles": [item.title for item in items],
        "x": [round(x, 4) for x in item_map.places[:, 0].tolist()],
        "y": [round(y, 4) for y in item_map.places[:, 1].tolist()],
        "ratings": [item.ratings for item in items],
        "tag": [common.index(tag) if tag in common else -1 for tag in firsts],
        "tags": common,
    }


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
        ("standard deviation of a rating", f"± {float(np.sqrt(np.mean(np.square(trained.noise)))):.2f}"),
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
