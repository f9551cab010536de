"""The contract of `resume`: training goes on from a model of the same kind and width, or refuses to."""

from __future__ import annotations

from penchant.foundations.errors import SettingsError
from penchant.models.trained import TrainedModel


def check_resume(model: TrainedModel | None, kind: str, factors: int | None = None) -> None:
    """Raise SettingsError unless the model to continue, if there is one, is of this kind and has this many factors.

    factors: None for a kind whose vectors have no width of their own.
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
