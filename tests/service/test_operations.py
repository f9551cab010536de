"""What an operator relies on: health, figures, a light process, documents that say it all."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from service.made_service import LOVES_SPACE, SOURCE, Value

GUIDE = SOURCE.parent / "docs" / "guide" / "serving.md"


def metric(text: str, start: str) -> float:
    """The value of the one line that starts so."""
    (line,) = [line for line in text.splitlines() if line.startswith(start)]
    return float(line.rpartition(" ")[2])


def test_metrics_tell_latency_answers_fold_ins_and_the_model(made: Value) -> None:
    for _ in range(2):
        made.client.post("/v1/recommendations", json={"ratings": LOVES_SPACE})
    made.client.get("/v1/users/1/recommendations")
    made.client.get("/v1/users/new-user/recommendations")
    made.client.get("/v1/items/999")
    made.client.get("/no/such/place")
    text = made.client.get("/metrics", headers=made.headers("read")).text
    route = 'method="GET",route="/v1/users/{user_id}/recommendations",status="200"'
    assert metric(text, f"penchant_request_seconds_count{{{route}}}") == 2
    assert metric(text, 'penchant_request_seconds_count{method="GET",route="/v1/items/{item_id}",status="404"}') == 1
    assert metric(text, 'penchant_request_seconds_count{method="GET",route="none",status="404"}') == 1
    assert metric(text, 'penchant_answers_total{source="folded_in"}') == 2
    assert metric(text, 'penchant_answers_total{source="known"}') == 1
    assert metric(text, 'penchant_answers_total{source="prior"}') == 1
    assert metric(text, 'penchant_fold_ins_total{kept="no"}') == 2  # once with ratings, once with none
    assert metric(text, 'penchant_fold_ins_total{kept="yes"}') == 1
    assert metric(text, 'penchant_model_info{kind="als",version="base"}') == 1
    assert 0 <= metric(text, "penchant_model_age_seconds ") < 600
    assert metric(text, "penchant_items ") == 60


def test_health_is_open_to_all(made: Value) -> None:
    assert made.client.get("/health/live").json()["status"] == "ok"
    assert made.client.get("/health/ready").json() == {"status": "ok", "detail": ""}


def test_the_server_never_imports_torch(model_folder: Path, tmp_path: Path) -> None:
    code = """
import sys
from penchant.service import running
from penchant.service.app import build_app
from penchant.service.service import build_service
from penchant.service.settings import ServiceSettings
service = build_service(sys.argv[1], ServiceSettings(database=sys.argv[2]))
build_app(service)
service.people.describe({"1": 5.0}).state.recommend(5)
service.close()
print("torch" in sys.modules)
"""
    command = [sys.executable, "-c", code, str(model_folder), f"sqlite:///{tmp_path / 'r.db'}"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(SOURCE)}
    )
    assert done.stdout.strip() == "False"


def test_the_guide_names_every_route(made: Value) -> None:
    guide = GUIDE.read_text()
    for path, operations in made.client.get("/v1/openapi.json").json()["paths"].items():
        lines = [line for line in guide.splitlines() if f"{path}`" in line]
        assert lines, path
        for method in operations:
            assert any(re.search(rf"\b{method.upper()}\b", line) for line in lines), (method, path)


def test_the_guides_pictures_are_there() -> None:
    pictures = re.findall(r"\]\((images/[^)]+)\)", GUIDE.read_text())
    assert pictures
    assert all((GUIDE.parent / picture).exists() for picture in pictures)
