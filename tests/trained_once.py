"""Models that several tests need: the first of them trains one, in whichever process, and the others read it."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any
from unittest.mock import patch

from penchant.data.ratings import Ratings
from penchant.training import registry

TrainedOnce = Callable[[], AbstractContextManager[None]]


@contextmanager
def trained_once(folder: Path) -> Iterator[None]:
    """A context in which a model is read from `folder` if the same call on the same rows has trained it already.

    The same seed gives the same model (tests/laws), so nothing but time depends on who trained it. What was resumed or
    is validated is trained each time.
    """
    train = registry.train

    @wraps(train)
    def shared(ratings: Ratings, model: str, *, seed: Any = 0, progress: Any = None, **settings: Any) -> Any:
        plain = settings | {name: None for name in ("validation", "resume") if settings.get(name) is None}
        if plain["validation"] is not None or plain["resume"] is not None:
            return train(ratings, model, seed=seed, progress=progress, **settings)
        path = folder / f"{_digest(ratings, model, seed, sorted(plain.items()))}.model"
        with _locked(path.with_suffix(".lock")):
            if not path.exists():
                path.write_bytes(pickle.dumps(train(ratings, model, seed=seed, progress=progress, **settings)))
            return pickle.loads(path.read_bytes())  # noqa: S301 - a file of these tests

    with patch.object(registry, "train", shared):
        yield


def _digest(ratings: Ratings, *rest: Any) -> str:
    """Of everything that a model is trained from. Of vocabularies it takes the ids, because they also keep an index."""
    parts = {field.name: getattr(ratings, field.name) for field in fields(ratings)}
    parts |= {"users": ratings.users.ids.tolist(), "items": ratings.items.ids.tolist(), "report": None}
    return hashlib.sha256(pickle.dumps((parts, rest))).hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # on Windows the tests run in one process
        yield
        return
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
