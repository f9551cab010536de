"""The map of items: the page, and the points for the script that draws it."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache

from penchant.service.catalogue import Catalogue
from penchant.service.page import contexts as c
from penchant.service.page.composing import cards
from penchant.service.page.viewer import Viewer

LISTED = 12
"""Items in the list beside the map before a script changes it."""


def map_page(viewer: Viewer) -> c.MapPage:
    catalogue = viewer.live.catalogue
    item_map = catalogue.item_map
    ends = [[catalogue.titles[n] for n in end] for end in item_map.ends]
    listed = [catalogue.item(number).id for number in item_map.numbers[:LISTED].tolist()]
    return c.MapPage(len(item_map.numbers), ends, cards(viewer, listed))


def map_points(viewer: Viewer) -> str:
    """The points as parallel lists in JSON, the items with the most ratings first, and the viewer's ratings."""
    points = _points(viewer.live.catalogue)
    return f'{{"mine": {json.dumps(dict(viewer.ratings))}, {points.removeprefix("{")}'


@lru_cache(maxsize=1)
def _points(catalogue: Catalogue) -> str:
    """The same for all; kept until the catalogue changes."""
    item_map = catalogue.item_map
    items = [catalogue.item(number) for number in item_map.numbers.tolist()]
    firsts = [item.tags[0] if item.tags else "" for item in items]
    common = [tag for tag, _ in Counter(filter(None, firsts)).most_common(6)]
    points = {
        "ids": [item.id for item in items],
        "titles": [item.title for item in items],
        "x": [round(x, 4) for x in item_map.places[:, 0].tolist()],
        "y": [round(y, 4) for y in item_map.places[:, 1].tolist()],
        "ratings": [item.ratings for item in items],
        "tag": [common.index(tag) if tag in common else -1 for tag in firsts],
        "tags": common,
    }
    return json.dumps(points, ensure_ascii=False, separators=(",", ":"))
