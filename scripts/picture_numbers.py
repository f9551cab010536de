"""What the pictures of the lesson's pages show: one function for each, which returns JSON values."""

from __future__ import annotations

from typing import Any

import numpy as np

import penchant as pt
from penchant.data.splitting import get_cv_idxs

Numbers = dict[str, Any]


def crosstab_numbers() -> Numbers:
    from penchant.lesson.crosstab import crosstab

    table = crosstab(pt.movielens())
    return {"ratings": [[None if v != v else float(v) for v in row] for row in table.values], "titles": table.titles}


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


def lookup_numbers() -> Numbers:
    return {"one_hot": [0, 1, 0, 0], "table": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8]], "row": [0.3, 0.4]}


def broadcasting_numbers() -> Numbers:
    scores, biases = np.array([3.0, 4.0, 5.0]), np.array([[0.1], [0.2], [0.3]])
    return {"scores": scores.tolist(), "biases": biases.tolist(), "sum": (scores + biases).tolist()}


def descent_numbers() -> Numbers:
    from penchant.lesson.gradient_descent import all_experiments, points

    line, experiments = points(), all_experiments()
    shown = {name: experiments[name].run(line).after for name in ("SGD", "Adagrad", "Adam annealed")}
    return {"best": list(map(float, line.best())), "paths": {name: path.tolist() for name, path in shown.items()}}


def optimisers_numbers() -> Numbers:
    from penchant.lesson.gradient_descent import all_experiments, points

    line = points()
    return {name: experiment.run(line).rmse.tolist() for name, experiment in all_experiments().items()}


def derivatives_numbers() -> Numbers:
    from penchant.lesson.derivatives import DotBiasTable, error_by_epsilon

    ratings = np.array([[5, 3, np.nan], [np.nan, 1, 2], [4, 4, 4], [1, np.nan, 5]])
    table = DotBiasTable.of(ratings, factors=2, bounds=(0.5, 5.5))
    at, epsilons = np.random.default_rng(0).normal(size=table.size), np.logspace(-1, -6, 11)
    errors = error_by_epsilon(table, at, epsilons)
    return {"epsilons": epsilons.tolist(), "forward": errors["forward"].tolist(), "central": errors["central"].tolist()}


def decay_numbers() -> Numbers:
    from penchant.lesson.weight_decay import remaining_weight

    sizes = np.logspace(-3, 2, 11)
    l2, adamw = remaining_weight(sizes, decay=0.1, rate=0.01, steps=500, seed=0)
    return {"sizes": sizes.tolist(), "l2": l2.tolist(), "adamw": adamw.tolist()}


def initial_numbers() -> Numbers:
    from penchant.lesson.initial_scores import initial_score_grid

    highs = np.round(np.linspace(0.02, 0.7, 35), 3)
    grid = initial_score_grid((50,), tuple(highs.tolist()))
    return {"highs": highs.tolist(), "mean": grid.mean[0].tolist(), "deviation": grid.deviation[0].tolist()}


def cycles_numbers() -> Numbers:
    learn = _learner(8, 512)
    learn.fit(1e-2, 2, wds=2e-4, cycle_len=1, cycle_mult=2)
    return {"rates": learn.rates[::4], "losses": _smooth(np.array(learn.losses))[::4].tolist()}


def bias_numbers() -> Numbers:
    from penchant.lesson import bias_table

    table = bias_table(_reading_model())
    return {"titles": [r.title for r in (*table.best[:6], *table.worst[5::-1])],
            "bias": [float(r.bias) for r in (*table.best[:6], *table.worst[5::-1])]}  # fmt: skip


def map_numbers() -> Numbers:
    from penchant.lesson import item_map

    spots = sorted(item_map(_reading_model()).spots, key=lambda spot: -spot.ratings)[:25]
    return {"titles": [s.title for s in spots], "x": [float(s.x) for s in spots], "y": [float(s.y) for s in spots]}


def density_numbers() -> Numbers:
    learn = _learner(10, 1024)
    learn.fit(2e-2, 3, wds=2e-4)
    density = learn.density()
    return {"counts": density.counts.tolist(), "predicted": density.predicted_edges.tolist(),
            "true": density.true_edges.tolist()}  # fmt: skip


def network_numbers() -> Numbers:
    return {"user": 4, "film": 3, "hidden": 5}


def training_numbers() -> Numbers:
    found = {}
    for name, decay in (("without", 0.0), ("with", 2e-4)):
        history = _learner(20, 2048).fit(0.02, 12, wds=decay)
        found[name] = {side: [float(row[f"{side}_rmse"]) for row in history] for side in ("train", "validation")}
    return found


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


def cells_numbers() -> Numbers:
    from penchant.lesson.crosstab import crosstab
    from penchant.lesson.solver import solve

    table = crosstab(pt.movielens())
    predicted = solve(table, factors=1, bias=True).factors.predictions()
    return {"rated": table.rated.tolist(), "shown": np.where(table.rated, table.values, predicted).tolist()}


def _learner(factors: int, batch: int) -> Any:
    from penchant.lesson import CollabFilterDataset

    ratings = pt.movielens()
    return CollabFilterDataset(ratings).get_learner(factors, get_cv_idxs(len(ratings)), batch)


def _reading_model() -> Any:
    return pt.train(pt.movielens(), "dot_bias", factors=20, seed=0)


def _smooth(values: np.ndarray, width: int = 21) -> np.ndarray:
    padded = np.pad(values, width // 2, mode="edge")
    return np.convolve(padded, np.full(width, 1 / width), mode="valid")
