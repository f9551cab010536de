"""An index with other items: more of them, described anew, or hidden. What was computed for the others is kept."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import Numbers, Vocabulary
from penchant.models.sides import Side
from penchant.recommending.growth import with_described_items
from penchant.recommending.item_index import ItemIndex, PartIndex
from penchant.recommending.ranker import log_count

Describe = Callable[[Side], FeatureTable]
"""The items of one part -> a row of features and a title for each item that is described."""


def with_items(index: ItemIndex, vocabulary: Vocabulary, numbers: Numbers, describe: Describe) -> ItemIndex:
    """The index with new features and titles of some items; arguments as in `with_described_items`.

    It costs a copy of the items' rows. Nothing is computed anew but the rows of described items without ratings.
    """
    parts = {name: _part(part, vocabulary, numbers, describe) for name, part in index.parts.items()}
    fresh, more = ItemIndex(parts, index.ranker), len(vocabulary) - len(index.items)
    if index.hidden is not None:
        fresh.hidden = np.pad(index.hidden, (0, more))
    found = vars(index)
    kept: dict[str, Any] = {name: found[name] for name in ("liking", "seen") if name in found}
    for name in ("times", "neighbours"):
        if name in found:
            kept[name] = None if found[name] is None else found[name].grown(len(vocabulary))
    if "static_terms" in found:
        none = log_count(np.zeros(more))
        kept["static_terms"] = {name: np.append(values, none) for name, values in index.static_terms.items()}
    vars(fresh).update(kept)
    return fresh


def with_hidden(index: ItemIndex, hidden: NDArray[np.bool_] | None) -> ItemIndex:
    """The index whose lists leave out these items (I,); None for no item."""
    fresh = copy(index)
    fresh.hidden = hidden
    return fresh


def _part(part: PartIndex, vocabulary: Vocabulary, numbers: Numbers, describe: Describe) -> PartIndex:
    trained = with_described_items(part.trained, vocabulary, numbers, describe(part.trained.items))
    fresh, found = PartIndex(trained), vars(part)
    unrated = numbers[trained.items.counts[numbers] == 0]
    kept: dict[str, Any] = {name: found[name] for name in ("spread", "users_near", "elicitation") if name in found}
    if "items_near" in found:
        kept["items_near"] = part.items_near.updated(trained.items, unrated)
    if (stacked := found.get("stacked")) is not None:
        kept["stacked"] = np.pad(stacked, ((0, len(trained.items) - len(stacked)), (0, 0)))
        kept["stacked"][unrated] = trained.scorer.stacked(trained.items.rows(unrated))
    vars(fresh).update(kept)
    return fresh
