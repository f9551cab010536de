"""Lesson 5: its names, its spreadsheets and its gradient-descent lab. A name loads its module when it is first used."""

from __future__ import annotations

import importlib
from typing import Any

from penchant.foundations.optional import require

_WHERE = {
    "principal_axes": "penchant.lesson.reading_the_model",
    "item_map": "penchant.lesson.reading_the_model",
    "bias_table": "penchant.lesson.reading_the_model",
    "CollabFilterDataset": "penchant.lesson.collab",
    "CollabLearner": "penchant.lesson.collab",
    "ColumnarModelData": "penchant.lesson.columnar",
    "DotProduct": "penchant.lesson.modules",
    "EmbeddingDot": "penchant.lesson.modules",
    "EmbeddingDotBias": "penchant.lesson.modules",
    "EmbeddingNet": "penchant.lesson.modules",
    "fit": "penchant.lesson.columnar",
    "get_cv_idxs": "penchant.data.splitting",
    "predict": "penchant.lesson.columnar",
    "get_emb": "penchant.lesson.modules",
    "set_lrs": "penchant.lesson.columnar",
    "descend": "penchant.lesson.gradient_descent",
    "solve": "penchant.lesson.solver",
    "write_gradient_descent": "penchant.lesson.gradient_descent_workbook",
    "write_spreadsheet": "penchant.lesson.spreadsheet",
}

__all__ = [
    "CollabFilterDataset",
    "CollabLearner",
    "ColumnarModelData",
    "DotProduct",
    "EmbeddingDot",
    "EmbeddingDotBias",
    "EmbeddingNet",
    "bias_table",
    "descend",
    "fit",
    "get_cv_idxs",
    "get_emb",
    "item_map",
    "predict",
    "principal_axes",
    "set_lrs",
    "solve",
    "write_gradient_descent",
    "write_spreadsheet",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'penchant.lesson' has no attribute {name!r}")
    try:
        module = importlib.import_module(_WHERE[name])
    except ModuleNotFoundError as missing:
        if missing.name == "torch":
            require("torch", extra="torch", what=f"penchant.lesson.{name}")
        raise
    return getattr(module, name)
