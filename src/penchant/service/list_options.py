"""Which list a request wants, from its query or its body, as the library's options."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query

from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.recommending.options import ListOptions
from penchant.recommending.reranking import POOL
from penchant.service.list_schemas import By, UserListRequest, Wanted
from penchant.service.problems import RefusalError
from penchant.service.schema_types import Count
from penchant.service.service import Service
from penchant.service.storage.schema import ID_LENGTH

LINE, DIVERSE_LINE = 10_000, 120_000
"""What a line of a list, and of a diverse list, costs besides products, in multiplications that take as long."""

Some = Annotated[list[Annotated[str, Query(max_length=ID_LENGTH)]], Query(max_length=500)]
Condition = Annotated[
    list[Annotated[str, Query(max_length=ID_LENGTH, examples=["genres:Drama"])]],
    Query(max_length=20, description="feature:value; values of one feature are alternatives, low..high a range."),
]


def _in_query(
    n: Count = 10,
    by: By | None = None,
    exclude_seen: bool = True,
    exclude: Some = [],  # noqa: B006 - FastAPI copies it
    among: Annotated[list[Annotated[str, Query(max_length=ID_LENGTH)]] | None, Query(max_length=500)] = None,
    where: Condition = [],  # noqa: B006
    diversity: Annotated[float, Query(ge=0, lt=1)] = 0.0,
    explore: Annotated[int | None, Query(ge=0, lt=2**53, description="A seed.")] = None,
    new_items: Annotated[float, Query(ge=0, le=1)] = 0.0,
) -> UserListRequest:
    conditions: dict[str, list[str | float]] = {}
    for one in where:
        name, colon, value = one.partition(":")
        if not colon:
            raise RefusalError(422, f"where={one[:50]!r} is not written as feature:value")
        conditions.setdefault(name, []).append(value)
    return UserListRequest.model_construct(
        n=n, by=by, exclude_seen=exclude_seen, exclude=exclude, among=among, where=conditions or None,
        diversity=diversity, explore=explore, new_items=new_items,
    )  # fmt: skip


InQuery = Annotated[UserListRequest, Depends(_in_query)]


def options_of(service: Service, wanted: Wanted, *, exclude_seen: bool = True) -> ListOptions:
    """The library's options. Raises CallerError for a list longer than this server gives."""
    return ListOptions(
        service.check_count(wanted.n), wanted.by, exclude_seen, wanted.exclude, wanted.among,
        _conditions(service.live.part.items, wanted.where), wanted.diversity, wanted.explore, wanted.new_items,
    )  # fmt: skip


def _conditions(items: Side, where: dict[str, Any] | None) -> dict[str, Any] | None:
    """The conditions with numbers for features that are numbers, which a query writes as text."""
    kinds = {} if items.features is None else items.features.kinds
    return where and {
        name: _number(name, given) if kinds.get(name) == "number" else given for name, given in where.items()
    }


def _number(name: str, given: Any) -> Any:
    """One number, or a pair of ends."""
    several = given if isinstance(given, list) else [given]
    if len(several) == 1 and isinstance(several[0], str):
        several = several[0].split("..")
    try:
        ends = [float(one) for one in several]
    except ValueError:
        raise RefusalError(422, f"{name} is a number: write {name}:1990, or {name}:1990..1999") from None
    return ends[0] if len(ends) == 1 else ends


def list_cost(trained: TrainedModel, wanted: Wanted, lists: int = 1) -> int:
    """What lists cost, in multiplications: a product of each item with the user, and a constant for each line.

    A line of a diverse list also takes a product with each item that it is chosen from.
    """
    width = trained.samples * (trained.users.factors + 1)
    line = DIVERSE_LINE + POOL * wanted.n * width if wanted.diversity else LINE
    return lists * (width * len(trained.items) + wanted.n * line)
