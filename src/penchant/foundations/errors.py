"""Every exception Penchant raises, each built from what happened, where, and what to do about it."""

from __future__ import annotations


class PenchantError(Exception):
    """Something went wrong inside Penchant.

    what: the fact, without a full stop.
    where: the file, row, column, setting or id it was met at.
    remedy: what the reader can do.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__((f"{where}: " if where else "") + what + (f". {remedy}" if remedy else ""))


class CallerError(PenchantError, ValueError):
    """The caller's input cannot be used as it is; nothing already stored has changed."""


class DataError(CallerError):
    """A ratings or feature table cannot be read as asked."""


class SettingsError(CallerError):
    """A setting has a value that no training run could use."""


class ModelFolderError(CallerError):
    """A saved model is missing, cut short, altered, or of a newer format."""


class MissingExtraError(CallerError, ImportError):
    """A feature was asked for whose optional packages are not installed."""


class EngineError(CallerError):
    """Machines that the work was handed to cannot be reached, or gave up; what they were given has to change."""


class TrainingDivergedError(PenchantError):
    """Training met a loss that is not a number; the best parameters so far are kept where there are any."""


class ModelShapeError(PenchantError):
    """The arrays handed to a model do not fit each other."""
