"""Training EmbeddingNet, and its layers as arrays."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch

from penchant.data.ratings import Ratings
from penchant.foundations.errors import SettingsError
from penchant.foundations.progress import Progress
from penchant.foundations.rng import spawn_seeds
from penchant.models.embedding_net import EmbeddingNet, NetSide, baseline_layers
from penchant.models.initialization import Floats
from penchant.models.scorers import NetScorer
from penchant.models.side_embedding import Columns
from penchant.models.trained import TrainedModel, assemble, counts_of
from penchant.training.feature_maps import completed
from penchant.training.gradient.backend import Backend, State
from penchant.training.gradient.feature_embeddings import FeatureEmbeddings
from penchant.training.gradient.fitting import fit_with_settings
from penchant.training.gradient.initial_parameters import biased_start, bounds_of
from penchant.training.gradient.priors_and_noise import noise_of, prior_of
from penchant.training.gradient.settings import NetSettings
from penchant.training.gradient.torch_backend import module_backend
from penchant.training.resume import check_resume


def train(
    ratings: Ratings,
    settings: NetSettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """Train a net from the predictions of the baseline: the first entry of each vector is the row's damped bias."""
    check_resume(resume, "net")
    start_seed = int(spawn_seeds(rng, 1)[0])
    columns = (
        FeatureEmbeddings.of(ratings) if settings.use_features and settings.feature_factors else FeatureEmbeddings()
    )
    padded = {side: Columns.of(encoded) for side, encoded in columns.encoded.items()}

    def build(part: Ratings) -> Backend:
        module = started_net(part, settings, np.random.default_rng(start_seed), padded)
        if resume is not None:
            continue_net(module, part, resume)
        return module_backend(module, part, settings)

    fitted = fit_with_settings(build, ratings, settings, rng=rng, validation=validation, progress=progress)
    state = fitted.samples[-1]  # a net's layers belong to one sample
    user_rows, item_rows = (_rows(state, side, columns) for side in ("users", "items"))
    model = assemble(
        ratings,
        kind="net",
        settings=settings.to_json(),
        scorer=_scorer(state, bounds_of(ratings.scale, settings.widen)),
        user_rows=user_rows,
        item_rows=item_rows,
        priors=(
            prior_of(*user_rows, counts_of(ratings.by_user())),
            prior_of(*item_rows, counts_of(ratings.by_item())),
        ),
        noise=noise_of(fitted, ratings, 1),
        history=fitted.history,
        facts=fitted.facts,
    )
    return completed(model, use_features=settings.use_features)


def started_net(
    ratings: Ratings, settings: NetSettings, rng: np.random.Generator, columns: dict[str, Columns]
) -> EmbeddingNet:
    """The module with its initial parameters."""
    bounds = bounds_of(ratings.scale, settings.widen)
    widths = {"users": settings.factors, "items": settings.item_factors or settings.factors}
    start = biased_start(ratings, max(widths.values()), settings.init_std, settings.damping, rng, bounds)
    deviation = float(start.user_vectors.std())
    sides, inputs = {}, []
    for side, vectors, bias in (
        ("users", start.user_vectors, start.user_bias),
        ("items", start.item_vectors, start.item_bias),
    ):
        own = vectors[:, : widths[side]].copy()
        own[:, 0] = bias
        extra_columns = columns.get(side)
        extra_width = settings.feature_factors if extra_columns else 0
        sides[side] = NetSide(
            own, extra_columns, np.zeros((extra_columns.width, extra_width), np.float32) if extra_columns else None
        )
        inputs.append(widths[side] + extra_width)
    layers = baseline_layers(rng, (inputs[0], inputs[1]), settings.hidden, start.mean, settings.init_std, deviation**2)
    return EmbeddingNet(sides["users"], sides["items"], layers, bounds, (settings.dropout / 4, settings.dropout))


def continue_net(module: EmbeddingNet, ratings: Ratings, model: TrainedModel) -> None:
    """Copy the layers of an earlier net to a module, and the rows of its known ids.

    Raises SettingsError if the two differ in shape, or if the module has feature columns.
    """
    sides = ((module.users, ratings.users, model.users), (module.items, ratings.items, model.items))
    layers = (module.hidden, module.output)
    scorer = cast(NetScorer, model.scorer)
    alike = all(layer.weight.shape == weights.T.shape for layer, weights in zip(layers, scorer.weights, strict=True))
    if not alike or any(side.columns is not None for side, _, _ in sides):
        raise SettingsError(
            "the model to resume is not a net of this shape",
            remedy="Use the settings it was trained with, and feature_factors=0",
        )
    with torch.no_grad():
        for side, vocabulary, old in sides:
            at = old.vocabulary.numbers(vocabulary.ids)
            known = np.flatnonzero(at >= 0)
            side.vectors.weight[known] = torch.from_numpy(old.vectors[-1, at[known]])
        for layer, weights, bias in zip(layers, scorer.weights, scorer.biases, strict=True):
            layer.weight.copy_(torch.from_numpy(weights.T))
            layer.bias.copy_(torch.from_numpy(bias))


def _rows(state: State, side: str, columns: FeatureEmbeddings) -> tuple[Floats, Floats]:
    """The side's rows in one sample: biases of zero, and the vectors concatenated with those of the features."""
    vectors = state[f"{side}.vectors.weight"]
    if side in columns.encoded:
        extra_columns = np.asarray(columns.encoded[side] @ state[f"{side}.columns.features.weight"])
        vectors = np.concatenate([vectors, extra_columns], axis=1)
    return np.zeros((1, len(vectors)), np.float32), vectors[None].astype(np.float32)


def _scorer(state: State, bounds: tuple[float, float]) -> NetScorer:
    weights = tuple(np.ascontiguousarray(state[f"{layer}.weight"].T) for layer in ("hidden", "output"))
    return NetScorer(weights, tuple(state[f"{layer}.bias"] for layer in ("hidden", "output")), *bounds)
