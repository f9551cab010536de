"""In production with PostgreSQL.

The service keeps ratings in a database. Several servers may share one PostgreSQL: a rating that one server has answered
is in the next list of every other.

Give the address of your database in `PENCHANT_DATABASE`, such as `postgresql://user@host/penchant`. Without it, this
script uses an SQLite file, which serves one machine. The tests run it on a PostgreSQL server.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import penchant as pt

folder = Path(tempfile.mkdtemp())
database = os.environ.get("PENCHANT_DATABASE", f"sqlite:///{folder / 'ratings.db'}")
pt.train(pt.movielens(), "als", factors=8, seed=0).save(folder / "films")

# %% A server is one command. `--port 0` takes a free port, and the first line says which.


@contextmanager
def server():
    command = [sys.executable, "-m", "penchant", "serve", str(folder / "films"), "--port", "0", "--database", database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running.stdout.readline().split(" on ")[1].strip()
        finally:
            running.terminate()


def ask(method, address, body=None, token=None):
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(address, data, headers, method=method)) as answer:
        return json.load(answer)


# %% Two servers on one database. A visitor rates films at the first and asks the second for a list.

with server() as first, server() as second:
    visitor = ask("POST", f"{first}/v1/visitors")
    mine = "/v1/users/me/recommendations?n=100"
    before = ask("GET", second + mine, token=visitor["token"])
    for film, stars in {260: 5, 1196: 5, 1721: 1}.items():
        ask("PUT", f"{first}/v1/users/me/ratings/{film}", {"rating": stars}, visitor["token"])
    after = ask("GET", second + mine, token=visitor["token"])
print(database.split(":")[0], before["source"], "->", after["source"])

# %% The picture: how the expected ratings of the listed films moved after three ratings.

from drawing import axes, save

old = {line["item"]: line["predicted"] for line in before["items"]}
moved = [(old[line["item"]], line["predicted"]) for line in after["items"] if line["item"] in old]
drawn = axes("One visitor, two servers, one database", x="expected rating before", y="after three ratings")
drawn.scatter(*zip(*moved, strict=True), s=14)
drawn.axline((4, 4), slope=1, linewidth=0.8, color="#888888")
save(__file__)
