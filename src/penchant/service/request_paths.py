"""The path of a request within the service, wherever a proxy puts the service."""

from __future__ import annotations

from starlette.types import Scope

PROBES = frozenset({"/health/live", "/health/ready"})
"""The routes that wait for nothing and refuse no request."""


def root_of(scope: Scope) -> str:
    """The path that the service is under, such as /films; empty where it has a host of its own."""
    root: str = scope.get("root_path", "")
    return root


def path_of(scope: Scope) -> str:
    """The path without the one that the service is under, which a proxy may leave in or take away."""
    path: str = scope["path"]
    root = root_of(scope)
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path
