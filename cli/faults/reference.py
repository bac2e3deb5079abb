"""What an undisturbed session of the same pictures comes to, made in this very process."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from typing import Any, Protocol

from sorter.commands import plan_document
from sorter.pipeline import sort_session
from sorter.types import Arm, Detections, ImageSize, Photograph
from vision.decode import decode_rgb
from vision.stand_in import StandInDetector, StandInEmbedder, detections_of
from workers.crops import StoredCropEmbedder


class Reference(Protocol):
    """Knows what each picture shows and which commands sort a set of them."""

    def detections(self, data: bytes) -> Detections:
        """Return what a picture's row must hold."""
        ...

    def commands(self, arm: Arm, pictures: Mapping[float, bytes]) -> list[dict[str, Any]]:
        """Return the commands of a plan made of these pictures, by their positions."""
        ...


class StandInReference:
    """Detects and plans with the stand-in networks, without gateway, queues, rows or workers.

    What was planned once is kept. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[Arm, tuple[tuple[float, str], ...]], list[dict[str, Any]]] = {}

    def detections(self, data: bytes) -> Detections:
        """As :class:`Reference` says."""
        return detections_of(decode_rgb(data))

    def commands(self, arm: Arm, pictures: Mapping[float, bytes]) -> list[dict[str, Any]]:
        """As :class:`Reference` says."""
        ordered = sorted(pictures.items())
        key = (arm, tuple((pw, hashlib.sha256(data).hexdigest()) for pw, data in ordered))
        with self._lock:
            if key not in self._known:
                self._known[key] = self._plan(arm, pictures)
            return self._known[key]

    def _plan(self, arm: Arm, pictures: Mapping[float, bytes]) -> list[dict[str, Any]]:
        names = {f"{position_pw:g}": position_pw for position_pw in sorted(pictures)}
        photographs = [
            self._photograph(name, position_pw, pictures[position_pw])
            for name, position_pw in names.items()
        ]
        crops = StoredCropEmbedder(
            {name: name for name in names}, lambda name: pictures[names[name]], StandInEmbedder()
        )
        models = {"detector": StandInDetector.version, "embedder": StandInEmbedder.version}
        document = plan_document(sort_session(arm, photographs, crops), models)
        commands: list[dict[str, Any]] = document["commands"]
        return commands

    def _photograph(self, name: str, position_pw: float, data: bytes) -> Photograph:
        rgb = decode_rgb(data)
        size = ImageSize(rgb.shape[1], rgb.shape[0])
        return Photograph(name, position_pw, size, detections_of(rgb))
