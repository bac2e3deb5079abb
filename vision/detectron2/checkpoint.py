"""Weights files of Detectron2 into a network: read as data, matched by name, and never run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from sorter.errors import InvalidInputError
from vision.detectron2.library import align_and_update_state_dicts
from vision.detectron2.plain_pickle import plain_from_pickle
from vision.weight_files import tensors_by_name, tensors_from_file

_BOXLESS = ("roi_heads.mask_", "roi_heads.keypoint_", "pixel_mean", "pixel_std")
_ANCHORS = "anchor_generator.cell_anchors"
_COUNTED = "num_batches_tracked"
_NAMED = 3
"""How many weights an error names."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a weights file holds.

    Attributes:
        tensors: By the names that the file gives them.
        is_matched_by_suffix: Whether those are only the ends of the network's names.
        is_caffe2: Whether they are the names of Detectron2's forerunner.
    """

    tensors: Mapping[str, Tensor]
    is_matched_by_suffix: bool = False
    is_caffe2: bool = False


def read_checkpoint(path: Path) -> Checkpoint:
    """Read the weights in a ``.pth``, a ``.safetensors`` or a ``.pkl`` file.

    Raises:
        InvalidInputError: The file is missing or broken, or holds anything but weights.
    """
    if path.suffix != ".pkl":
        return Checkpoint(tensors_from_file(path))
    try:
        return _from_pickle(path)
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from error


def fill(network: nn.Module, checkpoint: Checkpoint, name: str) -> None:
    """Give every weight of a network the value that a checkpoint has for it.

    What the checkpoint has for finding masks and key points is left aside.

    Args:
        network: As :func:`vision.detectron2.config.build_network` returns it.
        checkpoint: What a file holds.
        name: What errors call the file.

    Raises:
        InvalidInputError: A weight is missing, is left over, or has another shape.
    """
    own = network.state_dict()
    tensors = _renamed(own, checkpoint, name)
    left_over = [key for key in tensors.keys() - own.keys() if not _finds_no_boxes(key)]
    missing = [key for key in own.keys() - tensors.keys() if not key.endswith(_COUNTED)]
    for keys, what in ((missing, "lacks"), (left_over, "has, and the network has not,")):
        if keys:
            named = ", ".join(sorted(keys)[:_NAMED])
            raise InvalidInputError(f"{name} {what} {len(keys)} weights: {named} ...")
    try:
        network.load_state_dict({k: t for k, t in tensors.items() if k in own}, strict=False)
    except RuntimeError as error:
        raise InvalidInputError(f"{name} does not fit the configuration: {error}") from error


def _renamed(own: Mapping[str, Tensor], checkpoint: Checkpoint, name: str) -> dict[str, Tensor]:
    tensors = {key.removeprefix("module."): tensor for key, tensor in checkpoint.tensors.items()}
    if not checkpoint.is_matched_by_suffix:
        return tensors
    try:
        matched: dict[str, Tensor] = align_and_update_state_dicts(
            own, tensors, c2_conversion=checkpoint.is_caffe2
        )
    except (AssertionError, IndexError, ValueError) as error:
        raise InvalidInputError(f"{name} does not fit the configuration: {error}") from error
    return matched


def _finds_no_boxes(key: str) -> bool:
    return key.startswith(_BOXLESS) or _ANCHORS in key


def _from_pickle(path: Path) -> Checkpoint:
    """Read a file of the model zoo, or of the zoo of Detectron2's forerunner.

    Source: ``DetectionCheckpointer._load_file`` of Detectron2.
    """
    data = plain_from_pickle(path.read_bytes(), str(path))
    if not isinstance(data, dict):
        raise InvalidInputError(f"{path}: not a file of a model zoo")
    if "model" in data and "__author__" in data:
        is_caffe2 = data["__author__"] == "Caffe2"
        return Checkpoint(
            tensors_by_name(data, path), bool(data.get("matching_heuristics", False)), is_caffe2
        )
    blobs = data.get("blobs", data)
    if not isinstance(blobs, dict):
        raise InvalidInputError(f"{path}: not a file of a model zoo")
    weights = {name: w for name, w in blobs.items() if not str(name).endswith("_momentum")}
    return Checkpoint(tensors_by_name(weights, path), is_matched_by_suffix=True, is_caffe2=True)
