"""A new version from the base's training ratings and what the database has gathered since."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.vocabulary import UNKNOWN, Vocabulary
from penchant.foundations.progress import Progress
from penchant.foundations.rng import Seed
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.recommending.recommender import load, main_model
from penchant.recommending.train_parts import train, train_again
from penchant.service.added_items import extended, features_with
from penchant.service.storage.database import Database
from penchant.service.storage.items import AddedItem, ItemStore
from penchant.service.storage.ratings import RatingStore
from penchant.service.version_store import BASE, VersionStore


@dataclass(frozen=True)
class Gathered:
    """What a database holds: (user, item, rating or None) rows, the users to forget, and the added items."""

    rows: Sequence[tuple[str, str, float | None]]
    erased: set[str]
    items: Sequence[AddedItem]

    @classmethod
    def from_database(cls, database: Database) -> Gathered:
        rows, erased = RatingStore(database, most=1).everything()
        return cls(rows, erased, ItemStore(database).after(0) or [])


def retrain(
    shelf: VersionStore,
    database: Database,
    *,
    seed: Seed,
    keep: int,
    model: str | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> str:
    """Train on base and database, save a new version, check that it loads, and have it served; its name.

    model, settings: as for `train`; those of the base where not given. keep: versions to leave on the disk.
    """
    base = load(shelf.folder(BASE))
    ratings = together(main_model(base), Gathered.from_database(database))
    if model is None:
        learnt = train_again(base, ratings, seed=seed, progress=progress, settings=settings)
    else:
        learnt = train(ratings, model, seed=seed, progress=progress, settings=settings)
    name = shelf.fresh_name()
    learnt.save(shelf.folder(name))
    load(shelf.folder(name))  # a version that cannot be read back is never pointed to
    shelf.switch(name)
    shelf.prune(keep)
    return name


def together(base: TrainedModel, gathered: Gathered) -> Ratings:
    """The base's training ratings, overruled by gathered ones; without those taken back and without erased users."""
    erased = {base.users.vocabulary.number(user) for user in gathered.erased}
    stay = [number for number in range(len(base.users)) if number not in erased]
    raters = [user for user, _, value in gathered.rows if value is not None]
    users = extended(base.users.vocabulary.take(np.array(stay, dtype=np.int64)), raters)
    items = extended(base.items.vocabulary.ids, [item.item_id for item in gathered.items])
    values = _of_base(base, users)
    for user, item, value in gathered.rows:
        pair = (users.number(user), items.number(item))
        if value is None:
            values.pop(pair, None)
        elif UNKNOWN not in pair:
            values[pair] = value
    pairs = np.array(sorted(values), dtype=np.int32).reshape(-1, 2)
    rated = np.array([values[user, item] for user, item in pairs.tolist()], dtype=np.float32)
    ratings = Ratings(pairs[:, 0].copy(), pairs[:, 1].copy(), rated, users, items, base.scale)
    return dataclasses.replace(
        ratings,
        item_features=features_with(base.items, gathered.items),
        user_features=_taken(base.users, users),
    )


def _of_base(base: TrainedModel, users: Vocabulary) -> dict[tuple[int, int], float]:
    """The base's training ratings by the numbers of `users`, which may lack some of the base's."""
    known = base.interactions
    raters = users.numbers(base.users.vocabulary.ids.tolist())[known.users]
    every = zip(raters.tolist(), known.items.tolist(), known.values.tolist(), strict=True)
    return {(user, item): value for user, item, value in every if user != UNKNOWN}


def _taken(side: Side, users: Vocabulary) -> FeatureTable | None:
    """The users' features in the order of `users`; of those who came since, nothing is known."""
    return None if side.features is None else side.features.take(side.vocabulary.numbers(users.ids.tolist()))
