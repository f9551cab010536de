"""The two models of the book's chapter 8, for x (B, 2): a dot product with biases, and a network of any depth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from penchant.foundations.errors import CallerError
from penchant.lesson.checked_numbers import limits, unit_counts, whole
from penchant.lesson.collab_model import NotebookModule

Range = tuple[float, float] | None


def emb_sz_rule(n_cat: int) -> int:
    """The book's rule for the width of an embedding of n_cat rows: 1.6 · n^0.56, at most 600."""
    return min(600, round(1.6 * n_cat**0.56))


def sigmoid_range(x: Tensor, low: float, high: float) -> Tensor:
    """The sigmoid, scaled to (low, high)."""
    return torch.sigmoid(x) * (high - low) + low


class BookModule(NotebookModule):
    """A module whose `__init__` need not call that of its parent, as in the book."""

    def __new__(cls, *arguments: Any, **named: Any) -> Self:
        made = super().__new__(cls)
        nn.Module.__init__(made)
        return made


class BookEmbedding(nn.Embedding):
    """An embedding of ni rows and nf columns from N(0, std²), cut at two standard deviations."""

    def __init__(self, ni: int, nf: int, std: float = 0.01) -> None:
        super().__init__(whole(ni, "rows of an embedding"), whole(nf, "n_factors"))
        nn.init.trunc_normal_(self.weight, std=std, a=-2 * std, b=2 * std)


class BookDotBias(NotebookModule):
    """Dot product and biases. u_weight, i_weight: embeddings of n_factors columns; u_bias, i_bias: of one.

    y_range: the limits of a sigmoid; None for no sigmoid. classes: by column the ids, for `bias` and `weight`.
    """

    classes: Mapping[str, Sequence[Any]] = {}

    def __init__(self, n_factors: int, n_users: int, n_items: int, y_range: Range = None) -> None:
        super().__init__()
        self.u_weight, self.i_weight = BookEmbedding(n_users, n_factors), BookEmbedding(n_items, n_factors)
        self.u_bias, self.i_bias = BookEmbedding(n_users, 1), BookEmbedding(n_items, 1)
        self.y_range = limits(y_range)

    @classmethod
    def from_classes(cls, n_factors: int, classes: Mapping[str, Sequence[Any]], y_range: Range = None) -> Self:
        """With as many rows as there are classes; the first column is the users', the second the items'."""
        users, items = classes.values()
        made = cls(n_factors, len(users), len(items), y_range)
        made.classes = classes
        return made

    def forward(self, x: Tensor) -> Tensor:
        """Predictions (B,) of x (B, 2)."""
        users, items = x[:, 0], x[:, 1]
        score = (self.u_weight(users) * self.i_weight(items)).sum(dim=1)
        score = score + self.u_bias(users)[:, 0] + self.i_bias(items)[:, 0]
        return score if self.y_range is None else sigmoid_range(score, *self.y_range)

    def bias(self, ids: Sequence[Any], is_item: bool = True) -> NDArray[np.float32]:
        """The biases (n,) of some items, or of some users."""
        table = self.i_bias if is_item else self.u_bias
        return self._rows(table, ids, is_item)[:, 0]

    def weight(self, ids: Sequence[Any], is_item: bool = True) -> NDArray[np.float32]:
        """The vectors (n, K) of some items, or of some users."""
        return self._rows(self.i_weight if is_item else self.u_weight, ids, is_item)

    def _rows(self, table: nn.Embedding, ids: Sequence[Any], is_item: bool) -> NDArray[np.float32]:
        if not self.classes:
            raise CallerError("the model does not know its ids", remedy="Build it with from_classes")
        names = list(self.classes.values())[int(is_item)]
        numbers = {one: number for number, one in enumerate(names)}
        if isinstance(ids, str) or not isinstance(ids, Iterable):
            raise CallerError(f"{ids!r} is not a list of ids", where="ids", remedy=f"Write [{ids!r}]")
        unknown = [one for one in ids if one not in numbers]
        if unknown:
            remedy = "The ids are dls.classes, by column"
            raise CallerError(f"{unknown[0]!r} is not an id of the table", where="ids", remedy=remedy)
        rows: NDArray[np.float32] = table.weight.detach().cpu().numpy()[[numbers[one] for one in ids]]
        return rows


class BookNet(NotebookModule):
    """Embeddings side by side, then hidden layers, then one output.

    emb_szs: rows and width of each embedding. layers: units of each hidden layer. A hidden layer is a linear layer, a
    ReLU, batch normalization unless use_bn is False, and dropout with its share in ps. embed_p: dropout of the inputs.
    """

    def __init__(
        self,
        emb_szs: Sequence[tuple[int, int]],
        layers: Sequence[int],
        y_range: Range = None,
        ps: float | Sequence[float] = 0.0,
        embed_p: float = 0.0,
        use_bn: bool = True,
    ) -> None:
        super().__init__()
        units = unit_counts(layers)
        shares = [ps] * len(units) if isinstance(ps, int | float) else list(ps)
        if len(shares) != len(units):
            raise CallerError(f"{len(shares)} shares of dropout do not fit {len(units)} layers", where="ps")
        self.embeds = nn.ModuleList([BookEmbedding(rows, width) for rows, width in emb_szs])
        self.emb_drop, self.y_range = nn.Dropout(embed_p), limits(y_range)
        sizes = [sum(width for _, width in emb_szs), *units]
        parts: list[nn.Module] = []
        for inputs, outputs, share in zip(sizes, sizes[1:], shares, strict=False):
            parts += [nn.Linear(inputs, outputs, bias=not use_bn), nn.ReLU()]
            parts += [BatchNorm(outputs)] if use_bn else []
            parts += [nn.Dropout(share)] if share else []
        self.layers = nn.Sequential(*parts, nn.Linear(sizes[-1], 1))

    def forward(self, x: Tensor) -> Tensor:
        """Predictions (B, 1) of x (B, 2)."""
        vectors = [table(x[:, column]) for column, table in enumerate(self.embeds)]
        score: Tensor = self.layers(self.emb_drop(torch.cat(vectors, dim=1)))
        return score if self.y_range is None else sigmoid_range(score, *self.y_range)


class BatchNorm(nn.BatchNorm1d):
    """Batch normalization that takes the running statistics for a batch of one row, which has no variance."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) == 1:
            return nn.functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias)
        return super().forward(x)
