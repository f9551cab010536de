"""Rendering of the templates."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from penchant.service.page import contexts

HERE = Path(__file__).parent
ASSETS = HERE / "assets"


@cache
def _templates(root: str) -> Environment:
    """The templates of a service under this path, which every address in them begins with."""
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    found.filters["figure"] = contexts.figure
    found.globals["root"] = root
    return found


@cache
def _assets_version() -> str:
    """A hash of all assets; it is part of their URLs, so browsers can cache them without limit."""
    digest = hashlib.sha256()
    for path in sorted(ASSETS.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def html(
    template: str,
    context: Any,
    *,
    status: int = 200,
    active: str = "",
    shell: contexts.Shell | None = None,
    back: str = "",
    search: str = "",
    root: str = "",
) -> HTMLResponse:
    """A page. context: a class of `contexts`, `c` in the template. active: the current page. back: its own address.
    root: the path under which a proxy puts the service.

    Forms without scripts need the Origin header, which the browser sends to the same origin only.
    """
    assets = f"{root}/assets/{_assets_version()}"
    text = (
        _templates(root)
        .get_template(template)
        .render(c=context, active=active, assets=assets, shell=shell, back=back or f"{root}/", search_text=search)
    )
    return HTMLResponse(text, status, {"Referrer-Policy": "same-origin"})
