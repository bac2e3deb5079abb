"""How the original detects: picture after picture, decoded and given to the network alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from vision.decode import decode_rgb
from vision.model_card import ModelKind, Runtime

if TYPE_CHECKING:
    from vision.package import ModelPackage

OneByOne = Callable[[bytes], object]
"""Takes a picture's bytes and returns what was found in whatever form."""


def original_way(source: str, device: str) -> tuple[OneByOne, str]:
    """Return the original's way of detecting with a package's weights, and its description.

    A package of Detectron2 runs in that library's ``DefaultPredictor``, as the original's does.
    Other networks have no such thing: they are given one picture a call.

    Args:
        source: As :func:`vision.load.load_detector` takes it.
        device: As torch spells it.
    """
    from vision.load import load_detector, load_detector_package

    package = load_detector_package(source)
    if package.card.kind is ModelKind.DETECTRON2 and package.card.runtime is Runtime.TORCH:
        return _default_predictor(package, device), "decode, then DefaultPredictor"
    detector = load_detector(source, device)
    return lambda data: detector.detect([decode_rgb(data)]), "decode, then one picture a call"


def _default_predictor(package: ModelPackage, device: str) -> OneByOne:
    """Return Detectron2's own predictor with a package's configuration, size and weights."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what the library still uses of torch
        from detectron2.engine import DefaultPredictor
    from vision.detectron2.config import config_from_text
    from vision.weights import load_weights

    config = config_from_text(package.config)
    config.defrost()
    config.MODEL.DEVICE = device
    config.MODEL.WEIGHTS = ""
    config.MODEL.MASK_ON = False
    config.MODEL.KEYPOINT_ON = False
    config.MODEL.ROI_HEADS.SCORE_THRESH_TEST = package.card.score_threshold
    config.MODEL.RETINANET.SCORE_THRESH_TEST = package.card.score_threshold
    config.INPUT.MAX_SIZE_TEST = max(package.card.input_size_px)
    config.INPUT.MIN_SIZE_TEST = min(package.card.input_size_px)
    predictor = DefaultPredictor(config)
    load_weights(predictor.model, package.weights)

    def detect(data: bytes) -> object:
        return predictor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))

    return detect
