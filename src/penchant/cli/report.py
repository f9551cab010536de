"""`penchant report`: what became of the lists that a service gave."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated, Literal

import typer

from penchant.cli.list_flags import ModelFolder
from penchant.cli.output import AsJson, show_json, show_table
from penchant.cli.serve import DatabaseUrl
from penchant.foundations.errors import CallerError
from penchant.foundations.optional import require


def report(
    folder: ModelFolder,
    online: Annotated[bool, typer.Option("--online", help="What became of the lists that the service gave.")] = False,
    experiment: Annotated[str, typer.Option(help="The name of the experiment; left out, lists outside of any.")] = "",
    kind: Annotated[Literal["clicked", "chosen", "rated"], typer.Option(help="The outcome that counts.")] = "chosen",
    database: DatabaseUrl = "",
    as_json: AsJson = False,
) -> None:
    if not online:
        raise CallerError("a report of a saved model needs its test rows", remedy="Use penchant evaluate, or --online")
    require("sqlalchemy", extra="serve")
    from penchant.service.online_report import online_report
    from penchant.service.service import open_database
    from penchant.service.settings import ServiceSettings
    from penchant.service.storage.given_lists import ListStore

    with closing(open_database(folder, ServiceSettings(database=database))) as opened:
        store = ListStore(opened, days=1)
        found = online_report(store.lists(experiment), store.outcomes(kind), kind)
    if as_json:
        show_json(found.to_json())
        return
    rows = [
        [one.arm or "all", one.users, one.lists, one.outcomes, f"{one.rate.value:.4f}",
         f"{one.rate.low:.4f} to {one.rate.high:.4f}"]
        for one in found.arms
    ]  # fmt: skip
    show_table(f"{kind} for each list", ["arm", "users", "lists", kind, "rate", "99 % interval"], rows)
    print(found.conclusion)
    if found.greedy is not None and found.random is not None:
        print(
            f"{found.explored:.1%} of the lists were drawn at random. Without exploration the rate would be "
            f"{found.greedy.value:.4f} ({found.greedy.low:.4f} to {found.greedy.high:.4f}), "
            f"at random {found.random.value:.4f} ({found.random.low:.4f} to {found.random.high:.4f})"
        )


def register(app: typer.Typer) -> None:
    app.command("report", help="Report what became of the lists that a service gave, by arm of an experiment.")(report)
