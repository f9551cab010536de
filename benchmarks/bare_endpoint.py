"""The reference of `service.py`: the same web stack around an exact top 10 of 20,000 items with 64 factors."""

import socket
import sys
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI, Request

from penchant.foundations.threads import limit_blas
from penchant.recommending.recommender import load, main_model
from penchant.service.list_schemas import ListRequest


def main() -> None:
    model = load(sys.argv[1])
    vectors, user = main_model(model).items.vectors[0], main_model(model).users.vectors[0, 0]
    app = FastAPI()

    def top() -> dict[str, Any]:
        scores = vectors @ user
        best = np.argpartition(-scores, 10)[:10]
        best = best[np.argsort(-scores[best])]
        return {"items": [{"item": int(i), "score": float(scores[i])} for i in best]}

    def threaded(ask: ListRequest) -> dict[str, Any]:
        return top()

    async def coroutine(request: Request) -> dict[str, Any]:
        await request.json()
        return top()

    app.post("/v1/recommendations")(threaded if sys.argv[2] == "threaded" else coroutine)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    print(f"on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    with limit_blas(1):
        uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listening])


if __name__ == "__main__":
    main()
