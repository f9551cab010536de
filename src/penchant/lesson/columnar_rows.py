"""Rows of categorical and continuous columns, and how a module is called on them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from penchant.foundations.arguments import type_of
from penchant.foundations.close_names import name_remedy
from penchant.foundations.errors import CallerError, DataError, ModelShapeError
from penchant.training.gradient.forward_adapter import caller
from penchant.training.gradient.torch_devices import device_of


@dataclass(frozen=True, eq=False)
class ColumnarRows:
    """cats: (n, C) int64, the numbers of the categorical columns. conts: (n, F) float32. y: (n,) float32.

    cont_names: the names of the F continuous columns; "genres=Drama" for a value of a column of lists.
    """

    cats: NDArray[np.int64]
    conts: NDArray[np.float32]
    y: NDArray[np.float32]
    cont_names: tuple[str, ...] = ()

    @classmethod
    def of(cls, df: Any, y: Any, cat_flds: Sequence[str]) -> ColumnarRows:
        """From a frame; the columns that cat_flds does not name are continuous, or hold lists of values."""
        check_frame(df, "df")
        names = [str(name) for name in df.columns]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise DataError(f"two columns are named {twice[0]!r}", where="df", remedy="Give each column its own name")
        _check_names(cat_flds, names)
        values = _ratings(y, len(df))
        cats = np.stack([_numbers(df[name], name) for name in cat_flds], axis=1)
        others: dict[str, NDArray[np.float32]] = {}
        for name in names:
            if name not in cat_flds:
                lists = _lists(df[name])
                others |= {name: _continuous(df[name], name)} if lists is None else _indicators(lists, name)
        conts = np.stack(list(others.values()), axis=1) if others else np.empty((len(df), 0), np.float32)
        return cls(cats, conts, values, tuple(others))

    def tensors(self) -> tuple[Tensor, Tensor]:
        """cats and conts."""
        return torch.from_numpy(self.cats), torch.from_numpy(self.conts)


def check_frame(table: Any, where: str) -> None:
    """Raise DataError for what has no columns."""
    if not hasattr(table, "columns"):
        raise DataError(f"{type_of(table)} is not a table", where=where, remedy="Give a pandas or polars frame")


def _check_names(cat_flds: Any, names: Sequence[str]) -> None:
    if not isinstance(cat_flds, Sequence) or isinstance(cat_flds, str) or len(cat_flds) < 2:
        wrong = f"{cat_flds!r} is not a list of two columns or more"
        raise DataError(wrong, where="cat_flds", remedy="Name at least two, such as ['userId', 'movieId']")
    missing = [name for name in cat_flds if name not in names]
    if missing:
        remedy = name_remedy(str(missing[0]), names, intro="The columns are")
        raise DataError(f"there is no column {missing[0]!r}", where="cat_flds", remedy=remedy)


def _ratings(y: Any, rows: int) -> NDArray[np.float32]:
    try:
        values = np.asarray(y, dtype=np.float32).reshape(-1)
    except (TypeError, ValueError) as error:
        raise DataError("the ratings are not numbers", where="y", remedy="Give one number a row") from error
    if len(values) != rows:
        raise DataError(f"{len(values)} ratings do not fit {rows} rows", where="y", remedy="Give one a row")
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        remedy = "Leave out such rows, in df and in y"
        raise DataError(f"the rating of row {bad[0]} is not a finite number", where="y", remedy=remedy)
    return values


class RowModule(nn.Module):
    """A module over row numbers: it fetches cats and conts of the rows and calls a module of its user with them.

    The columns are on the device of the module's parameters.
    """

    def __init__(self, module: nn.Module, rows: ColumnarRows) -> None:
        super().__init__()
        self.module, self._call = module, row_caller(module)
        self._cats, self._conts = (tensor.to(device_of(module)) for tensor in rows.tensors())

    def forward(self, rows: Tensor, zeros: Tensor) -> Tensor:
        return self._call(self._cats[rows], self._conts[rows])


def row_caller(module: Any) -> Callable[[Tensor, Tensor], Tensor]:
    """A function of cats (B, C) and conts (B, F) that calls the module in the way its forward is written.

    forward(cats, conts), forward(x) with the categorical columns, or forward(users, items) with the first two of them.
    Raises CallerError for what is not a module. The function raises ModelShapeError where the module finds no row or
    column for a number.
    """
    if not isinstance(module, nn.Module):
        found = f"the class {module.__name__}" if isinstance(module, type) else type_of(module)
        remedy = "Give an instance of a module, such as EmbeddingDot(n_users, n_movies)"
        raise CallerError(f"{found} is not a module", where="model", remedy=remedy)
    call = _row_call(module)

    def checked(cats: Tensor, conts: Tensor) -> Tensor:
        try:
            return call(cats, conts)
        except IndexError as error:
            highest = "" if cats.is_meta else f" with highest numbers {tuple(cats.max(dim=0).values.tolist())}"
            raise ModelShapeError(
                f"forward() failed on cats of shape {tuple(cats.shape)}{highest}: {error}",
                where=type(module).__name__,
                remedy="An embedding needs one row more than the highest number of its column",
            ) from error

    return checked


def _row_call(module: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    parameters = list(inspect.signature(module.forward).parameters.values())
    if len(parameters) == 1 and parameters[0].kind is not inspect.Parameter.VAR_POSITIONAL:
        return lambda cats, conts: module(cats)
    if parameters and parameters[0].name.startswith("cat"):
        return lambda cats, conts: module(cats, conts)
    call = caller(module)
    return lambda cats, conts: call(cats[:, 0], cats[:, 1])


def _numbers(column: Any, name: str) -> NDArray[np.int64]:
    values = np.asarray(column)
    if values.dtype.kind not in "iu" or (len(values) and values.min() < 0):
        raise DataError(
            "the values are not numbers from 0 on",
            where=f"column {name}",
            remedy="Map ids first: user2idx = {o: i for i, o in enumerate(ids.unique())}",
        )
    return values.astype(np.int64)


def _continuous(column: Any, name: str) -> NDArray[np.float32]:
    values = np.asarray(column)
    if values.dtype.kind not in "biuf" or not np.isfinite(values).all():
        raise DataError(
            "the values are not finite numbers",
            where=f"column {name}",
            remedy="Drop the column, name it in cat_flds and map its values to numbers, or split it into lists: "
            'df[name].str.split("|")',
        )
    return values.astype(np.float32)


def _lists(column: Any) -> list[Sequence[Any]] | None:
    """The values of a column of lists, or None for another column."""
    values: list[Any] = column.to_list()
    return values if values and all(isinstance(one, list | tuple) for one in values) else None


def _indicators(lists: list[Sequence[Any]], name: str) -> dict[str, NDArray[np.float32]]:
    """One column of zeros and ones for each value in the lists, in the order of the values as text."""
    labels = sorted({str(label) for row in lists for label in row})
    place = {label: number for number, label in enumerate(labels)}
    made = np.zeros((len(labels), len(lists)), np.float32)
    for row, values in enumerate(lists):
        made[[place[str(label)] for label in values], row] = 1.0
    return {f"{name}={label}": made[number] for label, number in place.items()}
