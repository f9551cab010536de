"""The forms of what is sent to the service and of what it answers."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class RecommendedLine(TypedDict):
    item: str
    title: str
    score: float
    predicted: float | None
    std: float | None
    p_like: float | None
    p_choose: float | None
    source: str


class RecommendedList(TypedDict):
    user: str | None
    list_id: str | None
    source: str
    model_version: str
    items: list[RecommendedLine]
    unknown: list[str]


class CatalogueItem(TypedDict):
    item: str
    title: str
    tags: list[str]
    ratings: int
    listed: bool


class SentEvent(TypedDict):
    """One event to send. kind: "rating", which has a rating, or another, which may have a count."""

    user: str
    item: str
    kind: NotRequired[str]
    rating: NotRequired[float]
    count: NotRequired[float]
    at: NotRequired[str]
    delete: NotRequired[bool]


class SentOutcome(TypedDict):
    status: int
    detail: str


class SentOutcomes(TypedDict):
    done: int
    refused: int
    outcomes: list[SentOutcome]
