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
    "BookDotBias": "penchant.lesson.book_models",
    "BookEmbedding": "penchant.lesson.book_models",
    "BookLearner": "penchant.lesson.book_learner",
    "BookModule": "penchant.lesson.book_models",
    "BookNet": "penchant.lesson.book_models",
    "CollabDataLoaders": "penchant.lesson.book_data",
    "collab_learner": "penchant.lesson.book_learner",
    "emb_sz_rule": "penchant.lesson.book_models",
    "get_emb_sz": "penchant.lesson.book_learner",
    "sigmoid_range": "penchant.lesson.book_models",
}

__all__ = [
    "BookDotBias",
    "BookEmbedding",
    "BookLearner",
    "BookModule",
    "BookNet",
    "CollabDataLoaders",
    "CollabFilterDataset",
    "CollabLearner",
    "ColumnarModelData",
    "DotProduct",
    "EmbeddingDot",
    "EmbeddingDotBias",
    "EmbeddingNet",
    "bias_table",
    "collab_learner",
    "descend",
    "emb_sz_rule",
    "fit",
    "get_cv_idxs",
    "get_emb",
    "get_emb_sz",
    "item_map",
    "predict",
    "principal_axes",
    "set_lrs",
    "sigmoid_range",
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
