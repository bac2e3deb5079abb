"""Virtual tables, rendered, detected and embedded once, so that decisions are tried in no time.

cache = SceneCache(Path("runs/scenes"))
tables = TableSettings(seed=6000)
for number in range(20):
    seen = cache.load(tables, number)
    arm = tables.stand_at(number, "SCENE")
    plan = sort_session(arm.arm, seen.photographs, seen.crops)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks.seen_scene import PictureTruth, SeenScene, crops_of, load_seen, save_seen
from cli.bench import Networks
from cli.tables import TableSettings
from robot.arm import POSITIONS_PW, VirtualArm
from robot.camera import encode_jpeg, photograph
from robot.table_layout import CAMERA
from sorter.types import ImageSize, Photograph
from vision.crop import crop_rgb
from vision.decode import decode_rgb

FORMAT = 1
"""Of the files; raise it when what they hold changes its meaning."""

_PACKAGES = Path(__file__).resolve().parent.parent / "vision" / "packages"


class Eyes(Protocol):
    """Photographs tables and looks at the pictures."""

    @property
    def models(self) -> Sequence[str]:
        """What tells these eyes from others: texts that change with any weight in them."""
        ...

    def see(self, arm: VirtualArm, positions_pw: Sequence[float]) -> SeenScene:
        """Return an arm's table as these eyes see it."""
        ...


@dataclass(frozen=True, slots=True)
class NetworkEyes:
    """A detector and an embedder, loaded when the first table is to be seen.

    They run on one thread: on several, sums add up in another order and round differently.

    Attributes:
        detector: Folder of the detector's package, "" for the shipped one.
        embedder: Folder of the embedder's package, "" for the shipped one.
    """

    detector: str = ""
    embedder: str = ""

    @property
    def models(self) -> Sequence[str]:
        """As :class:`Eyes` says: the packages' cards hold the checksums of their weights."""
        sources = {"detector": self.detector, "embedder": self.embedder}
        folders = [Path(source) if source else _PACKAGES / name for name, source in sources.items()]
        return [(folder / "model.json").read_text(encoding="utf-8") for folder in folders]

    def see(self, arm: VirtualArm, positions_pw: Sequence[float]) -> SeenScene:
        """As :class:`Eyes` says."""
        return see_scene(arm, _load_networks(self.detector, self.embedder), positions_pw)


@lru_cache(maxsize=1)
def _load_networks(detector: str, embedder: str) -> Networks:
    """Load both, once a process: worker processes are handed their eyes anew with every table."""
    import cv2
    import torch

    from vision.load import load_detector, load_embedder

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    return Networks(load_detector(detector), load_embedder(embedder))


@dataclass(frozen=True, slots=True)
class SceneCache:
    """A folder of seen scenes, made where it is missing.

    A file is found again by the table as it was laid and by the models that looked at it. The
    code that draws is not part of its name: after a change there, take another folder.
    """

    folder: Path
    eyes: Eyes = field(default_factory=NetworkEyes)

    def load(
        self,
        tables: TableSettings,
        number: int,
        positions_pw: Sequence[float] = POSITIONS_PW,
    ) -> SeenScene:
        """Return a table as the eyes see it, from its file or, the first time, from them."""
        arm = tables.stand_at(number, f"SCENE{number:04}")
        file = self.file_of(arm, tables.seed + number, positions_pw)
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            save_seen(file, self.eyes.see(arm, positions_pw))
        return load_seen(file)

    def file_of(self, arm: VirtualArm, seed: int, positions_pw: Sequence[float]) -> Path:
        """Return where a scene is kept, whether it is there yet or not."""
        parts = [FORMAT, repr(arm.arm.geometry), repr(arm.scene), list(positions_pw)]
        digest = hashlib.sha256(json.dumps([*parts, *self.eyes.models]).encode()).hexdigest()
        return self.folder / f"{seed}-{digest[:12]}.npz"


def see_scene(
    arm: VirtualArm, networks: Networks, positions_pw: Sequence[float] = POSITIONS_PW
) -> SeenScene:
    """Photograph a table, detect, and embed the crop of every detection, merged or not."""
    photographs, truths, embeddings = [], [], []
    for position_pw in positions_pw:
        photo = photograph(arm.scene, position_pw, CAMERA, arm.arm.geometry)
        rgb = decode_rgb(encode_jpeg(photo.rgb, arm.scene.optics.jpeg_quality))
        (detections,) = networks.detector.detect([rgb])
        size = ImageSize(rgb.shape[1], rgb.shape[0])
        picture = Photograph(f"{position_pw:g}", position_pw, size, detections)
        crops = [crop_rgb(rgb, crop.xyxy_px) for crop in crops_of(picture)]
        photographs.append(picture)
        truths.append(PictureTruth(photo.xyxy_px, photo.labels, photo.indices))
        embeddings.append(np.asarray(networks.embedder.embed(crops), np.float32))
    return SeenScene(tuple(photographs), tuple(truths), tuple(embeddings))
