"""The modules that Lesson 5 writes from scratch, with its names, arguments and initial values."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from penchant.foundations.errors import SettingsError
from penchant.lesson.checked_numbers import whole
from penchant.lesson.collab_model import NotebookModule


class DotProduct(NotebookModule):
    """Row by row products of two tables, (B, K) and (B, K) -> (B,)."""

    def forward(self, u: Tensor, m: Tensor) -> Tensor:
        product: Tensor = (u * m).sum(dim=1)
        return product


def get_emb(ni: int, nf: int, low: float = -0.01, high: float = 0.01) -> nn.Embedding:
    """An embedding of ni rows and nf columns, uniform between low and high."""
    embedding = nn.Embedding(whole(ni, "rows of an embedding"), whole(nf, "n_factors"))
    embedding.weight.data.uniform_(low, high)
    return embedding


class EmbeddingDot(NotebookModule):
    """The lesson's first model: two embeddings and their dot product; cats (B, 2) holds users and movies."""

    def __init__(self, n_users: int, n_movies: int, n_factors: int = 50) -> None:
        super().__init__()
        self.u = get_emb(n_users, n_factors, 0.0, 0.05)
        self.m = get_emb(n_movies, n_factors, 0.0, 0.05)

    def forward(self, cats: Tensor, conts: Tensor) -> Tensor:
        users, movies = cats[:, 0], cats[:, 1]
        product: Tensor = (self.u(users) * self.m(movies)).sum(dim=1)
        return product


class EmbeddingDotBias(NotebookModule):
    """The second: a bias for each user and each movie, and a sigmoid over the rating scale."""

    def __init__(
        self, n_users: int, n_movies: int, n_factors: int = 50, min_score: float = 0.5, max_score: float = 5.0
    ) -> None:
        super().__init__()
        self.u, self.m = get_emb(n_users, n_factors), get_emb(n_movies, n_factors)
        self.ub, self.mb = get_emb(n_users, 1), get_emb(n_movies, 1)
        self.low, self.high = min_score, max_score

    def forward(self, cats: Tensor, conts: Tensor) -> Tensor:
        users, movies = cats[:, 0], cats[:, 1]
        score = (self.u(users) * self.m(movies)).sum(dim=1) + self.ub(users)[:, 0] + self.mb(movies)[:, 0]
        return (torch.sigmoid(score) * (self.high - self.low) + self.low)[:, None]


class EmbeddingNet(NotebookModule):
    """The third: a small network on the two embeddings, its sigmoid's range half a star wider at either end.

    Users and movies may have different widths; the first weight matrix has as many inputs as both together. The
    embeddings start wider than the lesson's ±0.01: with so small inputs the hidden units learn very slowly at first.
    """

    def __init__(
        self,
        n_users: int,
        n_movies: int,
        nh: int = 10,
        p1: float = 0.05,
        p2: float = 0.5,
        n_factors: int | tuple[int, int] = 50,
        min_score: float = 0.5,
        max_score: float = 5.0,
    ) -> None:
        super().__init__()
        widths = n_factors if isinstance(n_factors, tuple) else (n_factors, n_factors)
        if len(widths) != 2:
            raise SettingsError(f"{n_factors!r} is not two widths", where="n_factors", remedy="Give (users', movies')")
        self.u, self.m = (get_emb(n, width, -0.2, 0.2) for n, width in zip((n_users, n_movies), widths, strict=True))
        self.lin1, self.lin2 = nn.Linear(sum(widths), nh), nn.Linear(nh, 1)
        self.drop1, self.drop2 = nn.Dropout(p1), nn.Dropout(p2)
        self.low, self.high = min_score - 0.5, max_score + 0.5

    def forward(self, cats: Tensor, conts: Tensor) -> Tensor:
        users, movies = cats[:, 0], cats[:, 1]
        x = self.drop1(torch.cat([self.u(users), self.m(movies)], dim=1))
        x = self.drop2(functional.relu(self.lin1(x)))
        return torch.sigmoid(self.lin2(x)) * (self.high - self.low) + self.low
