"""The facts of the operator's page, from metrics, versions, readiness and the database."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penchant.service.online_report import online_report
from penchant.service.operator.overview_schemas import Drift, JobLine, Overview, RouteLine, VersionLine
from penchant.service.service import Service


def overview_of(service: Service) -> Overview:
    """All facts now. What counts since the start is of this process alone."""
    lines = _routes(service)
    refusals: dict[str, int] = defaultdict(int)
    for (_, _, status), (count, _) in service.metrics.requests().items():
        if status >= 400:
            refusals[str(status)] += count
    return Overview(
        version=service.live.version,
        uptime_seconds=service.metrics.uptime,
        ready=service.readiness.can_serve,
        problems=dict(service.readiness.problems),
        versions=_versions(service),
        routes=lines,
        refusals=dict(sorted(refusals.items())),
        drift=_drift(service),
        jobs=_jobs(service),
        experiment=_experiment(service),
    )


def _versions(service: Service) -> list[VersionLine]:
    shelf = service.holder.shelf
    return [
        VersionLine(
            version=name, served=name == service.live.version, saved_at=shelf.folder(name).stat().st_mtime,
            comparison=_comparison(shelf.comparison(name)),
        )
        for name in reversed(shelf.names())
    ]  # fmt: skip


def _comparison(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _routes(service: Service) -> list[RouteLine]:
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    buckets: dict[tuple[str, str], dict[float, int]] = defaultdict(lambda: defaultdict(int))
    for (method, route, status), (count, inside) in service.metrics.requests().items():
        counts[method, route][0] += count
        counts[method, route][1 if status >= 500 else 2] += count * (status >= 400)
        for end, held in inside.items():
            buckets[method, route][end] += held
    found = [
        RouteLine(
            method=method, route=route, requests=total, failed=failed, refused=refused,
            p50=_quantile(buckets[method, route], total, 0.5), p99=_quantile(buckets[method, route], total, 0.99),
        )
        for (method, route), (total, failed, refused) in counts.items()
    ]  # fmt: skip
    return sorted(found, key=lambda line: -line.requests)


def _quantile(buckets: Mapping[float, int], total: int, share: float) -> float | None:
    """The upper end of the bucket that holds the quantile, in milliseconds; None beyond the last."""
    for end in sorted(buckets):
        if buckets[end] >= share * total:
            return None if math.isinf(end) else 1000 * end
    return None


def _drift(service: Service) -> Drift:
    lists = service.metrics.answers()
    items = service.metrics.items_asked()
    count, mean = service.ratings.summary()
    trained = service.live.model.rating_model
    known = trained is not None and len(trained.interactions) > 0
    return Drift(
        unknown_users=_share(lists.get("prior", 0), sum(lists.values())),
        unknown_items=_share(items[1], sum(items)),
        ratings=count,
        mean=mean,
        training_mean=float(trained.interactions.values.mean()) if trained is not None and known else None,
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _jobs(service: Service) -> list[JobLine]:
    problems = service.readiness.problems
    found = [
        JobLine(name=name, problem=problems.get(name, ""), since=service.watcher.worked_at.get(name))
        for name in service.watcher.names
    ]
    begun = [JobLine(name=f"retrain {name}", problem="", since=at) for name, at in service.holder.shelf.begun()]
    return found + begun


def _experiment(service: Service) -> dict[str, Any] | None:
    experiment = service.recorder.experiment
    if experiment is None:
        return None
    return online_report(service.lists.lists(experiment.name), service.lists.outcomes("chosen"), "chosen").to_json()
