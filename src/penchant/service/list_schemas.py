"""Lists of items, in requests and answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from penchant.service.schema_types import Body, Features, Id, Ratings, Source, TextId
from penchant.service.storage.given_lists import OutcomeKind

Value = str | float
Where = Annotated[
    dict[TextId, Value | list[Value]],
    Field(
        max_length=20,
        examples=[{"genres": ["Comedy", "Drama"]}],
        description="Feature -> a value or several, one of which an item must have; for a number, a pair is a range.",
    ),
]
By = Annotated[
    Literal["combined", "rating", "choice"],
    Field(description="What orders the list: both models, the expected rating, or the probability of a choice."),
]
Ids = Annotated[list[Id], Field(max_length=10_000)]


class Wanted(Body):
    """Which list."""

    n: int = Field(default=10, ge=1, le=10_000)
    by: By | None = None
    exclude: Ids = Field(default=[], description="Item ids to leave out besides.")
    among: Ids | None = Field(default=None, description="The only item ids allowed.")
    where: Where | None = None
    diversity: float = Field(default=0.0, ge=0, lt=1, description="From 0: how far similar items keep apart.")
    explore: int | None = Field(
        default=None, ge=0, lt=2**53, description="A seed; uncertain items are then sometimes listed."
    )
    new_items: float = Field(default=0.0, ge=0, le=1, description="The share of places kept for items without ratings.")


class Line(BaseModel):
    item: str
    title: str
    score: float = Field(description="What the list is ordered by.", examples=[4.4])
    predicted: float | None = Field(description="The expected rating; null without a rating model.", examples=[4.4])
    std: float | None = Field(description="The standard deviation of a rating around it.", examples=[0.8])
    p_like: float | None = Field(description="The probability that it is liked; null without a rating model.")
    p_choose: float | None = Field(description="The probability that it is chosen next; null without a choice model.")
    source: Source = Field(description="What the item's vector rests on.")


class List(BaseModel):
    user: str | None
    list_id: str | None = Field(description="For outcomes, where lists are recorded; else null.")
    source: Source = Field(description="What the user's vector rests on.")
    model_version: str = Field(examples=["base"])
    items: list[Line]
    unknown: list[str] = Field(description="Ids in the request that the model does not hold.")


class ListRequest(Wanted):
    ratings: Ratings = Field(default={})
    features: Features | None = None


class UserListRequest(Wanted):
    exclude_seen: bool = True


class ManyListsRequest(UserListRequest):
    users: list[Id] = Field(min_length=1, max_length=1000, examples=[["1", "2"]])


class ManyLists(BaseModel):
    lists: list[List] = Field(description="One for each user, in their order.")


class ReportedOutcome(Body):
    list_id: str = Field(pattern="^[0-9a-f]{32}$", examples=["5d1f0c2b9a7e4d3c6b8a9f015d1f0c2b"])
    item: Id
    kind: OutcomeKind
    value: float | None = Field(default=None, allow_inf_nan=False, description="Of a rating.")


class ReportedOutcomes(Body):
    outcomes: list[ReportedOutcome] = Field(min_length=1, max_length=1000)


class CommonLine(BaseModel):
    item: str
    title: str
    score: float = Field(description="Interactions; how far they rise; or days since the first, below zero.")


class CommonList(BaseModel):
    """A list that is the same for everybody."""

    order: Literal["popular", "trending", "latest"]
    model_version: str = Field(examples=["base"])
    items: list[CommonLine]
