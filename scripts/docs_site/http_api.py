"""The page of the HTTP API, from the OpenAPI document of the service."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import penchant as pt

_INTRO = """# HTTP API

Generated from the OpenAPI document, which a running service gives at `/v1/openapi.json`. [Serving](../guide/serving.md)
explains keys, limits and operation. An error is an RFC 9457 problem; its `code` is one of the
[diagnostics](diagnostics.md).
"""


def openapi_document() -> dict[str, Any]:
    """The document of a service around a small model."""
    from penchant.service.app import build_app
    from penchant.service.service import build_service
    from penchant.service.settings import ServiceSettings

    with tempfile.TemporaryDirectory() as folder:
        model = pt.train(pt.movielens(), "baseline").save(Path(folder) / "model")
        service = build_service(str(model), ServiceSettings(database=f"sqlite:///{folder}/ratings.db"))
        try:
            document: dict[str, Any] = json.loads(json.dumps(build_app(service).state.document))
        finally:
            service.close()
    return document


def http_api_page(document: Mapping[str, Any] | None = None) -> str:
    """A section for each operation: its parameters, body and answers."""
    document = document or openapi_document()
    schemas = document.get("components", {}).get("schemas", {})
    lines = [_INTRO, "| | path | what it does |", "|---|---|---|"]
    found = list(operations(document))
    for method, path, one in found:
        lines.append(f"| {method} | [`{path}`](#{anchor(method, path)}) | {_cell(one.get('summary', ''))} |")
    for method, path, one in found:
        lines += ["", f"## {method} `{path}` {{ #{anchor(method, path)} }}", "", one.get("description") or "", ""]
        lines += _table("parameter", list(_parameters(one, schemas)))
        lines += _table("field of the body", list(_fields(_body(one), schemas)))
        for status, answer in one.get("responses", {}).items():
            if status.startswith("2"):
                lines += _table(f"field of the answer ({status})", list(_fields(_json(answer), schemas)))
    return "\n".join(lines)


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            yield method.upper(), path, one


def anchor(method: str, path: str) -> str:
    return "-".join([method.lower(), *(part.strip("{}") for part in path.split("/") if part)])


def _table(title: str, rows: list[tuple[str, str, str]]) -> list[str]:
    if not rows:
        return []
    lines = [f"| `{name}` | {kind_} | {_cell(meaning)} |" for name, kind_, meaning in rows]
    return [f"| {title} | type | meaning |", "|---|---|---|", *lines, ""]


def _parameters(one: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for parameter in one.get("parameters", []):
        schema = parameter.get("schema", {})
        text = parameter.get("description") or schema.get("description", "")
        needed = "required, " if parameter.get("required") else ""
        yield parameter["name"], f"{parameter['in']}, {needed}{kind(schema, schemas)}", text


def _body(one: Mapping[str, Any]) -> Mapping[str, Any]:
    return _json(one.get("requestBody", {}))


def _json(part: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = part.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    schema = _resolved(schema, schemas)
    needed = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        yield name, ("required, " if name in needed else "") + kind(field, schemas), field.get("description", "")


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        found: Mapping[str, Any] = schemas[schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def kind(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """The type in words, with the default and the bounds."""
    if "$ref" in schema:
        inner = _resolved(schema, schemas)
        return kind(inner, schemas) if "enum" in inner else schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        word = " or ".join(dict.fromkeys(kind(one, schemas) for one in schema["anyOf"]))
    elif "enum" in schema:
        word = " / ".join(f"`{one}`" for one in schema["enum"])
    elif schema.get("type") == "array":
        word = f"list of {kind(schema.get('items', {}), schemas)}"
    else:
        word = schema.get("type", "any")
    bounds = [f"{sign} {schema[name]:g}" for name, sign in (("minimum", "≥"), ("maximum", "≤")) if name in schema]
    if schema.get("default") not in (None, [], {}, ""):
        bounds.append(f"default `{json.dumps(schema['default'])}`")
    return ", ".join([word, *bounds])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
