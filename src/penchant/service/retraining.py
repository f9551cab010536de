"""A new version from the base's training ratings and what the database has gathered since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penchant.foundations.progress import Progress
from penchant.foundations.rng import Seed
from penchant.recommending.recommender import load, main_model
from penchant.recommending.train_parts import train, train_again
from penchant.service.storage.database import Database
from penchant.service.training_table import Collected, together
from penchant.service.version_store import BASE, VersionStore


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
    ratings = together(main_model(base), Collected.from_database(database))
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
