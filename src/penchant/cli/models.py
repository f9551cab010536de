"""`penchant models`: the models and their settings."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated

import typer

from penchant.cli.output import AsJson, show_json, show_table
from penchant.training.registry import MODELS, model_spec


def models(
    name: Annotated[str | None, typer.Argument(help="The model whose settings are listed.")] = None,
    as_json: AsJson = False,
) -> None:
    if name is None:
        rows = [[one.name, one.summary] for one in MODELS.values()]
        if as_json:
            show_json(dict(rows))
        else:
            show_table("Models", ["name", "description"], rows)
        return
    settings = [
        [field.name, str(field.default), str(field.metadata.get("meaning", ""))]
        for field in fields(model_spec(name).settings_class())
    ]
    if as_json:
        show_json([dict(zip(("name", "default", "meaning"), row, strict=True)) for row in settings])
    else:
        rows = [["--" + flag.replace("_", "-"), default, meaning] for flag, default, meaning in settings]
        show_table(f"Settings of {name}", ["flag", "default", "meaning"], rows)


def register(app: typer.Typer) -> None:
    app.command("models", help="List the models, or the settings of one.")(models)
