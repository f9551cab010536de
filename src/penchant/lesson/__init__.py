"""Lesson 5: its spreadsheets and its gradient-descent lab. Names load their module when first used."""

from __future__ import annotations

import importlib
from typing import Any

_WHERE = {
    "descend": "penchant.lesson.gradient_descent",
    "solve": "penchant.lesson.solver",
    "write_gradient_descent": "penchant.lesson.gradient_descent_workbook",
    "write_spreadsheet": "penchant.lesson.spreadsheet",
}

__all__ = ["descend", "solve", "write_gradient_descent", "write_spreadsheet"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'penchant.lesson' has no attribute {name!r}")
    return getattr(importlib.import_module(_WHERE[name]), name)
