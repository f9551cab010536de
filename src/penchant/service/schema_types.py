"""The types that requests are made of: ids, ratings, features, times; and what every body is checked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import NoneType
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from penchant.service.storage.schema import ID_LENGTH

PRINTABLE = r"^[^\x00-\x1f\x7f]+$"


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


TextId = Annotated[str, StringConstraints(min_length=1, max_length=ID_LENGTH, pattern=PRINTABLE)]
Id = Annotated[TextId, BeforeValidator(_as_text, json_schema_input_type=TextId | int)]
SLASH = "\ue000"
"""Stands for a slash within an id while its path is taken apart."""
_Segment = Annotated[str, AfterValidator(lambda text: text.replace(SLASH, "/"))]
UserPath = Annotated[
    _Segment,
    Path(
        min_length=1,
        max_length=ID_LENGTH,
        pattern=PRINTABLE,
        examples=["42"],
        description="A user's id; `me` for the visitor whose token is sent.",
    ),
]
ItemPath = Annotated[_Segment, Path(min_length=1, max_length=ID_LENGTH, pattern=PRINTABLE, examples=["1"])]
Count = Annotated[int, Query(ge=1, le=10_000, description="How many; the server's own limit may be lower.")]
Rating = Annotated[float, Field(allow_inf_nan=False, examples=[4.5], description="On the model's scale.")]
Ratings = Annotated[dict[TextId, Rating], Field(examples=[{"1": 4.5, "260": 5.0}], description="Item id -> rating.")]
Source = Literal["known", "folded_in", "features", "prior"]
FeatureValue = str | float | list[str] | None
Features = Annotated[dict[str, FeatureValue], Field(max_length=100, examples=[{"genres": ["Comedy", "Drama"]}])]


class Body(BaseModel):
    """A request's body; a field that does not exist is an error, and true and false are no numbers."""

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

    @field_validator("*", mode="before")
    @classmethod
    def _not_boolean(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true and false where a number or a text is asked for; pydantic would read them as 1 and 0."""
        if type(value) in _PLAIN:  # nearly all
            return value
        wanted = cls.model_fields[info.field_name or ""].annotation
        if wanted is not bool and _has_boolean(value):
            raise ValueError("true and false are not values here")
        return value


_PLAIN = (str, float, int, NoneType)
"""Types of values that hold no other value; bool is a type of its own."""


def _has_boolean(value: Any) -> bool:
    """Whether a value, or one within its lists and names, is true or false. Bodies within look for themselves."""
    within = value.values() if isinstance(value, Mapping) else [value]
    several = (one if isinstance(one, list) else [one] for one in within)
    return any(isinstance(one, bool) for some in several for one in some)


def _check_storable(text: str) -> None:
    if "\0" in text:
        raise ValueError("a text holds a zero character, which cannot be stored")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("a text holds half of a surrogate pair, which cannot be stored")


def _storable_time(time: datetime) -> datetime:
    if not 1970 < time.year < 9999:
        raise ValueError("a time lies between 1971 and 9998")
    return time


Time = Annotated[AwareDatetime, AfterValidator(_storable_time)]
