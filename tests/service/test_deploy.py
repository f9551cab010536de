"""The files for operators name what there is: settings, commands, routes, metrics, packages."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from typer.main import get_command

from command_line import penchant_process
from penchant.cli.main import build
from penchant.service.metrics import Metrics
from penchant.service.settings import ServiceSettings
from service.made_service import Running, key_for, running
from service.programs import Cluster
from waiting import PATIENCE

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("penchant*.service"))


def documents(name: str) -> list[Any]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


def texts() -> str:
    return "\n".join(path.read_text() for path in DEPLOY.rglob("*") if path.is_file())


def nodes(tree: Any) -> Iterator[Any]:
    yield tree
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    for one in inner:
        yield from nodes(one)


def command_lines() -> list[list[str]]:
    """Every way in which these files start the command."""
    found = [re.search(r"^ExecStart=\S+/penchant (.*)$", unit.read_text(), re.M)[1].split() for unit in UNITS]
    in_clusters = [node for node in nodes(documents("kubernetes/penchant.yaml")) if isinstance(node, dict)]
    found += [node["args"] for node in in_clusters if "args" in node]
    found.append(documents("compose.yaml")[0]["services"]["penchant"]["command"])
    found.append(yaml.safe_load(re.search(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(), re.M)[1]))
    return found


def test_the_settings_file_holds_settings() -> None:
    found = ServiceSettings.from_json(tomllib.loads((DEPLOY / "penchant.toml").read_text()))
    assert found.event_weights == {"purchase": 1.0, "cart": 0.5, "view": 0.1}


def test_every_variable_is_a_setting() -> None:
    known = {f"PENCHANT_{name.upper()}" for name in ServiceSettings.names()} | {"PENCHANT_SETTINGS"}
    assert set(re.findall(r"PENCHANT_[A-Z_]+", texts())) <= known


def test_every_flag_in_a_comment_is_one() -> None:
    serve = get_command(build()).commands["serve"]
    known = {flag for parameter in serve.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    named = re.findall(r"--[a-z-]+", "\n".join((DEPLOY / name).read_text() for name in ("nginx.conf", "Caddyfile")))
    assert set(named) <= known


@pytest.mark.parametrize("words", command_lines(), ids=" ".join)
def test_every_command_line_is_understood(words: list[str]) -> None:
    command = get_command(build()).commands[words[0]]
    flags = {flag for parameter in command.params for flag in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= flags


def test_kubernetes_and_compose_know_one_another() -> None:
    kinds = {one["kind"]: one for one in documents("kubernetes/penchant.yaml")}
    pod = kinds["Deployment"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert {probe["httpGet"]["path"] for name, probe in container.items() if name.endswith("Probe")} == {
        "/health/live", "/health/ready",
    }  # fmt: skip
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    assert pod["securityContext"]["runAsUser"] == 10001
    assert f"--uid {10001}" in (DEPLOY / "Dockerfile").read_text()
    drain = ServiceSettings().drain_seconds
    assert pod["terminationGracePeriodSeconds"] > drain
    compose = documents("compose.yaml")[0]
    assert set(compose["volumes"]) == {"database", "models"}


@pytest.mark.parametrize("unit", [*UNITS, DEPLOY / "penchant-retrain.timer"], ids=lambda path: path.name)
def test_units_are_units(unit: Path) -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(unit.read_text())
    assert {"Unit"} < set(parser.sections())
    if unit.name == "penchant.service":
        assert int(parser["Service"]["TimeoutStopSec"]) > ServiceSettings().drain_seconds


def test_alerts_ask_for_metrics_that_there_are() -> None:
    there = {line.split()[2] for line in Metrics().text().decode().splitlines() if line.startswith("# TYPE")}
    rules = documents("alerts.yaml")[0]["groups"][0]["rules"]
    for rule in rules:
        for name in re.findall(r"penchant_[a-z_]+", rule["expr"]):
            assert {name, name.removesuffix("_total"), re.sub("_(count|bucket|sum)$", "", name)} & there, name
        assert rule["annotations"]["summary"]
    assert len({rule["alert"] for rule in rules}) == len(rules)


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_braces_close(name: str) -> None:
    text = re.sub(r"#.*|\{http\.[a-z.]+\}", "", (DEPLOY / name).read_text())
    depth = 0
    for letter in text:
        depth += (letter == "{") - (letter == "}")
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize(("name", "pattern"), [
    ("nginx.conf", r"client_max_body_size (\d+)m;"), ("Caddyfile", r"max_size (\d+)MB"),
])  # fmt: skip
def test_proxies_let_the_largest_body_through(name: str, pattern: str) -> None:
    found = re.search(pattern, (DEPLOY / name).read_text())
    assert found is not None
    settings = ServiceSettings()
    assert 1_000_000 * int(found[1]) >= max(settings.max_body_bytes, settings.max_import_bytes, settings.max_bulk_bytes)


def test_retraining_weighs_the_events_that_the_service_takes() -> None:
    kinds = tomllib.loads((DEPLOY / "penchant.toml").read_text())["event_kinds"]
    assert f'Environment="PENCHANT_EVENT_KINDS={" ".join(kinds)}"' in (DEPLOY / "penchant-retrain.service").read_text()


def answers_probes_and_its_own_name(server: Running, key: dict[str, str]) -> None:
    """Probes and metrics are asked for by address, everything else by the public name."""
    for _ in range(4):  # every worker has a turn
        assert server.get("/health/live").status_code == server.get("/health/ready").status_code == 200
    assert server.get("/metrics", headers=key).status_code == 200
    assert server.get("/v1/items").status_code == 421
    assert server.get("/v1/items", headers={"Host": "films.example"}).status_code == 200


def test_the_unit_starts_with_the_settings_file(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As systemd starts it, but for the port and the folders."""
    [words] = [one for one in command_lines() if one[0] == "serve" and "--settings" in one]
    assert words == ["serve", "/var/lib/penchant/films", "--settings", "/etc/penchant/penchant.toml"]
    database = f"sqlite:///{tmp_path / 'films.db'}"
    key = key_for(model_folder, database)
    monkeypatch.setenv("PENCHANT_DATABASE", database)  # as the file of its environment says
    with running(model_folder, tmp_path / "log", settings=DEPLOY / "penchant.toml") as server:
        answers_probes_and_its_own_name(server, key)
        bought = {"events": [{"user": "1", "item": "5", "kind": "purchase"}]}
        with server.client(headers={"Host": "films.example", **key}) as client:
            assert client.post("/v1/events", json=bought).json()["done"] == 1
        server.process.terminate()
        assert server.process.wait(timeout=PATIENCE) == 0
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    assert {"/health/ready", "/v1/events"} <= {line["route"] for line in lines}  # the access log is on


@pytest.mark.postgres
def test_the_environment_of_compose_serves_from_postgresql(
    model_folder: Path, tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.empty()
    environment = documents("compose.yaml")[0]["services"]["penchant"]["environment"]
    given = {"DATABASE_PASSWORD": "secret", "PUBLIC_NAME": "films.example"}
    filled = {
        name: re.sub(r"\$\{([A-Z_]+)[^}]*\}", lambda found: given[found[1]], text) for name, text in environment.items()
    }
    address = urlsplit(filled["PENCHANT_DATABASE"])
    assert (address.scheme, address.username, address.password, address.path) == (
        "postgresql", "penchant", "secret", "/penchant",
    )  # fmt: skip
    filled["PENCHANT_DATABASE"] = cluster.url
    image = dict(re.findall(r"(PENCHANT_[A-Z_]+)=(\S+)", (DEPLOY / "Dockerfile").read_text()))
    for name, text in {**image, **filled, "PENCHANT_HOST": "127.0.0.1"}.items():
        monkeypatch.setenv(name, text)
    made = penchant_process("keys", "add", model_folder, "shop", "--scope", "write").stdout
    key = {"Authorization": f"Bearer {re.search(r'pk_[0-9a-zA-Z_-]+', made)[0]}"}
    with running(model_folder, tmp_path / "log") as server:
        answers_probes_and_its_own_name(server, key)


def test_the_image_holds_what_the_service_needs_and_no_torch() -> None:
    image = (DEPLOY / "Dockerfile").read_text()
    assert "'/source[serve]'" in image and "torch" not in image.partition("\nFROM")[2]
    assert re.search(r"^USER penchant$", image, re.M)
