"""A tiny network of Detectron2; its library is imported when it is asked for."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch

from tests.integration.vision.toys import SIZE_PX, Rectangles
from vision.package import ModelPackage, Weights
from vision.training.detector import DetectorLesson
from vision.training.prepared import SmallViews, prepare

if TYPE_CHECKING:
    from vision.training.pupils.detectron2_pupil import Detectron2Pupil

needs_detectron2 = pytest.mark.skipif(
    find_spec("detectron2") is None, reason="Detectron2 is not installed"
)

_TINY: dict[str, Any] = {
    "MODEL.RESNETS.DEPTH": 50,  # the only depths of free width have three layers a block
    "MODEL.RESNETS.STEM_OUT_CHANNELS": 8,
    "MODEL.RESNETS.RES2_OUT_CHANNELS": 16,
    "MODEL.RESNETS.WIDTH_PER_GROUP": 4,
    "MODEL.FPN.OUT_CHANNELS": 16,
    "MODEL.ROI_BOX_HEAD.FC_DIM": 16,
}


def tiny_config() -> Any:
    """Return a configuration of some 100,000 values."""
    from vision.training.pupils.compact import compact_config, fresh_architecture

    config = compact_config(fresh_architecture((2 * SIZE_PX[0], 2 * SIZE_PX[1])))
    for name, value in _TINY.items():
        config.merge_from_list([name, value])
    return config


def make_detectron2_lesson(folder: Path, n: int = 24, device: str = "cpu") -> DetectorLesson:
    """Return a lesson for a tiny network of Detectron2."""
    views = prepare(SmallViews(Rectangles(n), SIZE_PX), "toys", folder / "views")
    judges = prepare(SmallViews(Rectangles(4, seed=1), SIZE_PX), "judges", folder / "judges")
    pupil = make_detectron2_pupil(device=device)
    return DetectorLesson(pupil, views, judges, folder / "package")


def make_detectron2_package() -> ModelPackage:
    """Return a tiny network with weights by chance."""
    pupil = make_detectron2_pupil()
    return pupil.package(pupil.card)


def make_detectron2_pupil(
    start: Weights | None = None, n_classes: int = 2, order: str = "RGB", device: str = "cpu"
) -> Detectron2Pupil:
    """Return a tiny network that knows so many classes, and learns."""
    from vision.training.pupils.detectron2_pupil import Detectron2Pupil, detectron2_card

    torch.manual_seed(5)
    config = tiny_config()
    config.MODEL.ROI_HEADS.NUM_CLASSES = n_classes
    config.INPUT.FORMAT = order
    if order == "BGR":
        config.MODEL.PIXEL_MEAN = config.MODEL.PIXEL_MEAN[::-1]
        config.MODEL.PIXEL_STD = config.MODEL.PIXEL_STD[::-1]
    card = detectron2_card("1", {}, SIZE_PX)
    return Detectron2Pupil(card, config, torch.device(device), start)
