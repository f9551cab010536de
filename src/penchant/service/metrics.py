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
