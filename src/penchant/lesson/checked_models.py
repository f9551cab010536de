"""The module that a name means: a built-in torch model with random parameters, or a class in a Python file."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from penchant.foundations.errors import CallerError
from penchant.foundations.optional import require
from penchant.foundations.rng import generator
from penchant.lesson.check_gradients import CheckSettings

if TYPE_CHECKING:
    from torch import nn

    from penchant.models.initialization import Floats

WIDTHS = (3, 2)
"""Factors of a user and of an item where a model allows different widths; elsewhere the first for both."""


def module_of(name: str, settings: CheckSettings | None = None) -> nn.Module:
    """The module of a name such as "dot_bias" or "my_models.py:MyModel"."""
    require("torch", extra="torch", what="a torch model")
    settings = settings or CheckSettings()
    if ":" in name:
        path, _, class_name = name.rpartition(":")
        return user_module(Path(path), class_name, settings)
    if name not in BUILT_IN_MODELS:
        known = ", ".join(BUILT_IN_MODELS)
        raise CallerError(f"there is no torch model {name!r}", remedy=f"Choose {known}, or give path.py:ClassName")
    return BUILT_IN_MODELS[name](settings)


def user_module(path: Path, class_name: str, settings: CheckSettings) -> nn.Module:
    """An instance of a class in a Python file (which is run), with the sizes of the synthetic ratings."""
    from torch import nn

    spec = importlib.util.spec_from_file_location(path.stem, path) if path.is_file() else None
    if spec is None or spec.loader is None:
        raise CallerError("there is no such Python file", where=str(path))
    namespace = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(namespace)
    except Exception as error:  # a user's file may raise anything
        raise CallerError(f"running the file failed: {type(error).__name__}: {error}", where=str(path)) from error
    found = getattr(namespace, class_name, None)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        classes = [
            key for key, value in vars(namespace).items() if isinstance(value, type) and issubclass(value, nn.Module)
        ]
        raise CallerError(
            f"{class_name!r} is not a torch module in this file",
            where=str(path),
            remedy=f"It has: {', '.join(classes) or 'none'}",
        )
    return _built(found, settings)


def _built(kind: type[nn.Module], settings: CheckSettings) -> nn.Module:
    """An instance, built with the numbers of users and items if the class requires two arguments."""
    empty = inspect.Parameter.empty
    parameters = [p for p in inspect.signature(kind).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    required = [p.name for p in parameters if p.default is empty]
    sizes = (settings.users, settings.items)[: len(parameters)]
    if len(required) not in (0, 2):
        raise CallerError(
            f"{kind.__name__}({', '.join(required)}) cannot be built from the numbers of users and items alone",
            remedy="Give every other argument a default",
        )
    built: nn.Module = kind(*sizes) if required else kind()
    return built


def _vectors(settings: CheckSettings, rows: int, width: int, seed: int) -> Floats:
    rng = generator(settings.seed + seed)
    return rng.normal(0, 0.7, (rows, width)).astype(np.float32)


def _sides(settings: CheckSettings, widths: tuple[int, int]) -> tuple[Floats, Floats]:
    return _vectors(settings, settings.users, widths[0], 1), _vectors(settings, settings.items, widths[1], 2)


def _dot(settings: CheckSettings) -> nn.Module:
    from penchant.models.embedding_dot import EmbeddingDot

    return EmbeddingDot(*_sides(settings, (WIDTHS[0], WIDTHS[0])))


def _dot_bias(settings: CheckSettings) -> nn.Module:
    """With a sigmoid range and item features: every part that the model can have."""
    from penchant.models.embedding_dot_bias import EmbeddingDotBias
    from penchant.models.side_embedding import Columns, SideEmbedding

    users, items = _sides(settings, (WIDTHS[0], WIDTHS[0]))
    columns = Columns(np.arange(settings.items)[:, None] % 2, np.ones((settings.items, 1), np.float32), 2)
    sides = SideEmbedding(users, users[:, 0]), SideEmbedding(items, items[:, 0], columns)
    return EmbeddingDotBias(*sides, mean=0.1, bounds=(0.5, 5.5))


def _net(settings: CheckSettings) -> nn.Module:
    from penchant.models.embedding_net import EmbeddingNet, Layers, NetSide

    users, items = _sides(settings, WIDTHS)
    hidden, output = _vectors(settings, sum(WIDTHS), 4, 3), _vectors(settings, 4, 1, 4)
    layers = Layers((hidden, np.full(4, 0.1, np.float32)), (output, np.zeros(1, np.float32)))
    return EmbeddingNet(NetSide(users), NetSide(items), layers, (0.0, 5.5), (0.05, 0.5))


BUILT_IN_MODELS: Mapping[str, Callable[[CheckSettings], Any]] = {"dot": _dot, "dot_bias": _dot_bias, "net": _net}
