"""FastAPI with the network inside the server's own process, as tutorials have it."""

import os

import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from network import Network

app = FastAPI()
network = Network()


@app.post("/embed")
async def embed(request: Request) -> dict:
    """Answer a JPEG with its values."""
    return {"values": await run_in_threadpool(network.embed, await request.body())}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PEER_PORT"]), log_level="warning")
