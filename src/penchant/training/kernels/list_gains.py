"""The discounted gain of the first places of many short lists, for a search over the weights that order them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def discounted_gains(terms: Any, weights: Any, gains: Any, starts: Any, discounts: Any, out: Any) -> None:
    """The discounted gain of each user's list, into out (G,).

    terms: (n, T) of the candidates of all users. weights: (T,); the list is in order of terms @ weights, equal scores
    in order of the candidates. gains: (n,). starts: (G + 1,), the first candidate of each user. discounts: (P,), of
    the places of a list, which is the length of the lists.
    """
    places = len(discounts)
    scores, own = np.empty(places), np.empty(places)
    for user in range(len(out)):
        held = 0
        for at in range(starts[user], starts[user + 1]):
            score = 0.0
            for term in range(len(weights)):
                score += terms[at, term] * weights[term]
            if held == places and score <= scores[held - 1]:
                continue
            place = min(held, places - 1)
            while place > 0 and score > scores[place - 1]:
                scores[place], own[place] = scores[place - 1], own[place - 1]
                place -= 1
            scores[place], own[place] = score, gains[at]
            held = min(held + 1, places)
        out[user] = 0.0
        for place in range(held):
            out[user] += own[place] * discounts[place]
