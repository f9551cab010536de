"""Training EmbeddingDot and EmbeddingDotBias with the backend that the settings choose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.progress import Progress
from penchant.foundations.rng import spawn_seeds
from penchant.models.rows import Floats
from penchant.models.scorers import DotScorer
from penchant.models.trained import TrainedModel, assemble, counts_of
from penchant.training.feature_maps import completed
from penchant.training.gradient.backend import Backend, State
from penchant.training.gradient.backend_choice import dot_backend, dot_bias_backend
from penchant.training.gradient.feature_embeddings import FeatureEmbeddings
from penchant.training.gradient.fitting import FitResult, fit_with_settings
from penchant.training.gradient.initial_parameters import bare_start, biased_start, bounds_of, continue_from
from penchant.training.gradient.priors_and_noise import noise_of, prior_of
from penchant.training.gradient.settings import DotBiasSettings, DotSettings
from penchant.training.resume import check_resume


def train_dot(
    ratings: Ratings,
    settings: DotSettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """Train vectors without biases. The initial predictions have the mean of the data."""
    check_resume(resume, "dot", settings.factors)
    start_seed = int(spawn_seeds(rng, 1)[0])

    def build(part: Ratings) -> Backend:
        start = bare_start(part, settings.factors, settings.init_std, np.random.default_rng(start_seed))
        return dot_backend(continue_from(start, part, resume) if resume else start, part, settings)

    fitted = fit_with_settings(build, ratings, settings, rng=rng, validation=validation, progress=progress)
    users, items = (_stack(fitted.samples, f"{side}_vectors.weight") for side in ("user", "item"))
    zeros = (np.zeros(users.shape[:2], np.float32), np.zeros(items.shape[:2], np.float32))
    scorer = DotScorer(np.zeros(len(users), np.float32))
    return _finished("dot", ratings, settings, fitted, scorer, (zeros[0], users), (zeros[1], items))


def train_dot_bias(
    ratings: Ratings,
    settings: DotBiasSettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """Train vectors and biases. The initial biases are the damped biases of the data."""
    check_resume(resume, "dot_bias", settings.factors)
    start_seed = int(spawn_seeds(rng, 1)[0])
    bounds = bounds_of(ratings.scale, settings.widen) if settings.link == "sigmoid" else None
    columns = FeatureEmbeddings.of(ratings) if settings.use_features else FeatureEmbeddings()

    def build(part: Ratings) -> Backend:
        random = np.random.default_rng(start_seed)
        start = biased_start(part, settings.factors, settings.init_std, settings.damping, random, bounds)
        start = continue_from(start, part, resume) if resume else start
        return dot_bias_backend(start, part, settings, bounds, columns)

    fitted = fit_with_settings(build, ratings, settings, rng=rng, validation=validation, progress=progress)
    return biased_model(ratings, settings, fitted, bounds, columns)


def biased_model(
    ratings: Ratings,
    settings: DotBiasSettings,
    fitted: FitResult,
    bounds: tuple[float, float] | None,
    columns: FeatureEmbeddings,
) -> TrainedModel:
    """A TrainedModel from fitted vectors and biases."""
    mean = _stack(fitted.samples, "mean_bias")[:, 0]
    scorer = DotScorer(mean) if bounds is None else DotScorer(mean, "sigmoid", *bounds)
    rows = [(_stack(fitted.samples, f"{side}.bias.weight")[:, :, 0], _stack(fitted.samples, f"{side}.vectors.weight"))
            for side in ("users", "items")]  # fmt: skip
    return _finished(
        "dot_bias", ratings, settings, fitted, scorer, rows[0], rows[1], columns, use_features=settings.use_features
    )


def _finished(
    kind: str,
    ratings: Ratings,
    settings: DotSettings | DotBiasSettings,
    fitted: FitResult,
    scorer: DotScorer,
    user_rows: tuple[Floats, Floats],
    item_rows: tuple[Floats, Floats],
    columns: FeatureEmbeddings | None = None,
    *,
    use_features: bool = True,
) -> TrainedModel:
    columns = columns or FeatureEmbeddings()
    user_rows = columns.whole_rows("users", user_rows, fitted.samples)
    item_rows = columns.whole_rows("items", item_rows, fitted.samples)
    model = assemble(
        ratings,
        kind=kind,
        settings=settings.to_json(),
        scorer=scorer,
        user_rows=user_rows,
        item_rows=item_rows,
        priors=(
            prior_of(*user_rows, counts_of(ratings.by_user())),
            prior_of(*item_rows, counts_of(ratings.by_item())),
        ),
        noise=noise_of(fitted, ratings, len(fitted.samples)),
        history=fitted.history,
        facts=fitted.facts,
    )
    return completed(model, use_features=use_features)


def _stack(samples: Sequence[State], name: str) -> Floats:
    """One parameter in every sample, (S, ...)."""
    stacked: Floats = np.stack([sample[name] for sample in samples]).astype(np.float32)
    return stacked
