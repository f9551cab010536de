"""The page of one item: what is expected, why, and what is similar."""

from __future__ import annotations

from collections.abc import Sequence

from penchant.recommending.explanations import Explanation, RankedExplanation, TermShare
from penchant.recommending.ranker import LOG_CHOICE, LOG_LIKE, LOG_NEIGHBOURS, window_of
from penchant.recommending.results import Ranking
from penchant.service.catalogue import shown, without_year
from penchant.service.outside_links import OutsideLinks
from penchant.service.page import contexts as c
from penchant.service.page.composing import cards, how_sure, row
from penchant.service.page.viewer import Viewer

NEAR, BEHIND = 12, 8
"""How many similar items are shown, and how many ratings an explanation names."""
_TERMS = {
    LOG_CHOICE: "People with ratings like yours choose it",
    LOG_LIKE: "You are likely to like it",
    LOG_NEIGHBOURS: "People with ratings like yours chose it lately",
}


def item_page(viewer: Viewer, number: int, links: OutsideLinks) -> c.ItemPage:
    live = viewer.live
    item = live.catalogue.item(number)
    why = viewer.person.state.explain(item.id)
    parts = why.parts if isinstance(why, RankedExplanation) else {why.by: why}
    rating = parts.get("rating")
    splits = [_split_of_rating(rating)] if rating is not None else []
    if isinstance(why, RankedExplanation):
        splits.append(_split_of_order(why))
    elif rating is None:
        splits.append(_split_of_choice(parts["choice"]))
    p_like = why.p_like if isinstance(why, RankedExplanation) else None
    return c.ItemPage(
        row(viewer, item),
        how_sure(live, why.predicted, why.std),
        _liked(viewer, p_like),
        f"{abs(item.bias):.2f}", "above" if item.bias >= 0 else "below",
        links.addresses(item.id), splits, _near(viewer, number),
    )  # fmt: skip


def _liked(viewer: Viewer, p_like: float | None) -> c.Liked | None:
    liking = viewer.person.state.index.liking
    return None if p_like is None or liking is None else c.Liked(round(100 * p_like), c.figure(liking.liked))


def _near(viewer: Viewer, number: int) -> c.CardRow:
    found: Ranking = viewer.live.similar(number)
    lines = [line for line in found if str(line.id) not in viewer.hidden][:NEAR]
    notes = {str(line.id): _evidence(line.score, line.support) for line in lines}
    return c.CardRow("near", "Similar", "Liked by the same people.", cards(viewer, [line.id for line in lines], notes))


def _evidence(cosine: float, support: int | None) -> str:
    how = "very similar" if cosine >= 0.7 else "similar" if cosine >= 0.4 else "somewhat similar"
    return how if not support else f"{how}, from {support:,} rating{'s' if support != 1 else ''}"


def _split_of_rating(why: Explanation) -> c.DrawnSum:
    """The expected rating as the average and the changes to it, in stars."""
    named = [(pull.amount, f"You gave {without_year(shown(pull.title))} {c.figure(pull.rating)}", str(pull.item))
             for pull in why.pulls[:BEHIND]]  # fmt: skip
    rest = why.prior + why.rest + sum(pull.amount for pull in why.pulls[BEHIND:])
    amounts = [
        (why.item_bias, "How this title is rated by others", ""),
        (why.user_bias, "How high you rate in general", ""),
        *named,
    ]
    if abs(rest) >= 0.005:
        amounts.append((rest, "Everything else", ""))
    note = "The expected rating is the average of all ratings and these changes, in stars."
    if why.predicted is not None and abs(why.predicted - why.score) >= 0.005:
        note += f" The sum is then fitted to the scale: {why.predicted:.2f}."
    base = c.SumPart("The average rating", f"{why.mean:.2f}", 50, 0, True)
    return c.DrawnSum("How the rating comes about", note, [base, *_bars(amounts)], "Together", f"{why.score:.2f}", 50)


def _split_of_choice(why: Explanation) -> c.DrawnSum:
    amounts = [(pull.amount, f"You chose {without_year(shown(pull.title))}", str(pull.item))
               for pull in why.pulls[:BEHIND]]  # fmt: skip
    rest = why.score - sum(pull.amount for pull in why.pulls[:BEHIND])
    amounts.append((rest, "Everything else", ""))
    note = "The list is ordered by this score: the sum of what each of your choices adds."
    return c.DrawnSum("How the score comes about", note, _bars(amounts), "Together", f"{why.score:.3f}", 50)


def _split_of_order(why: RankedExplanation) -> c.DrawnSum:
    """The score of the list's order: a sum of weighted logarithms of probabilities and counts."""
    amounts = [(term.amount, _term_name(term), "") for term in why.terms]
    note = (
        "Your list is ordered by the sum of these parts. A part is the logarithm of a probability or of a count, with "
        "its weight: the shorter a red bar, the better."
    )
    bars = _bars(amounts)
    notes = [f"{term.weight:.2f} × {c.signed(term.value)}" for term in why.terms]
    drawn = [
        c.SumPart(b.name, b.amount, b.start, b.width, b.up, b.item, note) for b, note in zip(bars, notes, strict=True)
    ]
    return c.DrawnSum("Its place in your list", note, drawn, "Together", c.signed(why.score), 50)


def _term_name(term: TermShare) -> str:
    if term.name in _TERMS:
        return _TERMS[term.name]
    days = window_of(term.name)
    return "Chosen often" if days is None else f"Chosen often in the last {days:g} days"


def _bars(amounts: Sequence[tuple[float, str, str]]) -> list[c.SumPart]:
    """Bars to both sides of a middle line, on one scale."""
    largest = max([0.25, *(abs(amount) for amount, _, _ in amounts)])
    bars = []
    for amount, name, item in amounts:
        width = round(50 * abs(amount) / largest, 1)
        bars.append(c.SumPart(name, c.signed(amount), 50 if amount > 0 else 50 - width, width, amount > 0, item))
    return bars
