"""What every detector of a package says of itself."""

from __future__ import annotations

from vision.fitting import SizePx
from vision.model_card import ModelCard


class PackagedDetector:
    """The part of :class:`vision.ports.Detector` that stands in a package's card."""

    def __init__(self, card: ModelCard) -> None:
        self._card = card
        self._threshold = card.score_threshold or 0.0

    @property
    def version(self) -> str:
        """As :class:`vision.ports.Detector` says."""
        return self._card.full_name

    @property
    def input_size_px(self) -> SizePx:
        """As :class:`vision.ports.Detector` says."""
        return self._card.input_size_px

    @property
    def score_threshold(self) -> float:
        """Detections below it are dropped."""
        return self._threshold
