"""Items, and changes of items, in requests and answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from penchant.service.schema_types import PRINTABLE, Body, Features, FeatureValue, Id, Source, Time

Title = Annotated[str, Field(min_length=1, max_length=500, pattern=PRINTABLE, examples=["A new film (2026)"])]


Hidden = Annotated[bool, Field(description="Whether it stays out of lists and searches.")]
Until = Annotated[Time | None, Field(description="When lists and searches cease to hold it; null: never.")]
ItemFeatures = Annotated[Features, Field(description="As the model's item features are named.")]


class ItemSummary(BaseModel):
    item: str = Field(examples=["1"])
    title: str = Field(examples=["Toy Story (1995)"])
    tags: list[str] = Field(examples=[["Animation", "Comedy"]])
    ratings: int = Field(description="Training ratings of the item.", examples=[247])
    listed: bool = Field(description="Whether lists and searches may hold it just now.")


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
    features: dict[str, FeatureValue]
    hidden: bool
    available_until: datetime | None
    neighbours: list[Neighbour]


class WholeItem(Body):
    title: Title
    features: ItemFeatures = Field(default={})
    hidden: Hidden = False
    available_until: Until = None

    def fields(self) -> dict[str, Any]:
        """The given fields, as they are kept."""
        return _kept(self, {"title", "features", "hidden", "available_until"})


class NewItem(WholeItem):
    item: Id = Field(examples=["9001"])


class ItemPatch(Body):
    """What is not sent stays as it is. A title or features that are null are those of the model."""

    title: Title | None = None
    features: ItemFeatures | None = None
    hidden: Hidden = False
    available_until: Until = None

    def fields(self) -> dict[str, Any]:
        """The given fields, as they are kept."""
        return _kept(self, {"title", "features", "hidden", "available_until"} & self.model_fields_set)


class OneChange(ItemPatch):
    change: Literal["put", "patch", "delete"]
    item: Id = Field(examples=["9001"])


class ItemChanges(Body):
    changes: list[OneChange] = Field(min_length=1, max_length=1000)


class RowOutcome(BaseModel):
    status: int = Field(description="What a request of this row alone would have been answered.", examples=[201])
    detail: str = Field(default="", description="Why it was refused.")


class RowOutcomes(BaseModel):
    done: int = Field(description="How many rows were done.")
    refused: int
    outcomes: list[RowOutcome] = Field(description="In the order of the rows.")


def _kept(body: BaseModel, names: Iterable[str]) -> dict[str, Any]:
    fields = {name: getattr(body, name) for name in names}
    if (until := fields.get("available_until")) is not None:
        fields["available_until"] = round(until.timestamp() * 1000)
    return fields
