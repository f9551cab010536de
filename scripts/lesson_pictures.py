"""The pictures of the lesson's pages: `python scripts/lesson_pictures.py [name ...]` computes and draws them.

Each picture is two functions: one computes numbers, one draws them. The numbers are kept in `pictures.json` beside the
pictures, and each SVG names the digest of its numbers and of the code that drew it. `tests/lesson/test_pictures.py`
finds a picture that was not drawn again after either has changed, and computes the numbers again.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from penchant.data.splitting import get_cv_idxs

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "guide" / "lesson" / "images"
NUMBERS = IMAGES / "pictures.json"
BLUE, RED, GREY, GREEN = "#2B5C8A", "#C8452D", "#8A949E", "#3F8A5A"
Numbers = dict[str, Any]


def crosstab_numbers() -> Numbers:
    from penchant.lesson.crosstab import crosstab

    table = crosstab(pt.movielens())
    return {"ratings": [[None if v != v else float(v) for v in row] for row in table.values], "titles": table.titles}


def crosstab_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    values = np.array(numbers["ratings"], dtype=float)
    axes.imshow(values, cmap="Blues", vmin=0)
    for (row, column), value in np.ndenumerate(values):
        axes.text(column, row, "" if value != value else f"{value:g}", ha="center", va="center", fontsize=7)
    axes.set_xticks(range(15), [_short(title) for title in numbers["titles"]], rotation=60, ha="right", fontsize=7)
    axes.set(yticks=[], ylabel="15 users", title="15 users, 15 films: white cells have no rating")


def solver_numbers() -> Numbers:
    import dataclasses

    from penchant.lesson.crosstab import crosstab
    from penchant.lesson.solver import solve

    table = crosstab(pt.movielens())
    rated = np.argwhere(table.rated)
    hidden = tuple(rated[np.random.default_rng(0).permutation(len(rated))[:30]].T)
    seen = table.values.copy()
    seen[hidden] = np.nan
    found = {"factors": [1, 2, 3, 4, 5], "fitted": [], "hidden": []}
    for factors in found["factors"]:
        solution = solve(dataclasses.replace(table, values=seen), factors=factors)
        errors = (solution.factors.predictions() - table.values)[hidden]
        found["fitted"].append(float(solution.rmse))
        found["hidden"].append(float(np.sqrt((errors**2).mean())))
    return found


def solver_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.plot(numbers["factors"], numbers["fitted"], "o-", color=BLUE, label="176 fitted cells")
    axes.plot(numbers["factors"], numbers["hidden"], "o-", color=RED, label="30 hidden cells")
    axes.set(
        xlabel="factors", ylabel="RMSE", xticks=numbers["factors"], title="More factors fit better and predict worse"
    )
    axes.legend(frameon=False)


def lookup_numbers() -> Numbers:
    return {"one_hot": [0, 1, 0, 0], "table": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8]], "row": [0.3, 0.4]}


def lookup_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.set(xlim=(0, 10), ylim=(0, 4.6), title="One-hot row × table = the row that is looked up")
    axes.axis("off")
    _cells(axes, [numbers["one_hot"]], 0.2, 2.0, marked=[(0, 1)])
    _cells(axes, numbers["table"], 5.0, 3.5, marked=[(1, 0), (1, 1)])
    _cells(axes, [numbers["row"]], 8.0, 2.0, marked=[(0, 0), (0, 1)])
    axes.text(4.6, 2.25, "×", ha="center", va="center", fontsize=16)
    axes.text(7.5, 2.25, "=", ha="center", va="center", fontsize=16)


def descent_numbers() -> Numbers:
    from penchant.lesson.gradient_descent import all_experiments, points

    line, experiments = points(), all_experiments()
    shown = {name: experiments[name].run(line).after for name in ("SGD", "Adagrad", "Adam annealed")}
    return {"best": list(map(float, line.best())), "paths": {name: path.tolist() for name, path in shown.items()}}


def descent_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    for colour, (name, path) in zip((RED, GREEN, BLUE), numbers["paths"].items(), strict=True):
        a, b = np.array([[1.0, 1.0], *path]).T
        axes.plot(a, b, color=colour, linewidth=0.9, label=name)
    axes.plot(*numbers["best"], "k*", markersize=12, label="best line")
    axes.set(xlabel="a", ylabel="b", title="Ten epochs from (1, 1): SGD moves a and hardly moves b", xlim=(0.8, 4))
    axes.legend(frameon=False)


def optimisers_numbers() -> Numbers:
    from penchant.lesson.gradient_descent import all_experiments, points

    line = points()
    return {name: experiment.run(line).rmse.tolist() for name, experiment in all_experiments().items()}


def optimisers_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    for name, errors in numbers.items():
        axes.plot(errors, label=name, linewidth=1.2)
    axes.set(xlabel="epoch", ylabel="RMSE over all points", yscale="log", title="Eleven optimisers, one problem")
    axes.legend(frameon=False, fontsize=7, ncol=2)


def derivatives_numbers() -> Numbers:
    from penchant.lesson.derivatives import DotBiasTable, error_by_epsilon

    ratings = np.array([[5, 3, np.nan], [np.nan, 1, 2], [4, 4, 4], [1, np.nan, 5]])
    table = DotBiasTable.of(ratings, factors=2, bounds=(0.5, 5.5))
    at, epsilons = np.random.default_rng(0).normal(size=table.size), np.logspace(-1, -6, 11)
    errors = error_by_epsilon(table, at, epsilons)
    return {"epsilons": epsilons.tolist(), "forward": errors["forward"].tolist(), "central": errors["central"].tolist()}


def derivatives_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    for colour, name in ((RED, "forward"), (BLUE, "central")):
        axes.plot(numbers["epsilons"], numbers[name], "o-", color=colour, label=f"{name} difference", markersize=3)
    axes.set(xscale="log", yscale="log", xlabel="epsilon", ylabel="error of the slope",
             title="The central error falls with the square of epsilon")  # fmt: skip
    axes.legend(frameon=False)


def decay_numbers() -> Numbers:
    from penchant.lesson.weight_decay import remaining_weight

    sizes = np.logspace(-3, 2, 11)
    l2, adamw = remaining_weight(sizes, decay=0.1, rate=0.01, steps=500, seed=0)
    return {"sizes": sizes.tolist(), "l2": l2.tolist(), "adamw": adamw.tolist()}


def decay_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.plot(numbers["sizes"], numbers["l2"], "o-", color=RED, label="L2 in Adam")
    axes.plot(numbers["sizes"], numbers["adamw"], "o-", color=BLUE, label="AdamW")
    axes.set(xscale="log", xlabel="size of the random slopes", ylabel="what is left of a weight of 1",
             title="500 steps of decay: only AdamW ignores the slopes")  # fmt: skip
    axes.legend(frameon=False)


def initial_numbers() -> Numbers:
    from penchant.lesson.initial_scores import initial_score_grid

    highs = np.round(np.linspace(0.02, 0.7, 35), 3)
    grid = initial_score_grid((50,), tuple(highs.tolist()))
    return {"highs": highs.tolist(), "mean": grid.mean[0].tolist(), "deviation": grid.deviation[0].tolist()}


def initial_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    highs, mean, deviation = (np.array(numbers[name]) for name in ("highs", "mean", "deviation"))
    axes.fill_between(highs, mean - deviation, mean + deviation, color=BLUE, alpha=0.2, linewidth=0)
    axes.plot(highs, mean, color=BLUE, label="mean ± standard deviation of the first score")
    axes.axhline(3.54, color=GREY, linestyle=":", label="mean rating")
    axes.axvline(0.05, color=RED, linestyle="--", label="the lesson's U(0, 0.05)")
    axes.set(xlabel="upper end of the uniform numbers, 50 factors", ylabel="first score", ylim=(0, 6.5))
    axes.set_title("The first score of a dot product")
    axes.legend(frameon=False)


def cycles_numbers() -> Numbers:
    learn = _learner(8, 512)
    learn.fit(1e-2, 2, wds=2e-4, cycle_len=1, cycle_mult=2)
    return {"rates": learn.rates[::4], "losses": _smooth(np.array(learn.losses))[::4].tolist()}


def cycles_drawing(figure: Any, numbers: Numbers) -> None:
    left, right = figure.subplots(1, 2)
    steps = 4 * np.arange(len(numbers["rates"]))
    left.plot(steps, numbers["rates"], color=BLUE)
    left.set(xlabel="step", title="learning rate")
    right.plot(steps, numbers["losses"], color=BLUE)
    right.set(xlabel="step", title="training loss, smoothed")


def bias_numbers() -> Numbers:
    from penchant.lesson import bias_table

    table = bias_table(_reading_model())
    return {"titles": [r.title for r in (*table.best[:6], *table.worst[5::-1])],
            "bias": [float(r.bias) for r in (*table.best[:6], *table.worst[5::-1])]}  # fmt: skip


def bias_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    colours = [BLUE if value > 0 else RED for value in numbers["bias"]]
    axes.barh([_short(title, 40) for title in numbers["titles"]], numbers["bias"], color=colours)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set(xlabel="bias in stars", title="Best and worst, corrected for who rated them")


def map_numbers() -> Numbers:
    from penchant.lesson import item_map

    spots = sorted(item_map(_reading_model()).spots, key=lambda spot: -spot.ratings)[:40]
    return {"titles": [s.title for s in spots], "x": [float(s.x) for s in spots], "y": [float(s.y) for s in spots]}


def map_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.scatter(numbers["x"], numbers["y"], s=12, color=BLUE)
    for title, x, y in zip(numbers["titles"], numbers["x"], numbers["y"], strict=True):
        axes.annotate(_short(title, 22), (x, y), xytext=(3, 2), textcoords="offset points", fontsize=6)
    axes.set(xlabel="axis 1", ylabel="axis 2", title="The 40 films with the most ratings on two axes")


def density_numbers() -> Numbers:
    learn = _learner(10, 1024)
    learn.fit(2e-2, 3, wds=2e-4)
    density = learn.density()
    return {"counts": density.counts.tolist(), "predicted": density.predicted_edges.tolist(),
            "true": density.true_edges.tolist()}  # fmt: skip


def density_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.pcolormesh(numbers["true"], numbers["predicted"], numbers["counts"], cmap="Blues")
    axes.plot([0.5, 5], [0.5, 5], color=RED, linestyle="--", linewidth=1)
    axes.set(xlabel="true rating", ylabel="prediction", title="20,000 validation ratings and their predictions")


def network_numbers() -> Numbers:
    return {"user": 4, "film": 3, "hidden": 5}


def network_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.axis("off")
    users, films, hidden = numbers["user"], numbers["film"], numbers["hidden"]
    inputs = [(0.0, 8.0 - n - (0.6 if n >= users else 0.0)) for n in range(users + films)]
    units = [(2.0, 6.6 - 1.1 * n) for n in range(hidden)]
    for start in inputs:
        for end in units:
            axes.plot(*zip(start, end, strict=True), color=GREY, linewidth=0.5, zorder=1)
    for start in units:
        axes.plot(*zip(start, (4.0, 4.4), strict=True), color=GREY, linewidth=0.8, zorder=1)
    for n, place in enumerate(inputs):
        axes.scatter(*place, s=200, color=BLUE if n < users else GREEN, zorder=2)
    axes.scatter(*zip(*units, strict=True), s=260, color=RED, zorder=2)
    axes.scatter(4.0, 4.4, s=260, color="black", zorder=2)
    axes.text(-0.4, 6.6, "user's\nvector", ha="right", va="center")
    axes.text(-0.4, 2.4, "film's\nvector", ha="right", va="center")
    axes.text(2.0, 8.0, "hidden layer:\nsum of all inputs, then ReLU", ha="center", fontsize=8)
    axes.text(4.15, 4.4, "sigmoid → rating", va="center")
    axes.set(xlim=(-1.6, 6.0), ylim=(0.8, 8.9))


def training_numbers() -> Numbers:
    found = {}
    for name, decay in (("without", 0.0), ("with", 2e-4)):
        history = _learner(20, 2048).fit(0.02, 12, wds=decay)
        found[name] = {side: [float(row[f"{side}_rmse"]) for row in history] for side in ("train", "validation")}
    return found


def training_drawing(figure: Any, numbers: Numbers) -> None:
    for axes, name in zip(figure.subplots(1, 2, sharey=True), ("without", "with"), strict=True):
        epochs = range(1, len(numbers[name]["train"]) + 1)
        axes.plot(epochs, numbers[name]["train"], color=BLUE, label="training")
        axes.plot(epochs, numbers[name]["validation"], color=RED, label="validation")
        axes.set(xlabel="epoch", title=f"{name} weight decay")
        axes.legend(frameon=False)
    figure.axes[0].set_ylabel("RMSE")


def factors_numbers() -> Numbers:
    split = pt.split.random(pt.movielens(), test=0.2, seed=42)
    inner = pt.split.random(split.train, test=0.1, seed=1)
    users = inner.test.users.take(inner.test.user_numbers)
    films = inner.test.items.take(inner.test.item_numbers)
    widths, found = [1, 2, 4, 8, 16, 32, 64], {}
    for name, settings in (("with", {}), ("without", {"regularization": 0.0, "learning_rate": 0.02})):
        found[name] = []
        for width in widths:
            model = pt.train(inner.train, "dot_bias", factors=width, epochs=6, patience=0, seed=0, **settings)
            errors = model.predict(users, films).mean - inner.test.values
            found[name].append(float(np.sqrt(np.mean(errors**2))))
    return {"widths": widths, **found}


def factors_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.plot(numbers["widths"], numbers["without"], "o-", color=RED, label="without regularisation")
    axes.plot(numbers["widths"], numbers["with"], "o-", color=BLUE, label="with regularisation")
    axes.set(xscale="log", xlabel="factors", ylabel="RMSE on held-out rows", title="dot_bias, six epochs")
    axes.set_xticks(numbers["widths"], [str(width) for width in numbers["widths"]])
    axes.minorticks_off()
    axes.legend(frameon=False)


def cells_numbers() -> Numbers:
    from penchant.lesson.crosstab import crosstab
    from penchant.lesson.solver import solve

    table = crosstab(pt.movielens())
    predicted = solve(table, factors=2, bias=True).factors.predictions()
    return {"rated": table.rated.tolist(), "shown": np.where(table.rated, table.values, predicted).tolist()}


def cells_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    shown, rated = np.array(numbers["shown"]), np.array(numbers["rated"])
    axes.imshow(np.where(rated, shown, np.nan), cmap="Blues", vmin=0, vmax=6)
    for (row, column), value in np.ndenumerate(shown):
        colour = "black" if rated[row, column] else RED
        axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=6, color=colour)
    axes.set(xticks=[], yticks=[], xlabel="films", ylabel="users", title="Red: predictions for cells without a rating")


def _learner(factors: int, batch: int) -> Any:
    from penchant.lesson import CollabFilterDataset

    ratings = pt.movielens()
    return CollabFilterDataset(ratings).get_learner(factors, get_cv_idxs(len(ratings)), batch)


def _reading_model() -> Any:
    return pt.train(pt.movielens(), "dot_bias", factors=20, seed=0)


def _smooth(values: np.ndarray, width: int = 21) -> np.ndarray:
    padded = np.pad(values, width // 2, mode="edge")
    return np.convolve(padded, np.full(width, 1 / width), mode="valid")


def _cells(axes: Any, rows: Any, left: float, top: float, marked: Any) -> None:
    for (row, column), value in np.ndenumerate(np.array(rows)):
        fill = BLUE if (row, column) in marked else "white"
        x, y = left + column, top - row
        axes.add_patch(_rectangle((x, y), fill))
        axes.text(x + 0.5, y + 0.25, f"{value:g}", ha="center", va="center", color="white" if fill == BLUE else "black")


def _rectangle(place: tuple[float, float], fill: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(place, 0.95, 0.5, facecolor=fill, edgecolor=GREY)


def _short(title: str, length: int = 18) -> str:
    return title if len(title) <= length else title[: length - 1].rstrip() + "…"


PICTURES: dict[str, tuple[Callable[[], Numbers], Callable[[Any, Numbers], None]]] = {
    "crosstab": (crosstab_numbers, crosstab_drawing),
    "solver": (solver_numbers, solver_drawing),
    "lookup": (lookup_numbers, lookup_drawing),
    "descent": (descent_numbers, descent_drawing),
    "optimisers": (optimisers_numbers, optimisers_drawing),
    "derivatives": (derivatives_numbers, derivatives_drawing),
    "decay": (decay_numbers, decay_drawing),
    "initial": (initial_numbers, initial_drawing),
    "cycles": (cycles_numbers, cycles_drawing),
    "bias": (bias_numbers, bias_drawing),
    "map": (map_numbers, map_drawing),
    "density": (density_numbers, density_drawing),
    "network": (network_numbers, network_drawing),
    "training": (training_numbers, training_drawing),
    "factors": (factors_numbers, factors_drawing),
    "cells": (cells_numbers, cells_drawing),
}


def rounded(value: Any) -> Any:
    """Numbers to four digits, so that the file is small and does not depend on the machine's last bits."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def digest(name: str, numbers: Numbers) -> str:
    """What an SVG names: its numbers and the code that draws it."""
    text = json.dumps(numbers, sort_keys=True) + inspect.getsource(PICTURES[name][1])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def draw(name: str, numbers: Numbers) -> None:
    """Write one SVG."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style = {"svg.hashsalt": name, "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False,
             "axes.spines.right": False, "font.family": "sans-serif"}  # fmt: skip
    with mpl.rc_context(style):
        figure = Figure(figsize=(6.4, 4.2), layout="constrained", facecolor="white")
        PICTURES[name][1](figure, numbers)
        about = {"Date": None, "Creator": None, "Description": digest(name, numbers)}
        figure.savefig(IMAGES / f"{name}.svg", metadata=about)


def main() -> None:
    """Compute and draw the named pictures, or all."""
    kept = json.loads(NUMBERS.read_text(encoding="utf-8")) if NUMBERS.exists() else {}
    for name in sys.argv[1:] or PICTURES:
        kept[name] = rounded(PICTURES[name][0]())
        draw(name, kept[name])
        lines = ",\n".join(f'"{key}": {json.dumps(kept[key])}' for key in PICTURES if key in kept)
        NUMBERS.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
