"""Everything that the lesson's notebook needs: `from penchant.lesson.notebook import *`.

Brings np, pd, plt, torch, nn, optim, F, math and Path, the parts of the standard library that fastai 0.7 brought, the
lesson's names, and sns where seaborn is installed. `nn.Module` is PyTorch's with a `.cuda()` that does nothing where
there is no GPU.
"""

from __future__ import annotations

import collections
import importlib
import importlib.util
import itertools
import json
import math
import os
import random
import re
import sys
import time
import types
from collections import Counter, OrderedDict
from collections.abc import Sequence
from functools import partial
from glob import glob
from importlib import resources
from itertools import chain
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

from penchant.foundations.errors import DataError
from penchant.foundations.optional import require

require("torch", extra="torch", what="the lesson's notebook")
import numpy as np
import torch
from torch import Tensor, optim
from torch.nn import functional as F  # noqa: N812 - the lesson's name

from penchant.data.splitting import get_cv_idxs
from penchant.lesson.collab import CollabFilterDataset, CollabLearner
from penchant.lesson.collab_model import NotebookModule
from penchant.lesson.columnar import ColumnarModelData, fit, predict, set_lrs
from penchant.lesson.modules import DotProduct, EmbeddingDot, EmbeddingDotBias, EmbeddingNet, get_emb

pd = require("pandas", extra="frames")
plt = require("matplotlib.pyplot", extra="plot")
Dataset, DataLoader = torch.utils.data.Dataset, torch.utils.data.DataLoader
nn = types.ModuleType(torch.nn.__name__, torch.nn.__doc__)
nn.__dict__.update({**vars(torch.nn), "Module": NotebookModule})

__all__ = [
    "CollabFilterDataset",
    "CollabLearner",
    "ColumnarModelData",
    "Counter",
    "DataLoader",
    "Dataset",
    "DotProduct",
    "EmbeddingDot",
    "EmbeddingDotBias",
    "EmbeddingNet",
    "F",
    "OrderedDict",
    "Path",
    "T",
    "V",
    "attrgetter",
    "chain",
    "children",
    "collections",
    "fit",
    "get_cv_idxs",
    "get_emb",
    "glob",
    "itemgetter",
    "itertools",
    "json",
    "math",
    "movielens_path",
    "nn",
    "np",
    "optim",
    "os",
    "partial",
    "pd",
    "plt",
    "predict",
    "random",
    "re",
    "set_lrs",
    "split_by_idx",
    "sys",
    "time",
    "to_gpu",
    "to_np",
    "torch",
]
if importlib.util.find_spec("seaborn") is not None:
    sns = importlib.import_module("seaborn")
    __all__ += ["sns"]


def T(values: Any) -> Tensor:  # noqa: N802 - the lesson's name
    """A tensor, of int64 for whole numbers and float32 for others, on the GPU where there is one."""
    try:
        tensor = values if isinstance(values, Tensor) else torch.from_numpy(np.array(values))
    except (TypeError, ValueError) as error:
        raise DataError(
            "the values are not numbers in rows of equal length",
            where="T",
            remedy="Map texts to numbers first, as cf.item2idx does",
        ) from error
    if tensor.is_floating_point():
        tensor = tensor.float()
    elif tensor.dtype != torch.bool:
        tensor = tensor.long()
    return tensor.cuda() if torch.cuda.is_available() else tensor


def V(values: Any) -> Tensor:  # noqa: N802 - the lesson's name
    """The same as T: PyTorch no longer distinguishes variables from tensors."""
    return T(values)


def to_np(values: Any) -> Any:
    """The NumPy array of a tensor, or a list of arrays of a list of tensors."""
    if isinstance(values, Tensor):
        return values.detach().cpu().numpy()
    if isinstance(values, Sequence):
        return [to_np(one) for one in values]
    return np.asarray(values)


def to_gpu(value: Any) -> Any:
    """A module or tensor on the GPU where there is one, else as it is."""
    return value.cuda() if torch.cuda.is_available() else value


def children(module: Any) -> list[Any]:
    """The parts of a module, one level deep."""
    return list(module.children())


def split_by_idx(idxs: Any, *columns: Any) -> list[tuple[Any, Any]]:
    """For each column its rows idxs, in the order of the table, and its other rows."""
    held = np.zeros(len(columns[0]), dtype=bool)
    held[np.asarray(idxs)] = True
    return [(column[held], column[~held]) for column in columns]


def movielens_path() -> str:
    """The folder of the MovieLens data that come with Penchant, with a slash at the end, for path + 'ratings.csv'."""
    return str(resources.files("penchant") / "data" / "shipped" / "ml-latest-small") + "/"
