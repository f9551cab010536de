"""Encoded user and item features for models that embed them."""

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
    """Encoded features of the sides that have some: encoded["users"], encoded["items"], sparse (N, F)."""

    encoded: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, ratings: Ratings) -> FeatureEmbeddings:
        """The encoded features of the ratings; encoders are fitted on rows with training ratings only."""
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

    def whole_rows(self, side: str, own: tuple[Floats, Floats], samples: Sequence[State]) -> tuple[Floats, Floats]:
        """Bias (S, N) and vectors (S, N, K) of whole rows: a row's own part plus the sum of its features' embeddings.

        These embeddings are not used for rows without ratings, because training divides a row between them and its own
        part. Instead, `training.feature_maps` fits the effect of features to the whole rows afterwards, which predicts
        held-out training items better.
        """
        if side not in self.encoded:
            return own
        name = f"{side}.columns.features.weight"
        shift = np.stack([np.asarray(self.encoded[side] @ sample[name]) for sample in samples]).astype(np.float32)
        return own[0] + shift[:, :, 0], own[1] + shift[:, :, 1:]
