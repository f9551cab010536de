"""Training a recommender: one named model as its only part, or the parts that a table supports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penchant.data.ratings import Ratings
from penchant.foundations.arguments import checked_arguments
from penchant.foundations.errors import CallerError, SettingsError
from penchant.foundations.progress import Progress
from penchant.foundations.rng import Seed
from penchant.models.trained import TrainedModel
from penchant.recommending.recommender import Recommender
from penchant.training import registry

RATING_MODEL = "bayes"
"""The rating model that is trained where no model is named."""


@checked_arguments
def train(
    ratings: Ratings,
    model: str | None = None,
    *,
    seed: Seed = 0,
    validation: Ratings | None = None,
    progress: Progress | None = None,
    resume: Recommender | None = None,
    settings: Mapping[str, Any] | None = None,
    **more: Any,
) -> Recommender:
    """Train a recommender in this process.

    model: a name from the registry, whose model is then the only part; None for the parts that the table supports.
    seed: of every random step. validation: ratings whose error is shown (and may stop training), never learned from.
    resume: an earlier recommender whose model of the same name is continued. settings: those of the model's dataclass,
    as a mapping; they may also be written as keyword arguments. Raises SettingsError or DataError for what cannot be
    used.
    """
    if not isinstance(ratings, Ratings):
        raise CallerError(
            f"a model is trained on Ratings, not on a {type(ratings).__name__}",
            where="ratings",
            remedy="Read a table with Ratings.from_csv, Ratings.from_parquet or Ratings.from_frame",
        )
    chosen = {**(settings or {}), **more}
    if model is None and not chosen and resume is None:
        return train_parts(ratings, seed=seed, validation=validation, progress=progress)
    name = model or RATING_MODEL
    earlier = None if resume is None else _earlier(resume, name)
    return Recommender.of(
        registry.train(ratings, name, seed=seed, validation=validation, progress=progress, resume=earlier, **chosen)
    )


def train_parts(
    ratings: Ratings, *, seed: Seed = 0, validation: Ratings | None = None, progress: Progress | None = None
) -> Recommender:
    """Train the parts that the table supports."""
    rating = registry.train(ratings, RATING_MODEL, seed=seed, validation=validation, progress=progress)
    return Recommender(rating_model=rating)


def train_again(
    earlier: Recommender,
    ratings: Ratings,
    *,
    seed: Seed = 0,
    progress: Progress | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Recommender:
    """Train every part of an earlier recommender anew, with the settings it had; the ranker stays.

    settings: replace those of the same name, in each part that has such a setting. Raises SettingsError for one that
    no part has.
    """
    parts = [part for part in (earlier.rating_model, earlier.choice_model) if part is not None]
    known = {part.kind: registry.model_spec(part.kind).settings_class().names() for part in parts}
    for name in settings or {}:
        if not any(name in names for names in known.values()):
            every = sorted(set().union(*known.values()))
            raise SettingsError(f"there is no setting {name!r}", remedy=f"There are: {', '.join(every)}")
    trained = {}
    for part in parts:
        own = {name: value for name, value in (settings or {}).items() if name in known[part.kind]}
        chosen = {**part.settings, **own}
        trained[part.objective] = registry.train(ratings, part.kind, seed=seed, progress=progress, **chosen)
    return Recommender(trained.get("rating"), trained.get("preference"), earlier.ranker)


def _earlier(resume: Recommender, name: str) -> TrainedModel:
    """The part to continue from: the one of that kind, else the only one, which training then judges."""
    if not isinstance(resume, Recommender):
        raise SettingsError(f"{type(resume).__name__} cannot be continued", where="resume", remedy="Give a Recommender")
    parts = [part for part in (resume.rating_model, resume.choice_model) if part is not None]
    return next((part for part in parts if part.kind == name), parts[0])
