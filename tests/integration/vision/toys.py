"""Small nets and small worlds, so that training takes seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from sorter.types import BoxArray, LabelArray
from vision.networks import DetectorArchitecture, build_detector
from vision.package import ModelCard, ModelPackage
from vision.ports import RgbImage
from vision.training.detector import DetectorLesson
from vision.training.loop import LoopSettings
from vision.training.prepared import SmallViews, prepare
from vision.training.pupils.torchvision_pupil import TorchvisionPupil, detector_card
from vision.weights import weights_of

TINY = DetectorArchitecture(16, 16, ((12, 18), (27, 40), (62, 92)))
SIZE_PX = (96, 64)


@dataclass(frozen=True)
class Rectangles:
    """Pictures of 192 x 128 pixels: small bright items and large dark containers on grey."""

    n: int
    seed: int = 0

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> tuple[RgbImage, BoxArray, LabelArray]:
        rng = np.random.default_rng([self.seed, index])
        image = np.full((128, 192, 3), 120, np.uint8)
        boxes, labels = [], []
        for label, side in ((1, 90), (0, 36)):
            x, y = int(rng.integers(192 - side)), int(rng.integers(128 - side))
            image[y : y + side, x : x + side] = 250 if label == 0 else 20
            boxes.append((x, y, x + side, y + side))
            labels.append(label)
        return image, np.array(boxes, np.float32), np.array(labels, np.int64)


@dataclass(frozen=True)
class Discs:
    """Crops of three kinds: red, green and blue, of any proportions."""

    n: int
    seed: int = 0
    kinds: tuple[str, ...] = ("red", "green", "blue")

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> tuple[RgbImage, int]:
        rng = np.random.default_rng([self.seed, index])
        kind = index % len(self.kinds)
        crop = rng.integers(0, 60, (*rng.integers(20, 50, 2), 3)).astype(np.uint8)
        crop[..., kind] += 150
        return crop, kind


def make_card() -> ModelCard:
    """Return the card of a tiny detector."""
    card = detector_card("1", {})
    return replace(card, input_size_px=SIZE_PX, architecture=TINY.to_mapping())


def make_package(seed: int = 0) -> ModelPackage:
    """Return a tiny detector with weights by chance."""
    torch.manual_seed(seed)
    return ModelPackage(make_card(), weights_of(build_detector(TINY, 2)))


def make_lesson(folder: Path, n: int = 24) -> DetectorLesson:
    """Return a lesson for a tiny detector."""
    torch.manual_seed(5)
    views = prepare(SmallViews(Rectangles(n), SIZE_PX), "toys", folder / "views")
    judges = prepare(SmallViews(Rectangles(4, seed=1), SIZE_PX), "judges", folder / "judges")
    pupil = TorchvisionPupil(make_card(), torch.device("cpu"))
    return DetectorLesson(pupil, views, judges, folder / "package")


def make_settings(steps: int, save_every: int = 1000) -> LoopSettings:
    """Return settings under which a tiny detector learns within seconds."""
    return LoopSettings(
        steps=steps,
        batch=4,
        seed=3,
        learning_rate=2e-3,
        warm_up_steps=3,
        weight_decay=0.01,
        evaluate_every=1000,
        save_every=save_every,
        average_decay=0.9,
    )
