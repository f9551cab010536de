"""The exceptions that Penchant raises. Each says what happened, where, and what to do about it.

Every class has a code, which ends its messages: docs/diagnostics has a section for each, with causes and remedies.
"""

from __future__ import annotations

from typing import ClassVar


class PenchantError(Exception):
    """The base class of all errors of Penchant.

    code: of the class. message: what, where and remedy in one line, without the code.
    what: the fact, without a full stop.
    where: the file, row, column, setting or id that it concerns.
    remedy: what the caller can do about it.
    """

    code: ClassVar[str] = "P100"

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        self.message = (f"{where}: " if where else "") + what + (f". {remedy}" if remedy else "")
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class CallerError(PenchantError, ValueError):
    """The caller's input cannot be used; nothing that was stored before has changed."""

    code = "P110"


class DataError(CallerError):
    """A ratings or feature table cannot be read as asked."""

    code = "P120"


class SettingsError(CallerError):
    """A setting is unknown or has an invalid value."""

    code = "P130"


class ModelFolderError(CallerError):
    """A saved model is missing, cut short, altered, or of a newer format."""

    code = "P140"


class MissingExtraError(CallerError, ImportError):
    """A function needs optional packages that are not installed."""

    code = "P150"


class EngineError(CallerError):
    """An external engine, such as a Spark cluster, cannot be reached or failed on the work it was given."""

    code = "P160"


class TrainingDivergedError(PenchantError):
    """The training loss is no longer a number; the best parameters so far are kept if there are any."""

    code = "P210"


class ModelShapeError(PenchantError):
    """The arrays of a model do not fit each other."""

    code = "P220"
