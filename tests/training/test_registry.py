"""A training that ends with parameters that are not finite says that it diverged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from laws.small_world import small_world
from penchant.foundations.errors import TrainingDivergedError
from penchant.models.trained import TrainedModel
from penchant.training import baseline, registry


@pytest.mark.parametrize("part", ["users", "items", "noise"])
def test_parameters_that_are_not_finite_are_a_diverged_training(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    train = baseline.train

    def diverging(*args: Any, **named: Any) -> TrainedModel:
        trained = train(*args, **named)
        if part == "noise":
            return replace(trained, noise=trained.noise * np.float32("inf"))
        side = getattr(trained, part)
        return replace(trained, **{part: replace(side, bias=side.bias * np.float32("nan"))})

    monkeypatch.setattr(baseline, "train", diverging)
    with pytest.raises(TrainingDivergedError, match=f"training of 'baseline' diverged: {part}.*not finite"):
        registry.train(small_world(), "baseline")
