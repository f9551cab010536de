"""What Prometheus reads: latency by route, where answers came from, and which model is being served."""

from __future__ import annotations

import time

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    ProcessCollector,
    generate_latest,
)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """The service's own registry, so that two services in one process do not mix."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        self._latency = Histogram(
            "penchant_request_seconds",
            "Time from a request's first byte to its answer's last.",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.in_progress = Gauge("penchant_requests_in_progress", "Requests being worked on.", registry=registry)
        self._answers = Counter(
            "penchant_answers", "Answers by what the user's row rested on.", ["source"], registry=registry
        )
        self._started = time.time()
        self._items_asked = Counter(
            "penchant_items_asked", "Rated items in requests, by whether the model holds them.", ["known"],
            registry=registry,
        )  # fmt: skip
        self._fold_ins = Counter(
            "penchant_fold_ins", "Users folded in, and those found folded in already.", ["kept"], registry=registry
        )
        self.refused_models = Counter(
            "penchant_models_refused", "Model folders that could not be used.", registry=registry
        )
        self.storage_failures = Counter(
            "penchant_storage_failures", "Requests that the database could not serve.", registry=registry
        )
        self._problems = Gauge(
            "penchant_problem", "1 while readiness names a problem of that kind.", ["kind"], registry=registry
        )
        self._model = Gauge("penchant_model_info", "The version being served.", ["version", "kind"], registry=registry)
        self._age = Gauge("penchant_model_age_seconds", "Since the model being served was saved.", registry=registry)
        self._items = Gauge("penchant_items", "Items in the catalogue.", registry=registry)

    @property
    def uptime(self) -> float:
        """Seconds since the service was made."""
        return time.time() - self._started

    def requests(self) -> dict[tuple[str, str, int], tuple[int, dict[float, int]]]:
        """By method, route and status: how many, and how many took up to so many seconds."""
        found: dict[tuple[str, str, int], tuple[int, dict[float, int]]] = {}
        for sample in next(iter(self._latency.collect())).samples:
            labels = sample.labels
            if sample.name.endswith(("_bucket", "_count")):
                key = (labels["method"], labels["route"], int(labels["status"]))
                inside = found.setdefault(key, (0, {}))[1]
                if "le" in labels:
                    inside[float(labels["le"])] = int(sample.value)
                else:
                    found[key] = (int(sample.value), inside)
        return found

    def answers(self) -> dict[str, float]:
        """How many users were answered, by what their row rested on."""
        samples = next(iter(self._answers.collect())).samples
        return {one.labels["source"]: one.value for one in samples if one.name.endswith("_total")}

    def asked(self, known: int, unknown: int) -> None:
        """A request named so many items that the model holds, and so many that it does not."""
        self._items_asked.labels("yes").inc(known)
        self._items_asked.labels("no").inc(unknown)

    def items_asked(self) -> tuple[float, float]:
        """How many items requests named that the model holds, and that it does not."""
        held = {one.labels["known"]: one.value for one in next(iter(self._items_asked.collect())).samples
                if one.name.endswith("_total")}  # fmt: skip
        return held.get("yes", 0.0), held.get("no", 0.0)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._latency.labels(method, route, str(status)).observe(seconds)

    def answer(self, source: str) -> None:
        self._answers.labels(source).inc()

    def fold_in(self, *, kept: bool) -> None:
        self._fold_ins.labels("yes" if kept else "no").inc()

    def problem(self, kind: str, bad: bool) -> None:
        """Something stopped working, or works again."""
        self._problems.labels(kind).set(int(bad))

    def model(self, version: str, kind: str, saved_at: float, items: int) -> None:
        """A model went live; saved_at in seconds since 1970."""
        self._model.clear()
        self._model.labels(version, kind).set(1)
        self._age.set_function(lambda: time.time() - saved_at)
        self._items.set(items)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
