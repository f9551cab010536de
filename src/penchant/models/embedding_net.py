"""EmbeddingNet: a small network on the two vectors, concatenated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from penchant.models.embedding_dot import table
from penchant.models.embedding_dot_bias import within
from penchant.models.initialization import Floats, layer_start, output_start
from penchant.models.side_embedding import ColumnEmbedding, Columns


@dataclass(frozen=True)
class Layers:
    """hidden: (K_u + K_i, H) and (H,). output: (H, 1) and (1,)."""

    hidden: tuple[Floats, Floats]
    output: tuple[Floats, Floats]


class NetSide(nn.Module):
    """A row's own vector, concatenated with the vector of its features: (B,) -> (B, K + C)."""

    def __init__(self, vectors: Floats, columns: Columns | None = None, start: Floats | None = None) -> None:
        super().__init__()
        self.vectors = table(vectors)
        self.columns = ColumnEmbedding(columns, start) if columns is not None and start is not None else None

    def forward(self, rows: Tensor) -> Tensor:
        own: Tensor = self.vectors(rows)
        return own if self.columns is None else torch.cat([own, self.columns(rows)], dim=1)


class EmbeddingNet(nn.Module):
    """[p_u, q_i] -> dropout -> hidden layer -> ReLU -> dropout -> output -> sigmoid over `bounds` (the lesson's net).

    The two sides may differ in width; the first weight matrix has as many rows as the sum of the two widths.
    """

    def __init__(
        self, users: NetSide, items: NetSide, layers: Layers, bounds: tuple[float, float], dropout: tuple[float, float]
    ) -> None:
        super().__init__()
        self.users, self.items, self.bounds = users, items, bounds
        self.hidden, self.output = _linear(*layers.hidden), _linear(*layers.output)
        self.drop_inputs, self.drop_hidden = nn.Dropout(dropout[0]), nn.Dropout(dropout[1])

    def forward(self, users: Tensor, items: Tensor) -> Tensor:
        """Ratings (B,) of user numbers (B,) and item numbers (B,)."""
        inputs = torch.cat([self.users(users), self.items(items)], dim=1)  # (B, K_u + K_i)
        hidden = torch.relu(self.hidden(self.drop_inputs(inputs)))  # (B, H)
        return within(self.output(self.drop_hidden(hidden))[:, 0], self.bounds)


def _linear(weights: Floats, bias: Floats) -> nn.Linear:
    """A layer with initial weights (in, out) and bias (out,)."""
    inputs, outputs = weights.shape
    layer = nn.Linear(inputs, outputs, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weights.T))
        layer.bias.copy_(torch.from_numpy(bias))
    return layer


def baseline_layers(
    rng: np.random.Generator, widths: tuple[int, int], hidden: int, mean_score: float, spread: float, variance: float
) -> Layers:
    """Layers whose initial output is mean_score + (the first entries of both vectors) + noise of deviation `spread`.

    The first entry of each vector is a bias. Two hidden units compute the sum of the two as relu(x) - relu(-x), and the
    other units are random. variance: of the vectors' entries. So training starts from the predictions of the baseline.
    """
    inputs = sum(widths)
    first, second = layer_start(rng, inputs, hidden), np.zeros((hidden, 1), np.float32)
    second[2:] = output_start(rng, hidden - 2, variance, spread)
    first[:, :2] = 0.0
    first[[0, widths[0]], 0], first[[0, widths[0]], 1] = 1.0, -1.0
    first[[0, widths[0]], 2:] = 0.0
    second[:2, 0] = 1.0, -1.0
    return Layers((first, np.zeros(hidden, np.float32)), (second, np.full(1, mean_score, np.float32)))
