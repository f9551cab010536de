"""Reading the model, as the lesson does: the bias table, the ends of the principal axes, the map of items.

Each is one call with a model. It returns data with a `.plot()` method for a plotly figure. Similar items are
`model.similar_items`; the crosstab is `penchant.lesson.crosstab`; predictions against truth are
`PredictionDensity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.evaluation.report.plot_data import ItemBias, Spot, item_biases, spots
from penchant.foundations.errors import CallerError
from penchant.foundations.optional import require
from penchant.lesson.display import Summarized, Table
from penchant.models.sides import Side
from penchant.recommending.recommender import Recommender, main_model


@dataclass(frozen=True, repr=False)
class BiasTable(Summarized):
    """rows: items with enough ratings by bias, highest first. The bias is how far an item is rated above the mean,
    corrected for the users who rated it."""

    rows: Sequence[ItemBias]

    @property
    def best(self) -> Sequence[ItemBias]:
        """The ten with the highest bias."""
        return self.rows[:10]

    @property
    def worst(self) -> Sequence[ItemBias]:
        """The ten with the lowest bias, the lowest first."""
        return self.rows[:-11:-1]

    def plot(self) -> Any:
        """A plotly figure of both ends."""
        graphs = require("plotly.graph_objects", extra="plot")
        shown = list({row.title: row for row in [*self.best, *reversed(self.worst)]}.values())
        figure = graphs.Figure(graphs.Bar(x=[r.bias for r in shown], y=[r.title for r in shown], orientation="h"))
        figure.update_yaxes(autorange="reversed")
        return figure.update_layout(title="Bias: how far above the mean", xaxis_title="rating units")

    def summary(self) -> str:
        return f"{len(self.rows):,} items from {self.rows[0].title} to {self.rows[-1].title}"

    def table(self) -> Table:
        return ("title", "bias", "ratings"), [(r.title, r.bias, r.ratings) for r in (*self.best, *self.worst)]


@dataclass(frozen=True, repr=False)
class PrincipalAxis(Summarized):
    """share: of the variance of the items' vectors. low, high: the titles at its two ends, the outermost first.

    titles, places: every item considered, and its coordinate on the axis.
    """

    share: float
    low: Sequence[str]
    high: Sequence[str]
    titles: Sequence[str]
    places: NDArray[np.float64]

    def summary(self) -> str:
        return f"{self.share:.0%} of the variance, from {self.low[0]} to {self.high[0]}"

    def table(self) -> Table:
        return ("low end", "high end"), list(zip(self.low, self.high, strict=True))


@dataclass(frozen=True, repr=False)
class PrincipalAxes(Summarized):
    """The first principal axes of the items' vectors, the one with the largest variance first."""

    axes: Sequence[PrincipalAxis]

    def plot(self) -> Any:
        """A plotly figure: a line of dots for each axis, the ends named."""
        graphs = require("plotly.graph_objects", extra="plot")
        figure = graphs.Figure()
        for n, axis in enumerate(self.axes, 1):
            ends = {*axis.low[:3], *axis.high[:3]}
            words = [title if title in ends else "" for title in axis.titles]
            line = graphs.Scatter(
                x=axis.places, y=np.full(len(words), n), text=words, hovertext=axis.titles, mode="markers+text",
                textposition="top center", name=f"axis {n}: {axis.share:.0%} of the variance",
            )  # fmt: skip
            figure.add_trace(line)
        return figure.update_layout(title="Principal axes of the items", yaxis_title="axis", xaxis_title="place")

    def summary(self) -> str:
        return f"{len(self.axes)} axes with {sum(axis.share for axis in self.axes):.0%} of the variance"

    def table(self) -> Table:
        rows = [(axis.share, "; ".join(axis.low[:3]), "; ".join(axis.high[:3])) for axis in self.axes]
        return ("share of the variance", "low end", "high end"), rows


@dataclass(frozen=True, repr=False)
class ItemMapFigure(Summarized):
    """spots: the items with the most ratings on the first two principal axes."""

    spots: Sequence[Spot]

    def plot(self) -> Any:
        """A plotly figure with titles on hover; a dot's size follows its number of ratings."""
        graphs = require("plotly.graph_objects", extra="plot")
        sizes = 4 + 12 * np.sqrt([spot.ratings / max(s.ratings for s in self.spots) for spot in self.spots])
        dots = graphs.Scatter(
            x=[s.x for s in self.spots], y=[s.y for s in self.spots], text=[s.title for s in self.spots],
            mode="markers", marker={"size": sizes},
        )  # fmt: skip
        return graphs.Figure(dots).update_layout(title="A map of items", xaxis_title="axis 1", yaxis_title="axis 2")

    def summary(self) -> str:
        return f"{len(self.spots)} items on two principal axes"

    def table(self) -> Table:
        return ("title", "axis 1", "axis 2"), [(spot.title, spot.x, spot.y) for spot in self.spots[:10]]


def bias_table(model: Recommender) -> BiasTable:
    """Best and worst items, corrected for who rated them. Raises CallerError for a model without biases."""
    trained = main_model(model)
    rows = item_biases(trained.items)
    if not rows:
        raise CallerError(f"a {trained.kind!r} model has no biases", remedy="Train dot_bias, als or bayes")
    return BiasTable(rows)


def principal_axes(model: Recommender, axes: int = 3, *, items: int = 1000, ends: int = 10) -> PrincipalAxes:
    """The lesson's PCA of the vectors of the items with the most ratings, with the titles at both ends of each axis."""
    side = main_model(model).items
    known = np.argsort(-side.counts, kind="stable")[:items]
    vectors = _directions(side, known)
    if vectors.shape[1] < axes or len(vectors) <= axes:
        raise CallerError(f"{vectors.shape[1]} factors of {len(vectors)} items have no {axes} axes", where="axes")
    centred = vectors - vectors.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    titles = [side.title(int(number)) for number in known]
    shares = sizes**2 / max(float((sizes**2).sum()), 1e-12)
    return PrincipalAxes([_axis(left[:, n] * sizes[n], float(shares[n]), titles, ends) for n in range(axes)])


def _axis(places: NDArray[np.float64], share: float, titles: Sequence[str], ends: int) -> PrincipalAxis:
    """One axis. Its sign is arbitrary, so the half with more ratings is put on the positive side."""
    if places[: len(places) // 2].sum() < 0:
        places = -places
    order = np.argsort(places, kind="stable")
    low, high = [titles[i] for i in order[:ends]], [titles[i] for i in order[: -ends - 1 : -1]]
    return PrincipalAxis(share, low, high, titles, places)


def _directions(side: Side, numbers: NDArray[Any]) -> NDArray[np.float64]:
    """The vectors of all posterior samples side by side, (N, S·K)."""
    vectors = side.rows(numbers).vectors.astype(np.float64)
    return vectors.transpose(1, 0, 2).reshape(len(numbers), -1)


def item_map(model: Recommender) -> ItemMapFigure:
    """The items with the most ratings on two principal axes."""
    return ItemMapFigure(spots(main_model(model).items))
