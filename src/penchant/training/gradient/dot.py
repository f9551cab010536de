"""Training EmbeddingDot and EmbeddingDotBias, along whichever road is fastest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.progress import Progress
from penchant.foundations.rng import spawn_seeds
from penchant.models.heads import DotHead
from penchant.models.sides import Floats
from penchant.models.trained import TrainedModel, assemble, counts_of
from penchant.training.gradient.finishing import noise_of, prior_of
from penchant.training.gradient.road import Road, State
from penchant.training.gradient.roads import dot_bias_road, dot_road
from penchant.training.gradient.run_plan import Learnt, carry_out
from penchant.training.gradient.settings import DotBiasSettings, DotSettings
from penchant.training.gradient.side_columns import SideColumns
from penchant.training.gradient.start import bare_start, biased_start, bounds_of, continue_from


def train_dot(
    ratings: Ratings,
    settings: DotSettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """Vectors alone; the first predictions have the data's mean."""
    start_seed = int(spawn_seeds(rng, 1)[0])

    def build(part: Ratings) -> Road:
        start = bare_start(part, settings.factors, settings.start_spread, np.random.default_rng(start_seed))
        return dot_road(continue_from(start, part, resume) if resume else start, part, settings)

    learnt = carry_out(build, ratings, settings, rng=rng, validation=validation, progress=progress)
    users, items = (_stack(learnt.draws, f"{side}_vectors.weight") for side in ("user", "item"))
    zeros = (np.zeros(users.shape[:2], np.float32), np.zeros(items.shape[:2], np.float32))
    head = DotHead(np.zeros(len(users), np.float32))
    return _finished("dot", ratings, settings, learnt, head, (zeros[0], users), (zeros[1], items))


def train_dot_bias(
    ratings: Ratings,
    settings: DotBiasSettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """Vectors and biases; the biases start at the data's damped means."""
    start_seed = int(spawn_seeds(rng, 1)[0])
    bounds = bounds_of(ratings.scale, settings.widen) if settings.link == "sigmoid" else None
    columns = SideColumns.of(ratings) if settings.use_features else SideColumns()

    def build(part: Ratings) -> Road:
        random = np.random.default_rng(start_seed)
        start = biased_start(part, settings.factors, settings.start_spread, settings.damping, random, bounds)
        start = continue_from(start, part, resume) if resume else start
        return dot_bias_road(start, part, settings, bounds, columns)

    learnt = carry_out(build, ratings, settings, rng=rng, validation=validation, progress=progress)
    return biased_model(ratings, settings, learnt, bounds, columns)


def biased_model(
    ratings: Ratings,
    settings: DotBiasSettings,
    learnt: Learnt,
    bounds: tuple[float, float] | None,
    columns: SideColumns,
) -> TrainedModel:
    """The TrainedModel of learnt vectors and biases."""
    mean = _stack(learnt.draws, "mean_bias")[:, 0]
    head = DotHead(mean) if bounds is None else DotHead(mean, "sigmoid", *bounds)
    rows = [(_stack(learnt.draws, f"{side}.bias.weight")[:, :, 0], _stack(learnt.draws, f"{side}.vectors.weight"))
            for side in ("users", "items")]  # fmt: skip
    return _finished("dot_bias", ratings, settings, learnt, head, rows[0], rows[1], columns)


def _finished(
    kind: str,
    ratings: Ratings,
    settings: DotSettings | DotBiasSettings,
    learnt: Learnt,
    head: DotHead,
    user_rows: tuple[Floats, Floats],
    item_rows: tuple[Floats, Floats],
    columns: SideColumns | None = None,
) -> TrainedModel:
    columns = columns or SideColumns()
    user_rows = columns.joined("users", user_rows, learnt.draws)
    item_rows = columns.joined("items", item_rows, learnt.draws)
    return assemble(
        ratings,
        kind=kind,
        settings=settings.to_json(),
        head=head,
        user_rows=user_rows,
        item_rows=item_rows,
        priors=(
            prior_of(*user_rows, counts_of(ratings.by_user())),
            prior_of(*item_rows, counts_of(ratings.by_item())),
        ),
        noise=noise_of(learnt, ratings, len(learnt.draws)),
        history=learnt.history,
        facts=learnt.facts,
    )


def _stack(draws: Sequence[State], name: str) -> Floats:
    """One parameter of every draw, (S, ...)."""
    stacked: Floats = np.stack([draw[name] for draw in draws]).astype(np.float32)
    return stacked
