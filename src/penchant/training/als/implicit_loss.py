"""The numbers of the implicit loss that follow from the size of a table where they are not given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from penchant.models.rows import Floats

PER_ROW, PER_ROOT, NARROW, WIDE = 12.0, 2.0, 8, 256
"""K is at most this many times the interactions per row, and this many times the root of the shorter side; its ends."""

PER_DENSITY, HEAVIEST, LIGHTEST = 16.0, 0.5, 0.02
"""α is this many times the share of pairs that are positive; its ends."""

START, ENDS = 0.01, (1e-4, 1.0)
"""The λ that is tried first where it is not given; none beyond the ends is."""


class LossSettings(Protocol):
    """What the loss takes from the settings."""

    @property
    def factors(self) -> int | None: ...
    @property
    def unobserved_weight(self) -> float | None: ...
    @property
    def regularization(self) -> float | None: ...
    @property
    def regularization_power(self) -> float: ...


@dataclass(frozen=True)
class ImplicitLoss:
    """K, α, λ and ν of the loss in `implicit`."""

    factors: int
    unobserved_weight: float
    regularization: float
    power: float

    @classmethod
    def of(cls, settings: LossSettings, users: int, items: int, positive: int) -> ImplicitLoss:
        """The settings, and what they leave open from the numbers of users and items with positive interactions.

        positive: how many interactions there are. Where vectors are short of interactions, more of them fit noise; with
        few items, as many numbers as items say nothing more. The weight of all unobserved pairs together stays in
        proportion to that of the positive ones.
        """
        density = positive / max(users * items, 1)
        alpha = settings.unobserved_weight or float(np.clip(PER_DENSITY * density, LIGHTEST, HEAVIEST))
        return cls(
            settings.factors or width_for(users, items, positive),
            alpha,
            settings.regularization or START,
            settings.regularization_power,
        )

    def penalty(self, counts: NDArray[Any], others: int) -> Floats:
        """λ (n + α M)^ν of rows with n positive interactions among M, shape (N,)."""
        weight = np.maximum(counts, 1) + self.unobserved_weight * others
        return (self.regularization * weight**self.power).astype(np.float32)

    def facts(self) -> dict[str, Any]:
        """What a report says of it."""
        return {
            "factors": self.factors,
            "unobserved_weight": self.unobserved_weight,
            "regularization": self.regularization,
        }


def width_for(users: int, items: int, positive: int) -> int:
    """How many factors a table supports: a multiple of eight."""
    most = min(PER_ROW * positive / max(users + items, 1), PER_ROOT * min(users, items) ** 0.5)
    return int(np.clip(8 * (most // 8), NARROW, WIDE))
