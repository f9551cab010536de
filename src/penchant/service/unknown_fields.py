"""What a route does not take is refused, in its query and in its body: ignoring it would answer another question."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.params import Form

from penchant.service.problems import RefusalError
from penchant.service.request_paths import PROBES, path_of

_NOTHING = (b"", b"{}")
"""Bodies without a field."""


async def refuse_unknown_fields(request: Request) -> None:
    """Raises RefusalError, 422, for the first parameter or field that the request's route does not take, or takes once.

    The fields of a JSON body are checked where it is read.
    """
    route: Any = request.scope["route"]
    if request.query_params:
        fields = list(_query_params(route.dependant))
        _check("query parameter", _names(fields), _of_lists(fields), request.query_params.multi_items())
    if path_of(request.scope) in PROBES:
        return
    fields = route.dependant.body_params
    if any(isinstance(field.field_info, Form) for field in fields):
        _check("field", _names(fields), _of_lists(fields), (await request.form()).multi_items())
    elif not fields and "requestBody" not in (route.openapi_extra or {}):
        await _check_empty(request)


def _check(what: str, taken: list[str], several: set[str], given: Iterable[tuple[str, Any]]) -> None:
    """taken: the names that the route takes. several: those that may be given more than once."""
    seen: set[str] = set()
    for name, _ in given:
        if name not in taken:
            takes = f"This route takes: {', '.join(taken)}" if taken else "This route takes none"
            raise RefusalError(422, f"there is no {what} {name[:50]!r}. {takes}")
        if name in seen and name not in several:
            raise RefusalError(422, f"the {what} {name!r} is given twice. Give it once")
        seen.add(name)


def _query_params(dependant: Dependant) -> Iterable[Any]:
    """The query parameters of a route and of all that it depends on."""
    yield from dependant.query_params
    for one in dependant.dependencies:
        yield from _query_params(one)


def _names(fields: Iterable[Any]) -> list[str]:
    return [field.alias for field in fields]


def _of_lists(fields: Iterable[Any]) -> set[str]:
    """The names of the fields whose values are lists, or lists or nothing."""
    return {field.alias for field in fields if _is_list(field.field_info.annotation)}


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(_is_list(one) for one in get_args(annotation))


async def _check_empty(request: Request) -> None:
    announced = "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"
    if announced and (await request.body()).strip() not in _NOTHING:
        raise RefusalError(422, "this route takes no body")
