"""Ray Serve with one replica."""

import os
import time

import ray
from network import Network
from ray import serve
from starlette.requests import Request


@serve.deployment(num_replicas=1, max_ongoing_requests=64, ray_actor_options={"num_cpus": 0})
class Embedding:
    """One picture a call."""

    def __init__(self) -> None:
        self.network = Network()

    async def __call__(self, request: Request) -> dict:
        """Answer a JPEG with its values."""
        return {"values": self.network.embed(await request.body())}


if __name__ == "__main__":
    ray.init(
        include_dashboard=False,
        configure_logging=False,
        object_store_memory=100_000_000,
        _node_ip_address="127.0.0.1",
    )
    serve.start(http_options={"host": "127.0.0.1", "port": int(os.environ["PEER_PORT"])})
    serve.run(Embedding.bind(), route_prefix="/embed")
    while True:
        time.sleep(3600)
