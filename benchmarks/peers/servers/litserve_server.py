"""LitServe with one worker; it takes JSON, so the picture comes as base64."""

import base64
import os

import litserve
from network import Network


class Embedding(litserve.LitAPI):
    """One picture a call."""

    def setup(self, device: str) -> None:  # noqa: ARG002
        """Load the network in the worker's process."""
        self.network = Network()

    def decode_request(self, request: dict) -> bytes:
        """Take the picture out of the document."""
        return base64.b64decode(request["picture"])

    def predict(self, data: bytes) -> list[float]:
        """Embed it."""
        return self.network.embed(data)

    def encode_response(self, output: list[float]) -> dict:
        """Answer with the values."""
        return {"values": output}


if __name__ == "__main__":
    server = litserve.LitServer(
        Embedding(api_path="/embed"), accelerator="cpu", workers_per_device=1, timeout=120
    )
    server.run(port=int(os.environ["PEER_PORT"]), host="127.0.0.1", generate_client_file=False)
