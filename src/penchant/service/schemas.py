"""What the API takes and gives, as its OpenAPI document describes it; see also the schemas of items and of lists."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from penchant.service.item_schemas import ItemSummary
from penchant.service.list_schemas import By
from penchant.service.schema_types import Body, Features, Id, Rating, Ratings, Source


class NewRating(Body):
    rating: Rating


class RatingLine(BaseModel):
    item: str
    title: str
    rating: float


class RatingList(BaseModel):
    user: str
    ratings: list[RatingLine]
    total: int = Field(description="How many ratings there are in all.")


class Kept(BaseModel):
    user: str
    item: str
    rating: float | None = Field(description="What is kept now; null when nothing is.")


class PredictionRequest(Body):
    items: list[Id] = Field(min_length=1, max_length=1000, examples=[["1", "260"]])
    user: Id | None = Field(default=None, description="A user's id; or leave it out and bring ratings.")
    ratings: Ratings = Field(default={})
    features: Features | None = None


class Predicted(BaseModel):
    item: str
    mean: float
    std: float
    source: Source = Field(description="What the weaker of the user's and the item's vector rests on.")


class Predictions(BaseModel):
    model_version: str
    predictions: list[Predicted]


class ExplanationRequest(Body):
    item: Id
    ratings: Ratings = Field(default={})
    by: By | None = None


class Pull(BaseModel):
    item: str
    title: str
    rating: float
    pull: float = Field(description="How far this rating moves the score.", examples=[0.42])


class PartSplit(BaseModel):
    """One model's own score, as the sum of its parts."""

    score: float = Field(description="The sum; a predicted rating is this, brought onto the scale.")
    mean: float = Field(description="The mean rating.")
    user_bias: float = Field(description="How far this user rates above that.")
    item_bias: float = Field(description="How far this item is rated above that.")
    prior: float = Field(description="What the prior, or the user's features, give.")
    rest: float = Field(description="What ratings that are not named give, and what training left over.")
    because: list[Pull] = Field(description="The ratings that moved the score most.")


class TermLine(BaseModel):
    name: str = Field(examples=["log_choice"])
    weight: float
    value: float
    amount: float = Field(description="Weight times value: what the term adds to the score.")


class Explained(BaseModel):
    item: str
    title: str
    by: str = Field(description="What orders the list that is explained.", examples=["combined"])
    score: float = Field(description="The sum of the terms, as in the list; else the one model's own score.")
    terms: list[TermLine] = Field(description="The terms of a list that a ranker orders, largest first; else none.")
    parts: dict[str, PartSplit] = Field(description="By model, `rating` or `choice`: how its own score comes about.")
    predicted: float | None
    std: float | None
    p_like: float | None
    p_choose: float | None
    source: Source


class QuestionRequest(Body):
    ratings: Ratings = Field(default={})
    n: int = Field(default=5, ge=1, le=100)
    skip: list[Id] = Field(default=[], max_length=10_000, description="Items not to ask about again.")


class Questions(BaseModel):
    items: list[ItemSummary]


class VisitorMade(BaseModel):
    user: str = Field(examples=["visitor-5d1f0c2b9a7e4d3c6b8a9f01"])
    token: str = Field(description="Keep it: it is shown once. Send it as `Authorization: Bearer <token>`.")


class ModelFacts(BaseModel):
    version: str
    kind: str
    users: int
    items: int
    factors: int
    samples: int
    added_items: int
    saved_at: float = Field(description="Seconds since 1970.")
    versions: list[str]
    refused: str | None = Field(description="A version that could not be used, if there is one.")
    lowest: float
    highest: float
    step: float


class Switch(Body):
    version: str | None = Field(default=None, max_length=50, description="Which version; the one before, if left out.")


class StoredLine(BaseModel):
    item: str
    title: str
    rating: float | None = Field(description="Null: a training rating that was taken back.")
    rated_at: int = Field(description="Milliseconds since 1970.")


class EventCount(BaseModel):
    item: str
    kind: str
    count: float


class Exported(BaseModel):
    user: str
    stored: list[StoredLine] = Field(description="Ratings kept here.")
    events: list[EventCount] = Field(description="Other events kept here.")
    training: list[RatingLine] = Field(description="Ratings the model was trained on.")
    marks: dict[str, str] = Field(description="Item id -> saved, hidden or unseen, as marked on the page.")


class Health(BaseModel):
    status: Literal["ok", "unavailable"]
    detail: str = ""
