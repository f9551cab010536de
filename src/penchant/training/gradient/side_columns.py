"""User and item columns on their way into a model that is trained by gradient, and out again into its priors."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from penchant.data.features import FeatureEncoder, FeatureTable
from penchant.data.ratings import Ratings
from penchant.models.sides import Floats, Side
from penchant.models.trained import TrainedModel, counts_of, settled
from penchant.training.gradient.road import State


@dataclass(frozen=True)
class SideColumns:
    """encoders, encoded: by side ("users", "items"), for the sides that have columns; encoded is sparse (N, F)."""

    encoders: Mapping[str, FeatureEncoder] = field(default_factory=dict)
    encoded: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, ratings: Ratings) -> SideColumns:
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
        return cls(encoders, encoded)

    def maps(self, side: str, draws: Sequence[State]) -> Floats | None:
        """The learnt linear map from columns to [bias, vector], (S, F, 1 + K), or None without columns."""
        if side not in self.encoders:
            return None
        name = f"{side}.columns.features.weight"
        return np.stack([draw[name] for draw in draws]).astype(np.float32)

    def joined(self, side: str, own: tuple[Floats, Floats], feature_map: Floats | None) -> tuple[Floats, Floats]:
        """Bias (S, N) and vectors (S, N, K) of whole rows: the own part plus the columns' share."""
        if feature_map is None:
            return own
        shift = np.stack([np.asarray(self.encoded[side] @ weights) for weights in feature_map]).astype(np.float32)
        return own[0] + shift[:, :, 0], own[1] + shift[:, :, 1:]

    def attached(self, model: TrainedModel) -> TrainedModel:
        """The model with its encoders, and rows without ratings put where their columns say."""
        if not self.encoders:
            return model
        return dataclasses.replace(
            model, users=self._attached("users", model.users), items=self._attached("items", model.items)
        )

    def _attached(self, name: str, side: Side) -> Side:
        if name not in self.encoders:
            return side
        return settled(dataclasses.replace(side, encoder=self.encoders[name]), self.encoded[name])
