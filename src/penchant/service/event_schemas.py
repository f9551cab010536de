"""Events in bulk, in requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from penchant.service.schema_types import Body, Id, Rating, Time

Kind = Annotated[str, Field(min_length=1, max_length=50, examples=["rating", "choice"])]


class EventRow(Body):
    user: Id = Field(examples=["42"])
    item: Id = Field(examples=["1"])
    kind: Kind = "rating"
    rating: Rating | None = Field(default=None, description="For the kind rating.")
    count: float = Field(default=1.0, gt=0, le=1_000_000, allow_inf_nan=False, description="For other kinds.")
    at: Time | None = Field(default=None, description="When it was; left out, or in the future: now.")
    delete: bool = Field(default=False, description="Take back the rating, or every event of the kind.")


class Events(BaseModel):
    events: list[EventRow] = Field(min_length=1)


class EventLine(BaseModel):
    user: str
    item: str
    kind: Kind
    rating: float | None = Field(description="For the kind rating; null where one of training was taken back.")
    count: float | None = Field(description="For other kinds: how often.")
    at: datetime
    delete: bool = Field(description="Whether a training rating was taken back.")


class EventPage(BaseModel):
    events: list[EventLine]
    next: str | None = Field(description="What to send as `after` for the next page; null at the end.")


def request_body() -> dict[str, Any]:
    """How the OpenAPI document describes the two forms of a request."""
    schema = Events.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    schema["properties"]["events"]["items"] = EventRow.model_json_schema()
    lines = {"schema": {"type": "string", "description": "One event in JSON a line."}}
    return {"content": {"application/json": {"schema": schema}, "application/x-ndjson": lines}, "required": True}
