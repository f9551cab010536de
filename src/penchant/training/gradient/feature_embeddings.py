"""User and item columns on their way into a model that is trained by gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from penchant.data.feature_encoding import FeatureEncoder
from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.models.rows import Floats
from penchant.models.trained import counts_of
from penchant.training.gradient.backend import State


@dataclass(frozen=True)
class FeatureEmbeddings:
    """encoded: by side ("users", "items"), for the sides that have columns; sparse (N, F)."""

    encoded: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, ratings: Ratings) -> FeatureEmbeddings:
        """The columns of some ratings; what an encoder learns comes from rows with training ratings."""
        tables: dict[str, tuple[FeatureTable | None, Any]] = {
            "users": (ratings.user_features, ratings.by_user()),
            "items": (ratings.item_features, ratings.by_item()),
        }
        encoders = {
            side: FeatureEncoder.fit(table, counts_of(grouped))
            for side, (table, grouped) in tables.items()
            if table is not None and table.columns
        }
        encoded = {side: encoder.encode(tables[side][0]) for side, encoder in encoders.items()}  # type: ignore[arg-type]
        return cls(encoded)

    def joined(self, side: str, own: tuple[Floats, Floats], samples: Sequence[State]) -> tuple[Floats, Floats]:
        """Bias (S, N) and vectors (S, N, K) of whole rows: the own part plus the columns' share.

        The effect of features on rows without ratings is not read off these embeddings, since training splits a row
        between them and its own part. It is fitted to the whole rows afterwards (`training.feature_maps`), which
        predicts held-out training items better.
        """
        if side not in self.encoded:
            return own
        name = f"{side}.columns.features.weight"
        shift = np.stack([np.asarray(self.encoded[side] @ draw[name]) for draw in samples]).astype(np.float32)
        return own[0] + shift[:, :, 0], own[1] + shift[:, :, 1:]
