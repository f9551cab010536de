"""Choosing the backend of a model, torch or numba, from its settings."""

from __future__ import annotations

from penchant.data.ratings import Ratings
from penchant.foundations.errors import SettingsError
from penchant.foundations.optional import require
from penchant.training.gradient.backend import Backend
from penchant.training.gradient.feature_embeddings import FeatureEmbeddings
from penchant.training.gradient.initial_parameters import DotStart
from penchant.training.gradient.settings import DotBiasSettings, DotSettings, GradientSettings

Bounds = tuple[float, float] | None

_WITHOUT_TORCH = "Or train without it: use_features=False, no clip, and backend='auto'"


def dot_backend(start: DotStart, ratings: Ratings, settings: DotSettings) -> Backend:
    """A backend for vectors without biases."""
    if runs_on_numba(settings, FeatureEmbeddings()):
        from penchant.training.gradient.numba_backend import BARE, NumbaBackend

        return NumbaBackend(start, ratings, settings, BARE)
    require("torch", extra="torch", what="the PyTorch backend", otherwise=_WITHOUT_TORCH)
    from penchant.models.embedding_dot import EmbeddingDot
    from penchant.training.gradient.torch_backend import module_backend

    return module_backend(EmbeddingDot(start.user_vectors, start.item_vectors), ratings, settings)


def dot_bias_backend(
    start: DotStart, ratings: Ratings, settings: DotBiasSettings, bounds: Bounds, columns: FeatureEmbeddings
) -> Backend:
    """A backend for vectors and biases, with feature columns if there are any."""
    if runs_on_numba(settings, columns):
        from penchant.training.gradient.numba_backend import BIASED, NumbaBackend

        return NumbaBackend(start, ratings, settings, BIASED, bounds)
    require("torch", extra="torch", what="the PyTorch backend", otherwise=_WITHOUT_TORCH)
    from penchant.models.embedding_dot_bias import EmbeddingDotBias
    from penchant.models.side_embedding import Columns, SideEmbedding
    from penchant.training.gradient.torch_backend import module_backend

    padded = {side: Columns.of(encoded) for side, encoded in columns.encoded.items()}
    users = SideEmbedding(start.user_vectors, start.user_bias, padded.get("users"))
    items = SideEmbedding(start.item_vectors, start.item_bias, padded.get("items"))
    return module_backend(EmbeddingDotBias(users, items, start.mean, bounds), ratings, settings)


def runs_on_numba(settings: GradientSettings, columns: FeatureEmbeddings) -> bool:
    """Whether the numba backend is used. Raises SettingsError if it was asked for but does not support the settings."""
    cannot = "columns" if columns.encoded else "gradient clipping" if settings.clip else ""
    if settings.device != "cpu":
        cannot = f"device {settings.device!r}"
    if settings.backend == "numba" and cannot:
        raise SettingsError(
            f"the kernels have no {cannot}", where="backend", remedy="Use backend='torch' or 'auto', or leave them out"
        )
    return settings.backend != "torch" and not cannot
