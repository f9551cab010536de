"""The exceptions that Penchant raises. Each says what happened, where, and what to do about it."""

from __future__ import annotations


class PenchantError(Exception):
    """The base class of all errors of Penchant.

    what: the fact, without a full stop.
    where: the file, row, column, setting or id that it concerns.
    remedy: what the caller can do about it.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__((f"{where}: " if where else "") + what + (f". {remedy}" if remedy else ""))


class CallerError(PenchantError, ValueError):
    """The caller's input cannot be used; nothing that was stored before has changed."""


class DataError(CallerError):
    """A ratings or feature table cannot be read as asked."""


class SettingsError(CallerError):
    """A setting is unknown or has an invalid value."""


class ModelFolderError(CallerError):
    """A saved model is missing, cut short, altered, or of a newer format."""


class MissingExtraError(CallerError, ImportError):
    """A function needs optional packages that are not installed."""


class EngineError(CallerError):
    """An external engine, such as a Spark cluster, cannot be reached or failed on the work it was given."""


class TrainingDivergedError(PenchantError):
    """The training loss is no longer a number; the best parameters so far are kept if there are any."""


class ModelShapeError(PenchantError):
    """The arrays of a model do not fit each other."""
