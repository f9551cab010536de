"""One side as a torch module: a row is its own embedding plus the sum of the embeddings of its features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from penchant.models.embedding_dot import table
from penchant.models.initialization import Floats


@dataclass(frozen=True)
class Columns:
    """Encoded features of N rows, padded to the longest.

    numbers: (N, L), each below the F = width features. weights: (N, L), 0 where padded.
    """

    numbers: NDArray[np.int64]
    weights: Floats
    width: int

    @classmethod
    def of(cls, encoded: Any) -> Columns:
        """From a sparse (N, F) array."""
        rows = encoded.tocsr()
        lengths = np.diff(rows.indptr)
        longest = max(int(lengths.max(initial=0)), 1)
        filled = np.arange(longest) < lengths[:, None]  # (N, L)
        numbers, weights = np.zeros(filled.shape, np.int64), np.zeros(filled.shape, np.float32)
        numbers[filled], weights[filled] = rows.indices, rows.data
        return cls(numbers, weights, int(rows.shape[1]))


_FEW = 512
"""With at most this many features, the encoded rows are dense and the sum is a matrix product."""


class ColumnEmbedding(nn.Module):
    """The weighted sum of the embeddings of a row's features: (B,) row numbers -> (B, K)."""

    def __init__(self, columns: Columns, start: Floats) -> None:
        super().__init__()
        self.numbers: Tensor
        self.weights: Tensor
        numbers, weights = columns.numbers, columns.weights
        if columns.width <= _FEW:
            dense = np.zeros((len(numbers), columns.width), np.float32)
            np.add.at(dense, (np.arange(len(numbers))[:, None], numbers), weights)
            numbers, weights = numbers[:, :0], dense
        self.register_buffer("numbers", torch.from_numpy(numbers), persistent=False)
        self.register_buffer("weights", torch.from_numpy(weights), persistent=False)
        self.features = table(start)

    def forward(self, rows: Tensor) -> Tensor:
        """The sum for each row; a row without features gives zeros."""
        weights = self.weights[rows]
        if not self.numbers.shape[1]:
            return weights @ self.features.weight  # (B, F) x (F, K)
        summed: Tensor = nn.functional.embedding_bag(
            self.numbers[rows], self.features.weight, mode="sum", per_sample_weights=weights
        )
        return summed


class SideEmbedding(nn.Module):
    """Vectors (N, K) and biases (N,) of one side; with columns, the features' embeddings are added to each row."""

    def __init__(self, vectors: Floats, bias: Floats, columns: Columns | None = None) -> None:
        super().__init__()
        self.vectors = table(vectors)
        self.bias = table(bias[:, None])
        start = (columns.width, vectors.shape[1] + 1) if columns else (0, 0)
        self.columns = ColumnEmbedding(columns, np.zeros(start, np.float32)) if columns else None

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors (B, K) and biases (B,) of row numbers (B,)."""
        vectors, bias = self.vectors(rows), self.bias(rows)[:, 0]
        if self.columns is None:
            return vectors, bias
        shift = self.columns(rows)  # (B, 1 + K)
        return vectors + shift[:, 1:], bias + shift[:, 0]
