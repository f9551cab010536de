"""What the API takes and gives, as its OpenAPI document describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from penchant.service.storage.schema import ID_LENGTH

_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


_TextId = Annotated[str, StringConstraints(min_length=1, max_length=ID_LENGTH, pattern=_PRINTABLE)]
Id = Annotated[_TextId, BeforeValidator(_as_text, json_schema_input_type=_TextId | int)]
SLASH = "\ue000"
"""Stands for a slash within an id while its path is taken apart."""
_Segment = Annotated[str, AfterValidator(lambda text: text.replace(SLASH, "/"))]
UserPath = Annotated[
    _Segment,
    Path(
        min_length=1,
        max_length=ID_LENGTH,
        pattern=_PRINTABLE,
        examples=["42"],
        description="A user's id; `me` for the visitor whose token is sent.",
    ),
]
ItemPath = Annotated[_Segment, Path(min_length=1, max_length=ID_LENGTH, pattern=_PRINTABLE, examples=["1"])]
Count = Annotated[int, Query(ge=1, le=10_000, description="How many; the server's own limit may be lower.")]
Rating = Annotated[float, Field(allow_inf_nan=False, examples=[4.5], description="On the model's scale.")]
Ratings = Annotated[dict[_TextId, Rating], Field(examples=[{"1": 4.5, "260": 5.0}], description="Item id -> rating.")]
Source = Literal["known", "folded_in", "features", "prior"]
FeatureValue = str | float | list[str] | None
Features = Annotated[dict[str, FeatureValue], Field(max_length=100, examples=[{"genres": ["Comedy", "Drama"]}])]


class Body(BaseModel):
    """A request's body; a field that does not exist is an error."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, body: Any) -> Any:
        """Refuse a text anywhere in the body that no database or file can store."""
        waiting = [body]
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                _check_storable(one)
            elif isinstance(one, Mapping):
                waiting += [*one.keys(), *one.values()]
            elif isinstance(one, list):
                waiting += one
        return body


def _check_storable(text: str) -> None:
    if "\0" in text:
        raise ValueError("a text holds a zero character, which cannot be stored")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("a text holds half of a surrogate pair, which cannot be stored")


class ItemSummary(BaseModel):
    item: str = Field(examples=["1"])
    title: str = Field(examples=["Toy Story (1995)"])
    tags: list[str] = Field(examples=[["Animation", "Comedy"]])
    ratings: int = Field(description="Training ratings of the item.", examples=[247])


class ItemList(BaseModel):
    items: list[ItemSummary]
    total: int = Field(description="How many items match in all.", examples=[2])
    offset: int = Field(examples=[0])


class Neighbour(BaseModel):
    item: str
    title: str
    similarity: float = Field(
        description="The cosine of the two items' vectors, shrunk where it rests on few ratings.", examples=[0.87]
    )
    ratings: int = Field(description="How many training ratings the similarity rests on.", examples=[52])


class ItemDetail(ItemSummary):
    bias: float = Field(description="How far it is rated above the mean, corrected for who rated it.", examples=[0.31])
    source: Source = Field(description="What the item's vector rests on.")
    neighbours: list[Neighbour]


class NewItem(Body):
    item: Id = Field(examples=["9001"])
    title: str = Field(min_length=1, max_length=500, pattern=_PRINTABLE, examples=["A new film (2026)"])
    features: Features = Field(default={}, description="As the model's item features are named.")


class NewRating(Body):
    rating: Rating


class RatingLine(BaseModel):
    item: str
    title: str
    rating: float


class RatingList(BaseModel):
    user: str
    ratings: list[RatingLine]


class Kept(BaseModel):
    user: str
    item: str
    rating: float | None = Field(description="What is kept now; null when nothing is.")


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
    source: Source = Field(description="What the user's vector rests on.")
    model_version: str = Field(examples=["base"])
    items: list[Line]
    unknown: list[str] = Field(description="Ids in the request that the model does not hold.")


class ListRequest(Body):
    ratings: Ratings = {}
    features: Features | None = None
    n: int = Field(default=10, ge=1, le=10_000)
    exclude: list[Id] = Field(default=[], max_length=10_000, description="Item ids to leave out besides.")
    among: list[Id] | None = Field(default=None, max_length=10_000, description="The only item ids allowed.")


class PredictionRequest(Body):
    items: list[Id] = Field(min_length=1, max_length=1000, examples=[["1", "260"]])
    user: Id | None = Field(default=None, description="A user's id; or leave it out and bring ratings.")
    ratings: Ratings = {}
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
    ratings: Ratings = {}


class Pull(BaseModel):
    item: str
    title: str
    rating: float
    pull: float = Field(description="How far this rating moves the score.", examples=[0.42])


class Explained(BaseModel):
    item: str
    title: str
    predicted: float
    std: float | None
    source: Source
    mean: float = Field(description="The mean rating.")
    user_bias: float = Field(description="How far this user rates above that.")
    item_bias: float = Field(description="How far this item is rated above that.")
    prior: float = Field(description="What the prior, or the user's features, give.")
    because: list[Pull] = Field(description="The ratings that moved the score most.")


class QuestionRequest(Body):
    ratings: Ratings = {}
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


class Exported(BaseModel):
    user: str
    stored: list[StoredLine] = Field(description="Ratings kept here.")
    training: list[RatingLine] = Field(description="Ratings the model was trained on.")
    marks: dict[str, str] = Field(description="Item id -> saved, hidden or unseen, as marked on the page.")


class Health(BaseModel):
    status: Literal["ok", "unavailable"]
    detail: str = ""
