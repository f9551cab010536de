"""What the operator's page shows."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class VersionLine(BaseModel):
    version: str
    served: bool
    saved_at: float = Field(description="Seconds since 1970.")
    comparison: dict[str, Any] | None = Field(description="How it did against the version served before it.")


class RouteLine(BaseModel):
    """Traffic of one route since this process started. Latencies are upper ends of buckets, in milliseconds."""

    method: str
    route: str
    requests: int
    failed: int = Field(description="Answered with 5xx.")
    refused: int = Field(description="Answered with 4xx.")
    p50: float | None
    p99: float | None


class Drift(BaseModel):
    """Inputs now and in training."""

    unknown_users: float | None = Field(description="The share of lists for users of whom nothing is known.")
    unknown_items: float | None = Field(description="The share of the items in requests that the model does not hold.")
    ratings: int = Field(description="Ratings that are stored.")
    mean: float | None = Field(description="Their mean.")
    training_mean: float | None = Field(description="The mean of the training ratings.")


class JobLine(BaseModel):
    """Something that is done again and again, or a retraining that has a name but no version yet."""

    name: str
    problem: str = Field(description="What is wrong with it; empty: nothing.")
    since: float | None = Field(description="Seconds since 1970: when it last worked, or when it began.")


class Overview(BaseModel):
    version: str
    uptime_seconds: float
    ready: bool
    problems: dict[str, str]
    versions: list[VersionLine]
    routes: list[RouteLine]
    refusals: dict[str, int] = Field(description="Refused requests by status.")
    drift: Drift
    jobs: list[JobLine]
    experiment: dict[str, Any] | None = Field(description="The report of the running experiment.")
