"""The OpenAPI document is what the service does: no 5xx, and no answer it does not describe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.made_service import UNLIMITED, Value, key_for, running

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a server of its own, and headers with a key for everything."""
    folder = tmp_path_factory.mktemp("described")
    database = f"sqlite:///{folder / 'ratings.db'}"
    headers = key_for(model_folder, database, scope="admin")
    with running(model_folder, folder / "log", database=database, **UNLIMITED) as server:
        yield server.address, headers


@pytest.mark.slow
def test_anything_that_can_be_sent_is_answered_as_described(described: tuple[str, dict[str, str]]) -> None:
    address, headers = described
    schema = schemathesis.openapi.from_url(f"{address}/v1/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 18
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            check(operation, mode, headers)


def check(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> None:
    """mode: requests that fit the document, or that do not."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    def answered(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    with suppress(Unsatisfiable):  # there is no wrong way to ask for what takes no parameters
        answered()


def test_every_operation_says_what_it_is_for_and_gives_examples(made: Value) -> None:
    document = made.client.get("/v1/openapi.json").json()
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len(operations) >= 18
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        assert "default" in operation["responses"]
        assert any(code.startswith("2") for code in operation["responses"])
    for path in document["paths"]:
        assert path.startswith(("/v1/", "/health/", "/metrics"))
    text = str(document)
    assert text.count("'examples'") > 15


def test_the_document_is_whole(made: Value, tmp_path: Path) -> None:
    """Every reference leads somewhere."""
    document = made.client.get("/v1/openapi.json").json()

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [r for value in node.values() for r in references(value)]
        return [r for value in node for r in references(value)] if isinstance(node, list) else []

    for reference in references(document):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
