"""BentoML with one worker; started by its own command, `bentoml serve`."""

from pathlib import Path

import bentoml
from network import Network


@bentoml.service(workers=1, traffic={"timeout": 120})
class Embedding:
    """One picture a call."""

    def __init__(self) -> None:
        self.network = Network()

    @bentoml.api(route="/embed")
    def embed(self, picture: Path) -> dict:
        """Answer a JPEG, which comes as a file of a form, with its values."""
        return {"values": self.network.embed(picture.read_bytes())}
