"""How the pictures of the lesson's pages are drawn: one function for each, on a matplotlib figure."""

from __future__ import annotations

from typing import Any

import numpy as np

BLUE, RED, GREY, GREEN = "#2B5C8A", "#C8452D", "#8A949E", "#3F8A5A"
Numbers = dict[str, Any]


def crosstab_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    values = np.array(numbers["ratings"], dtype=float)
    axes.imshow(values, cmap="Blues", vmin=0, vmax=9)
    for (row, column), value in np.ndenumerate(values):
        axes.text(column, row, "" if value != value else f"{value:g}", ha="center", va="center", fontsize=7)
    axes.set_xticks(range(15), [_short(title) for title in numbers["titles"]], rotation=60, ha="right", fontsize=7)
    axes.set(yticks=[], ylabel="15 users", title="15 users, 15 films: white cells have no rating")


def solver_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.plot(numbers["factors"], numbers["fitted"], "o-", color=BLUE, label="176 fitted cells")
    axes.plot(numbers["factors"], numbers["hidden"], "o-", color=RED, label="30 hidden cells")
    axes.set(
        xlabel="factors", ylabel="RMSE", xticks=numbers["factors"], title="More factors fit better and predict worse"
    )
    axes.legend(frameon=False)


def lookup_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.set(xlim=(0, 10), ylim=(0, 4.6), title="One-hot row × table = the row that is looked up")
    axes.axis("off")
    _cells(axes, [numbers["one_hot"]], 0.2, 2.0, marked=[(0, 1)])
    _cells(axes, numbers["table"], 5.0, 3.5, marked=[(1, 0), (1, 1)])
    _cells(axes, [numbers["row"]], 8.0, 2.0, marked=[(0, 0), (0, 1)])
    axes.text(4.6, 2.25, "×", ha="center", va="center", fontsize=16)
    axes.text(7.5, 2.25, "=", ha="center", va="center", fontsize=16)


def broadcasting_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.set(xlim=(0, 10), ylim=(0, 4.6), title="Shapes (3,) + (3, 1) give (3, 3): only the diagonal was meant")
    axes.axis("off")
    _cells(axes, [numbers["scores"]], 0.2, 2.0, marked=[])
    _cells(axes, numbers["biases"], 4.4, 3.0, marked=[])
    _cells(axes, numbers["sum"], 6.6, 3.0, marked=[(at, at) for at in range(len(numbers["sum"]))])
    axes.text(3.8, 2.25, "+", ha="center", va="center", fontsize=16)
    axes.text(6.0, 2.25, "=", ha="center", va="center", fontsize=16)


def descent_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    for colour, (name, path) in zip((RED, GREEN, BLUE), numbers["paths"].items(), strict=True):
        a, b = np.array([[1.0, 1.0], *path]).T
        axes.plot(a, b, color=colour, linewidth=0.9, label=name)
    axes.plot(*numbers["best"], "k*", markersize=12, label="best line")
    axes.set(xlabel="a", ylabel="b", title="Ten epochs from (1, 1): SGD moves a and hardly moves b", xlim=(0.8, 4))
    axes.legend(frameon=False)


def optimisers_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    for name, errors in numbers.items():
        axes.plot(errors, label=name, linewidth=1.2)
    axes.set(xlabel="epoch", ylabel="RMSE over all points", yscale="log", title="Eleven optimisers, one problem")
    axes.legend(frameon=False, fontsize=7, ncol=2)


def derivatives_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    for colour, name in ((RED, "forward"), (BLUE, "central")):
        axes.plot(numbers["epsilons"], numbers[name], "o-", color=colour, label=f"{name} difference", markersize=3)
    axes.set(xscale="log", yscale="log", xlabel="epsilon", ylabel="error of the slope",
             title="The central error falls with the square of epsilon")  # fmt: skip
    axes.legend(frameon=False)


def decay_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.plot(numbers["sizes"], numbers["l2"], "o-", color=RED, label="L2 in Adam")
    axes.plot(numbers["sizes"], numbers["adamw"], "o-", color=BLUE, label="AdamW")
    axes.set(xscale="log", xlabel="size of the random slopes", ylabel="what is left of a weight of 1",
             title="500 steps of decay: only AdamW ignores the slopes")  # fmt: skip
    axes.legend(frameon=False)


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


def cycles_drawing(figure: Any, numbers: Numbers) -> None:
    left, right = figure.subplots(1, 2)
    steps = 4 * np.arange(len(numbers["rates"]))
    left.plot(steps, numbers["rates"], color=BLUE)
    left.set(xlabel="step", title="learning rate")
    right.plot(steps, numbers["losses"], color=BLUE)
    right.set(xlabel="step", title="training loss, smoothed")


def bias_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    colours = [BLUE if value > 0 else RED for value in numbers["bias"]]
    axes.barh([_short(title, 40) for title in numbers["titles"]], numbers["bias"], color=colours)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set(xlabel="bias in stars", title="Best and worst, corrected for who rated them")


def map_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.scatter(numbers["x"], numbers["y"], s=12, color=BLUE)
    for title, x, y in zip(numbers["titles"], numbers["x"], numbers["y"], strict=True):
        axes.annotate(_short(title, 22), (x, y), xytext=(3, 2), textcoords="offset points", fontsize=6)
    axes.set(xlabel="axis 1", ylabel="axis 2", title="The 25 films with the most ratings on two axes")


def density_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.pcolormesh(numbers["true"], numbers["predicted"], numbers["counts"], cmap="Blues")
    axes.plot([0.5, 5], [0.5, 5], color=RED, linestyle="--", linewidth=1)
    axes.set(xlabel="true rating", ylabel="prediction", title="20,000 validation ratings and their predictions")


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
    axes.text(4.4, 4.4, "sigmoid → rating", va="center")
    axes.set(xlim=(-1.6, 6.0), ylim=(0.8, 8.9))


def training_drawing(figure: Any, numbers: Numbers) -> None:
    for axes, name in zip(figure.subplots(1, 2, sharey=True), ("without", "with"), strict=True):
        epochs = range(1, len(numbers[name]["train"]) + 1)
        axes.plot(epochs, numbers[name]["train"], color=BLUE, label="training")
        axes.plot(epochs, numbers[name]["validation"], color=RED, label="validation")
        axes.set(xlabel="epoch", title=f"{name} weight decay")
        axes.legend(frameon=False)
    figure.axes[0].set_ylabel("RMSE")


def factors_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    axes.plot(numbers["widths"], numbers["without"], "o-", color=RED, label="without regularisation")
    axes.plot(numbers["widths"], numbers["with"], "o-", color=BLUE, label="with regularisation")
    axes.set(xscale="log", xlabel="factors", ylabel="RMSE on held-out rows", title="dot_bias, six epochs")
    axes.set_xticks(numbers["widths"], [str(width) for width in numbers["widths"]])
    axes.minorticks_off()
    axes.legend(frameon=False)


def cells_drawing(figure: Any, numbers: Numbers) -> None:
    axes = figure.subplots()
    shown, rated = np.array(numbers["shown"]), np.array(numbers["rated"])
    axes.imshow(np.where(rated, shown, np.nan), cmap="Blues", vmin=0, vmax=9)
    for (row, column), value in np.ndenumerate(shown):
        colour = "black" if rated[row, column] else RED
        axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=6, color=colour)
    axes.set(xticks=[], yticks=[], xlabel="films", ylabel="users", title="Red: predictions for cells without a rating")


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
