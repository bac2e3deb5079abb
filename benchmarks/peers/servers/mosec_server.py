"""Mosec with one worker, which takes raw bytes and answers with JSON."""

from mosec import Server, Worker
from network import Network


class Embedding(Worker):
    """One picture a call."""

    def __init__(self) -> None:
        super().__init__()
        self.network = Network()

    def deserialize(self, data: bytes) -> bytes:
        """Take the body as it is."""
        return data

    def forward(self, data: bytes) -> dict:
        """Answer a JPEG with its values."""
        return {"values": self.network.embed(data)}


if __name__ == "__main__":
    server = Server()
    server.append_worker(Embedding, num=1)
    server.run()
