"""What a sort worker notes of a session while it sorts it, for people to look at."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sorter.ports import CropEmbedder
from sorter.types import Crop, FloatArray


class NotingEmbedder:
    """Passes crops on to an embedder, and notes what it said of each and how long it took.

    Attributes:
        looks: The embedding of each crop that was asked about.
        took_s: In all.
    """

    def __init__(
        self, embedder: CropEmbedder, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._embedder = embedder
        self._monotonic = monotonic
        self.looks: dict[Crop, FloatArray] = {}
        self.took_s = 0.0

    def embed_crops(self, crops: Sequence[Crop]) -> FloatArray:
        """As :class:`sorter.ports.CropEmbedder` says."""
        began_s = self._monotonic()
        embeddings = self._embedder.embed_crops(crops)
        self.took_s += self._monotonic() - began_s
        self.looks |= dict(zip(crops, embeddings, strict=True))
        return embeddings


class StageTimes:
    """How long each stage of sorting took, the embedder's part of it told apart.

    Args:
        embedder: Whose time is no other stage's.
    """

    def __init__(
        self, embedder: NotingEmbedder, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._embedder = embedder
        self._monotonic = monotonic
        self._began_s = monotonic()
        self._embedded_s = embedder.took_s
        self._took_s: dict[str, float] = {}

    def end(self, stage: str) -> None:
        """Note that a stage is over, and that the next begins."""
        now_s, embedded_s = self._monotonic(), self._embedder.took_s
        own_s = now_s - self._began_s - (embedded_s - self._embedded_s)
        self._took_s[stage] = max(own_s, 0.0)
        self._began_s, self._embedded_s = now_s, embedded_s

    def told(self) -> dict[str, float]:
        """Return seconds by stage, in the order in which they ended, the embedder's among them."""
        return {**self._took_s, "embed": self._embedder.took_s}
