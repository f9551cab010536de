"""Choosing the road: which of the two carries out the steps of a model under given settings."""

from __future__ import annotations

from penchant.data.ratings import Ratings
from penchant.foundations.errors import SettingsError
from penchant.training.gradient.road import Road
from penchant.training.gradient.settings import DotBiasSettings, DotSettings, GradientSettings
from penchant.training.gradient.side_columns import SideColumns
from penchant.training.gradient.start import DotStart

Bounds = tuple[float, float] | None


def dot_road(start: DotStart, ratings: Ratings, settings: DotSettings) -> Road:
    """A road for vectors alone."""
    if takes_kernels(settings, SideColumns()):
        from penchant.training.gradient.kernel_road import BARE, KernelRoad

        return KernelRoad(start, ratings, settings, BARE)
    from penchant.models.embedding_dot import EmbeddingDot
    from penchant.training.gradient.torch_road import module_road

    return module_road(EmbeddingDot(start.user_vectors, start.item_vectors), ratings, settings)


def dot_bias_road(
    start: DotStart, ratings: Ratings, settings: DotBiasSettings, bounds: Bounds, columns: SideColumns
) -> Road:
    """A road for vectors and biases, and columns where there are any."""
    if takes_kernels(settings, columns):
        from penchant.training.gradient.kernel_road import BIASED, KernelRoad

        return KernelRoad(start, ratings, settings, BIASED, bounds)
    from penchant.models.embedding_dot_bias import EmbeddingDotBias
    from penchant.models.side_embedding import Columns, SideEmbedding
    from penchant.training.gradient.torch_road import module_road

    padded = {side: Columns.of(encoded) for side, encoded in columns.encoded.items()}
    users = SideEmbedding(start.user_vectors, start.user_bias, padded.get("users"))
    items = SideEmbedding(start.item_vectors, start.item_bias, padded.get("items"))
    return module_road(EmbeddingDotBias(users, items, start.mean, bounds), ratings, settings)


def takes_kernels(settings: GradientSettings, columns: SideColumns) -> bool:
    """Whether the kernels carry out these settings. Raises SettingsError where they were asked for and cannot."""
    cannot = "columns" if columns.encoded else "gradient clipping" if settings.clip else ""
    if settings.road == "kernels" and cannot:
        raise SettingsError(
            f"the kernels have no {cannot}", where="road", remedy="Use road='torch' or 'auto', or leave them out"
        )
    return settings.road != "torch" and not cannot
