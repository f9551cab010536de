"""The check of `resume`: training can continue a model of the same kind and width only."""

from __future__ import annotations

from penchant.foundations.errors import SettingsError
from penchant.models.trained import TrainedModel


def check_resume(model: TrainedModel | None, kind: str, factors: int | None = None) -> None:
    """Raise SettingsError if the model to continue has another kind or another number of factors.

    factors: None for a kind without a number of factors.
    """
    if model is None:
        return
    if model.kind != kind:
        raise SettingsError(
            f"a {model.kind!r} model cannot be continued as {kind!r}", where="resume", remedy=f"Train {model.kind!r}"
        )
    if factors is not None and model.users.factors != factors:
        raise SettingsError(
            f"the model to resume has {model.users.factors} factors and the settings ask for {factors}",
            where="factors",
            remedy="Use the same number",
        )
