"""Choosing the road: which of the two carries out the steps of a model under given settings."""

from __future__ import annotations

from penchant.data.ratings import Ratings
from penchant.models.embedding_dot import EmbeddingDot
from penchant.models.embedding_dot_bias import EmbeddingDotBias
from penchant.models.side_embedding import Columns, SideEmbedding
from penchant.training.gradient.optimizers import optimizer_for
from penchant.training.gradient.road import Road
from penchant.training.gradient.settings import DotBiasSettings, DotSettings
from penchant.training.gradient.side_columns import SideColumns
from penchant.training.gradient.start import DotStart
from penchant.training.gradient.torch_road import TorchRoad

Bounds = tuple[float, float] | None


def dot_road(start: DotStart, ratings: Ratings, settings: DotSettings) -> Road:
    """A road for vectors alone."""
    module = EmbeddingDot(start.user_vectors, start.item_vectors)
    return TorchRoad(module, ratings, optimizer_for(module, settings), settings.batch_size, clip=settings.clip)


def dot_bias_road(
    start: DotStart, ratings: Ratings, settings: DotBiasSettings, bounds: Bounds, columns: SideColumns
) -> Road:
    """A road for vectors and biases, and columns where there are any."""
    padded = {side: Columns.of(encoded) for side, encoded in columns.encoded.items()}
    users = SideEmbedding(start.user_vectors, start.user_bias, padded.get("users"))
    items = SideEmbedding(start.item_vectors, start.item_bias, padded.get("items"))
    module = EmbeddingDotBias(users, items, start.mean, bounds)
    return TorchRoad(module, ratings, optimizer_for(module, settings), settings.batch_size, clip=settings.clip)
