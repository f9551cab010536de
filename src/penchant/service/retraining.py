"""A new version from the base's training ratings and what the database has collected since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from penchant.data.ratings import Ratings
from penchant.foundations.errors import CallerError, PenchantError
from penchant.foundations.progress import Progress
from penchant.foundations.rng import Seed
from penchant.recommending.recommender import Recommender, load, main_model
from penchant.recommending.train_parts import train, train_again
from penchant.service.settings import ServiceSettings
from penchant.service.storage.database import Database
from penchant.service.training_table import Collected, together
from penchant.service.version_comparison import VersionComparison, compared
from penchant.service.version_loading import load_version
from penchant.service.version_store import BASE, VersionStore


class WorseVersionError(PenchantError):
    """A new version predicts held-back interactions clearly worse than the served one; it was not saved."""

    code = "P310"


@dataclass(frozen=True)
class Retrained:
    """The name of a new version, and of the one that is served: the new one, unless a later one was live already."""

    name: str
    served: str


def retrain(
    versions: VersionStore,
    database: Database,
    *,
    seed: Seed,
    keep: int,
    model: str | None = None,
    settings: Mapping[str, Any] | None = None,
    force: bool = False,
    event_weights: Mapping[str, float] | None = None,
    warm: bool = False,
    progress: Progress | None = None,
) -> Retrained:
    """Train on base and database, save a new version, check that it loads, and have it served.

    Its name is claimed before the database is read. Of two trainings at once, the one that was claimed later has read
    the later rows: where it is live already, this one saves its version and leaves the later one served.

    model, settings: as for `train`; those of the base where not given. keep: versions to leave on the disk. force: go
    on with a version that is clearly worse than the served one. event_weights: of kinds of events besides ratings; a
    base of choices alone is trained on them too. warm: as for `train_again`. Raises WorseVersionError for such a
    version, TrainingDivergedError for a training that failed; the served version then stays.
    """
    base = load(versions.folder(BASE))
    of_choices = base.rating_model is None
    weights = (event_weights or ServiceSettings().event_weights) if of_choices else None

    def train_new(on: Ratings) -> Recommender:
        if model is None:
            return train_again(base, on, seed=seed, progress=progress, settings=settings, warm=warm)
        return train(on, model, seed=seed, progress=progress, settings=settings)

    with versions.claimed() as name:
        ratings = together(main_model(base), Collected.from_database(database, weights))
        comparison = _compare(versions, ratings, base, train_new, seed, model is None and not settings)
        if comparison.worse and not force:
            raise WorseVersionError(
                f"the new version is clearly worse than version {comparison.served} on {comparison.rows} held-back "
                f"interactions: {comparison.sentence()}",
                remedy="It was not saved. Add --force to serve it in spite of that",
            )
        train_new(ratings).save(versions.folder(name))
        replace(comparison, forced=bool(comparison.worse)).save(versions.comparison(name))
        with versions.going_live(name) as newest:
            if newest:
                load_version(versions, name)  # a version that cannot be read back is never pointed to
                versions.switch(name)
                versions.prune(keep)
            return Retrained(name, versions.current())


def _compare(
    versions: VersionStore,
    ratings: Ratings,
    base: Recommender,
    train_new: Callable[[Ratings], Recommender],
    seed: Seed,
    as_base: bool,
) -> VersionComparison:
    """The comparison with the served version; with the base where the served one cannot be loaded."""
    name = versions.current()
    try:
        served = base if name == BASE else load_version(versions, name)
    except CallerError:
        name, served = BASE, base
    return compared(
        ratings, served, name,
        same=as_base and _settings_of(served) == _settings_of(base),
        train_new=train_new,
        train_served=lambda on: train_again(served, on, seed=seed),
        seed=seed,
    )  # fmt: skip


def _settings_of(model: Recommender) -> list[tuple[str, dict[str, Any]]]:
    parts = (model.rating_model, model.choice_model)
    return [(part.kind, dict(part.settings)) for part in parts if part is not None]
