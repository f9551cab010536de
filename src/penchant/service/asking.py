"""What to ask somebody next: well-known items whose rating would tell most about their taste."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from penchant.service.people import Person

WELL_KNOWN = 300
"""Only this many of the most rated items are asked about; most people have met one of them."""


def questions(person: Person, n: int, skip: Sequence[str] = ()) -> list[int]:
    """The numbers of n items to ask about."""
    items = person.live.model.trained.items
    out = {items.vocabulary.number(one) for one in (*person.ratings, *skip)}
    known = [number for number in np.argsort(-items.counts, kind="stable")[:WELL_KNOWN].tolist() if number not in out]
    said = person.visitor.predict_numbers(np.array(known, dtype=np.int32))
    return [known[at] for at in np.argsort(-said.std, kind="stable")[:n]]
