"""Every page of the service: how long one takes for a user with ratings of their own.

    python benchmarks/pages.py                # the default model of the shipped MovieLens data, two minutes
    python benchmarks/pages.py --model films  # a model that is trained already

One server process with an SQLite database. Each of 40 new users brings 12 ratings of their own by the page's import,
random ones of the 500 films with the most ratings, and then opens every page once, in an order of their own. So a
user is folded in once, on the page that comes first, and no list is made twice. A page is the HTML alone; the rows
that a script fetches later are pages of their own. Seconds are those the client waits, on a connection that stays open;
cpu is the processor time of the server, which other programs on the machine change little.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import numpy as np

import penchant as pt
from penchant.evaluation.scoring.protocol import machine, versions

RESULTS = Path(__file__).parent / "results" / "pages.json"
USERS, RATED, KNOWN = 40, 12, 500
PAGES = {
    "home": "/", "for you": "/rows/for-you", "popular": "/rows/popular", "because": "/rows/because", "new": "/rows/new",
    "further afield": "/rows/afield", "filtered": "/?genre=Drama&years=1990-1999", "search": "/search?search=godfater",
    "item": "/items/1196", "watchlist": "/watchlist", "taste": "/taste", "map": "/map", "map points": "/map/points",
    "ratings": "/ratings", "model": "/model",
}  # fmt: skip
FLAGS = ["--address-rate", "1e9", "--address-burst", "1000000000"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path)
    model = parser.parse_args().model
    with tempfile.TemporaryDirectory() as folder:
        if model is None:
            model = pt.train(pt.movielens(), seed=0).save(Path(folder) / "model")
        found = measured(model, Path(folder))
    table = pt.movielens()
    RESULTS.write_text(
        json.dumps(
            {
                "ratings": len(table), "items": len(table.items), "pages": found, "machine": machine(),
                "load": round(os.getloadavg()[0], 1), "command": "python benchmarks/pages.py",
                "protocol": " ".join((__doc__ or "").split()),
                "versions": versions(("fastapi", "uvicorn", "jinja2", "rapidfuzz", "numpy")),
            },
            indent=1,
        )
        + "\n"
    )  # fmt: skip
    for name, figures in found.items():
        print(name, figures)


def measured(model: Path, folder: Path) -> dict[str, dict[str, float]]:
    """Milliseconds for each page."""
    command = [sys.executable, "-m", "penchant", "serve", str(model), "--port", "0", *FLAGS]
    with subprocess.Popen(
        [*command, "--database", f"sqlite:///{folder / 'pages.db'}"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split(" on ")[1].strip()
            rng = np.random.default_rng(0)
            taken: dict[str, list[tuple[float, float]]] = {name: [] for name in PAGES}
            for _ in range(USERS):
                _visit(address, server.pid, rng, taken)
        finally:
            server.terminate()
    return {name: _figures(rows) for name, rows in taken.items()}


def _visit(address: str, process: int, rng: Any, taken: dict[str, list[tuple[float, float]]]) -> None:
    films = rng.choice(_known(), RATED, replace=False)
    rows = "\n".join(f"{film},x,{rating}" for film, rating in zip(films, rng.integers(1, 11, RATED) / 2, strict=True))
    with httpx2.Client(base_url=address, headers={"Accept": "text/html", "Origin": address}, timeout=60) as client:
        kept = client.post("/ratings/import", files={"file": ("mine.csv", f"item,title,rating\n{rows}\n")})
        assert "ratings from this service are here now" in kept.text
        for name in rng.permutation(list(PAGES)):
            before, started = _cpu(process), time.perf_counter()
            answer = client.get(PAGES[name])
            taken[name].append((time.perf_counter() - started, _cpu(process) - before))
            assert answer.status_code == 200, (name, answer.status_code)


@cache
def _known() -> list[Any]:
    """The ids of the films with the most ratings."""
    table = pt.movielens()
    counts = np.bincount(table.item_numbers, minlength=len(table.items))
    return table.items.ids[np.argsort(-counts, kind="stable")[:KNOWN]].tolist()


def _cpu(process: int) -> float:
    """Seconds of processor time that the server has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _figures(rows: list[tuple[float, float]]) -> dict[str, float]:
    seconds = np.array([one for one, _ in rows])
    p50, p95 = (round(1000 * float(np.quantile(seconds, q)), 1) for q in (0.5, 0.95))
    return {"p50_ms": p50, "p95_ms": p95, "cpu_ms": round(1000 * sum(cpu for _, cpu in rows) / len(rows), 1)}


if __name__ == "__main__":
    main()
