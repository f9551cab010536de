"""Everything a model does, on guarded arrays: `exercise.py MODE WIDTHS MODEL...` in a process of its own.

Each step is named before it runs, so that a crash says where it was. Every number that comes out must be finite.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import guarding

FAST: dict[str, dict[str, Any]] = {
    "bayes": {"samples": 3, "burn_in": 2, "thin": 1},
    "baseline": {},
    "dot": {"epochs": 2},
    "dot_bias": {"epochs": 2},
    "als": {"epochs": 2},
    "implicit_als": {"epochs": 2, "positive_from": 3.5},
    "ease": {"positive_from": 3.5},
    "sparse_ease": {"positive_from": 3.5},
    "elsa": {"positive_from": 3.5, "epochs": 2},
    "net": {"epochs": 1, "hidden": 5},
}
"""Settings of every model that make training short."""

VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "bayes": ({"samples": 1, "temporal_bias": True}, {"link": "ordered_probit"}, {"use_features": False, "chains": 2}),
    "dot_bias": ({"backend": "torch"}, {"sparse_updates": True}, {"optimizer": "sgd"}, {"link": "sigmoid"}),
    "implicit_als": ({"solver": "exact"}, {"solver": "cg"}, {"solver": "blocks", "block": 16}, {"form": "hu"}),
}
"""Other ways through the code of a model, each tried with the largest width only."""


def settings_of(model: str, widths: list[int]) -> Iterator[tuple[dict[str, Any], bool]]:
    """The settings to try, all widths that the model allows and its variants; and whether to ask everything of it.

    In between the least and the greatest width the kernels are the same, with ends of rows that are new to them.
    """
    from penchant.foundations.errors import SettingsError
    from penchant.training.registry import MODELS

    declared = MODELS[model].settings_class()
    for width in widths if hasattr(declared(), "factors") else [0]:
        chosen = FAST[model] | ({"factors": width} if hasattr(declared(), "factors") else {})
        try:
            declared.from_json(chosen)
        except SettingsError:
            assert width == 0
        else:
            yield chosen, width in (widths[0], widths[-1])
    for variant in VARIANTS.get(model, ()):
        yield FAST[model] | {"factors": max(widths)} | variant, True


def worlds() -> Iterator[tuple[str, Any]]:
    """Ratings with features; some with users and items that have no rating or one; a single rating."""
    import numpy as np

    from laws.small_world import small_world

    world = small_world()
    world = replace(world, timestamps=np.arange(len(world), dtype=np.int64) * 86_400)
    yield "laws", world
    few = np.flatnonzero((world.user_numbers > 3) & (world.user_numbers < 50) & (world.item_numbers > 2))
    one = np.flatnonzero(world.user_numbers == 2)[:1]
    yield "gaps", replace(world.take(np.append(one, few)), item_features=None)
    best = np.flatnonzero(world.values >= 4)[:1]
    yield "single", replace(world.take(best), item_features=None)


def finite(*arrays: Any) -> None:
    import numpy as np

    for array in arrays:
        assert np.isfinite(np.asarray(array, dtype=np.float64)).all(), array


def exercise(model: str, ratings: Any, settings: dict[str, Any], whole: bool) -> None:
    """Train, then ask what the laws ask; where `whole` is false, of the trained model only."""
    from penchant.recommending.recommender import load
    from penchant.recommending.train_parts import train

    trained = train(ratings, model, seed=1, **settings)
    rates = trained.rating_model is not None
    users, items = [100, 102, 159, 404], ["item-0", "item-39", "item-404"]
    said = {"item-3": 5.0, "item-39": 1.0, "item-404": 2.0}
    others = []
    if whole:
        with tempfile.TemporaryDirectory() as folder:
            others.append(load(trained.save(Path(folder) / "model")))
        others += [trained.with_user(999, said), trained.with_item("new", ratings={100: 5.0, 1: 2})]
    for one in (trained, *others):
        for item in items if rates else ():
            answer = one.predict(users, item)
            finite(answer.mean, answer.std)
        for user in users:
            finite(one.recommend(user, 7).scores, one.recommend(user, 100, exclude=["item-1"]).scores)
    lists = trained.recommend_many(None, 5)
    finite(lists["score"].to_numpy())
    for ratings_of in ({}, {"item-3": 5.0}, said):
        state = trained.fold_in(ratings_of)
        finite(state.predict(items).mean if rates else 0, state.recommend(50).scores, state.explain("item-0").total)
    finite(trained.explain(100, "item-1").total, trained.explain("new", 7).total)
    for features in (None, {"genres": ["warm"]} if ratings.item_features is not None else None):
        for state in (trained.fold_in_item(features=features, ratings=rated) for rated in ({100: 5.0}, {})):
            finite(state.predict([100, 404]).mean if rates else 0, state.audience(50).scores)
    finite(trained.similar_items("item-0", 5).scores)
    if model not in ("ease", "sparse_ease", "elsa"):  # an item-item model does not say how unsure it is
        trained.fold_in({"item-3": 4.0}).onboarding(3)


def main() -> None:
    mode, widths, *models = sys.argv[1:]
    guarded = guarding.install(mode)
    warnings.simplefilter("error")
    for model in models:
        for name, world in worlds():
            for settings, whole in settings_of(model, [int(width) for width in widths.split(",")]):
                one_level = name == "single" and settings.get("link") == "ordered_probit"
                if one_level or (name == "laws" and not whole):
                    continue  # an ordered probit is for two levels or more; the other worlds have the odd rows
                print(model, name, settings, flush=True)
                exercise(model, world, settings, whole)
    print(f"{guarded.allocated()} arrays guarded")


if __name__ == "__main__":
    main()
