"""Detectron2's configurations as text that cannot run anything, and the networks they describe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from torch import nn

from sorter.errors import InvalidInputError
from vision.detectron2.library import CfgNode, build_model, get_cfg

Config = Any
"""A ``CfgNode`` of Detectron2, which has no types."""

_REFUSALS: tuple[type[Exception], ...] = (
    AssertionError,
    AttributeError,
    KeyError,
    OSError,
    TypeError,
    ValueError,
    yaml.YAMLError,
)
"""What the library raises for a configuration that it cannot take."""

_NETWORK_SHARE = 0.9  # of the package's threshold: the network's own one drops what equals it


def config_from_text(text: str, name: str = "config.yaml") -> Config:
    """Read a whole configuration, as :func:`text_from_config` wrote it.

    Args:
        text: YAML of plain values; what it does not name has the library's default.
        name: What errors call it.

    Raises:
        InvalidInputError: It is not YAML of plain values, or names what the library lacks.
    """

    def merge(config: Config) -> None:
        values = yaml.safe_load(text)
        if not isinstance(values, dict):
            raise InvalidInputError(f"{name}: not a configuration of Detectron2")
        config.merge_from_other_cfg(CfgNode(values))

    return _merged(name, merge)


def config_from_file(path: Path, *, is_trusted: bool = False) -> Config:
    """Read a configuration file, together with those that it names under ``_BASE_``.

    Args:
        path: The file.
        is_trusted: Whether YAML may build any Python object, as some of the library's own
            files do; never for a file that somebody hands in.

    Raises:
        InvalidInputError: As :func:`config_from_text` says, or a file is missing.
    """
    return _merged(
        str(path), lambda config: config.merge_from_file(str(path), allow_unsafe=is_trusted)
    )


def text_from_config(config: Config) -> str:
    """Return the whole configuration as YAML of plain values."""
    text: str = config.dump()
    return text


def build_network(config: Config, threshold: float = 0.0) -> nn.Module:
    """Return the network that a configuration describes, untrained, on the CPU, evaluating.

    It finds boxes alone: heads for masks and key points are left out.

    Args:
        config: Is not changed.
        threshold: Boxes that score clearly lower need not be answered.

    Raises:
        InvalidInputError: The library cannot build it.
    """
    config = config.clone()
    config.defrost()
    config.MODEL.DEVICE = "cpu"
    config.MODEL.WEIGHTS = ""
    config.MODEL.MASK_ON = False
    config.MODEL.KEYPOINT_ON = False
    for part in (config.MODEL.ROI_HEADS, config.MODEL.RETINANET):
        part.SCORE_THRESH_TEST = _NETWORK_SHARE * threshold
    try:
        network: nn.Module = build_model(config)
    except _REFUSALS as error:
        raise InvalidInputError(f"Detectron2 cannot build this configuration: {error}") from error
    return network.eval()


def n_classes(config: Config) -> int:
    """Return how many classes the network knows."""
    is_one_stage = config.MODEL.META_ARCHITECTURE == "RetinaNet"
    part = config.MODEL.RETINANET if is_one_stage else config.MODEL.ROI_HEADS
    return int(part.NUM_CLASSES)


def is_bgr(config: Config) -> bool:
    """Tell whether the network was taught on pictures with the channels turned round.

    Raises:
        InvalidInputError: It wants neither RGB nor BGR.
    """
    order = str(config.INPUT.FORMAT)
    if order not in ("RGB", "BGR"):
        raise InvalidInputError(f"INPUT.FORMAT is {order}, and only RGB and BGR can be fed")
    return order == "BGR"


def input_size_px(config: Config) -> tuple[int, int]:
    """Return the size into which a picture is fitted: the long side, then the short one.

    Raises:
        InvalidInputError: A side is not one that a package may have; 0 stands for no resizing.
    """
    sides = int(config.INPUT.MAX_SIZE_TEST), int(config.INPUT.MIN_SIZE_TEST)
    if not all(16 <= side <= 4096 for side in sides):
        raise InvalidInputError(
            f"INPUT.MAX_SIZE_TEST and MIN_SIZE_TEST must be 16 to 4096 pixels, not {sides}"
        )
    return max(sides), min(sides)


def _merged(name: str, merge: Callable[[Config], None]) -> Config:
    config = get_cfg()
    try:
        merge(config)
    except _REFUSALS as error:
        raise InvalidInputError(f"{name}: not a configuration of Detectron2: {error}") from error
    return config
