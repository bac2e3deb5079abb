"""SorterBot with the peers' network: its GPU worker embeds whole pictures, and finds nothing.

Found by ``celery -A benchmarks.peers.ours``; like :mod:`workers.app` it reads the environment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import vision.load
from sorter.types import Detections
from vision.ports import Embedder, RgbImage
from workers.bootstrap import app_from_environment


class EmbeddingDetector:
    """Passes pictures through ResNet18, and answers with one box around each, scored by it."""

    score_threshold = 0.0
    input_size_px = (96, 96)
    """Of the shipped embedder: a worker decodes no more than it needs, as the peers do."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.version = embedder.version

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        """As :class:`vision.ports.Detector` says."""
        values = self._embedder.embed(images_rgb)
        return [_whole(image, row) for image, row in zip(images_rgb, values, strict=True)]


def _whole(image_rgb: RgbImage, values: Any) -> Detections:
    height_px, width_px = image_rgb.shape[:2]
    score = float(np.clip(np.abs(values).mean(), 0, 1))
    return Detections(
        np.array([[0, 0, width_px, height_px]], np.float32),
        np.zeros(1, np.int64),
        np.array([score], np.float32),
    )


def _load_embedding_detector(*_: object) -> EmbeddingDetector:
    return EmbeddingDetector(vision.load.load_embedder(device="cpu"))


vision.load.load_detector = _load_embedding_detector  # type: ignore[assignment]  # any source
app = app_from_environment("benchmarks.peers.ours:app")
