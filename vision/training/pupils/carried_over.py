"""What a detector of ours has learnt, in the names and the order of Detectron2's parts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from vision.detectron2.config import Config, build_network
from vision.networks import DetectorArchitecture
from vision.package import ModelPackage, Weights
from vision.weights import weights_of

_STAGES = (1, 2, 3)
_OBJECTNESS = "proposal_generator.rpn_head.objectness_logits"
_ANCHOR_DELTAS = "proposal_generator.rpn_head.anchor_deltas"
_CLASSES = "roi_heads.box_predictor.cls_score"
_BOXES = "roi_heads.box_predictor.bbox_pred"
_COARSEST = "backbone.fpn_lateral5"


def weights_for_compact(package: ModelPackage, config: Config) -> Weights:
    """Return a detector's weights for :func:`compact_config` of the same architecture.

    What the package has no weights for, the pyramid's coarsest level, starts by chance and
    weighs nothing in the others.

    Both libraries compute the same sums. They lay them out differently: Detectron2 counts the
    background as the last class and has no box for it, torchvision as the first with a box of
    its own; and of the anchors of a place Detectron2 takes one size after another, torchvision
    one ratio after another.

    Args:
        package: Of the kind :attr:`vision.package.ModelKind.DETECTOR`.
        config: For the package's labels.
    """
    architecture = DetectorArchitecture.from_mapping(package.card.architecture)
    modules = _modules()
    carried = dict(weights_of(build_network(config)))
    for leaf in ("weight", "bias"):
        carried[f"{_COARSEST}.{leaf}"] = np.zeros_like(carried[f"{_COARSEST}.{leaf}"])
    for name, weight in package.weights.items():
        module, _, leaf = name.rpartition(".")
        carried[f"{modules[module]}.{leaf}"] = _laid_out(modules[module], weight, architecture)
    return carried


def _laid_out(
    module: str, weight: NDArray[np.generic], architecture: DetectorArchitecture
) -> NDArray[np.generic]:
    if module == _CLASSES:
        return np.roll(weight, -1, axis=0)
    if module == _BOXES:
        return weight[4:]
    if module in (_OBJECTNESS, _ANCHOR_DELTAS):
        n_sizes, n_ratios = len(architecture.anchor_sizes_px[0]), len(architecture.anchor_ratios)
        by_ratio = weight.reshape(n_ratios, n_sizes, -1, *weight.shape[1:])
        return by_ratio.swapaxes(0, 1).reshape(weight.shape)
    return weight


@cache
def _modules() -> Mapping[str, str]:
    """Return where each module of ours is found in Detectron2's network."""
    names = {
        "body.stem.0": "backbone.bottom_up.stem.conv1",
        "body.stem.1": "backbone.bottom_up.stem.conv1.norm",
        "rpn.head.conv.0.0": "proposal_generator.rpn_head.conv",
        "rpn.head.cls_logits": _OBJECTNESS,
        "rpn.head.bbox_pred": _ANCHOR_DELTAS,
        "roi_heads.box_head.fc6": "roi_heads.box_head.fc1",
        "roi_heads.box_head.fc7": "roi_heads.box_head.fc2",
        _CLASSES: _CLASSES,
        _BOXES: _BOXES,
    }
    for stage in _STAGES:
        names[f"pyramid.inner_blocks.{stage - 1}.0"] = f"backbone.fpn_lateral{stage + 1}"
        names[f"pyramid.layer_blocks.{stage - 1}.0"] = f"backbone.fpn_output{stage + 1}"
        for block in (0, 1):
            ours, theirs = (
                f"body.layer{stage}.{block}",
                f"backbone.bottom_up.res{stage + 1}.{block}",
            )
            names[f"{ours}.downsample.0"] = f"{theirs}.shortcut"
            names[f"{ours}.downsample.1"] = f"{theirs}.shortcut.norm"
            for number in (1, 2):
                names[f"{ours}.conv{number}"] = f"{theirs}.conv{number}"
                names[f"{ours}.bn{number}"] = f"{theirs}.conv{number}.norm"
    return names
