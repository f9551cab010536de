"""A query parameter that a route does not know is refused: ignoring it would answer another question."""

from __future__ import annotations

from fastapi import Request
from fastapi.dependencies.models import Dependant

from penchant.service.problems import RefusalError


async def refuse_unknown_parameters(request: Request) -> None:
    """Raises RefusalError, 422, for the first parameter that the request's route does not take."""
    if not request.query_params:
        return
    taken = _names(request.scope["route"].dependant)
    unknown = next((name for name in request.query_params if name not in taken), None)
    if unknown is not None:
        takes = f"This route takes: {', '.join(taken)}" if taken else "This route takes none"
        raise RefusalError(422, f"there is no query parameter {unknown[:50]!r}. {takes}")


def _names(dependant: Dependant) -> list[str]:
    """The query parameters of a route and of all that it depends on."""
    inner = [name for one in dependant.dependencies for name in _names(one)]
    return [*(one.alias for one in dependant.query_params), *inner]
