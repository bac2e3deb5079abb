"""A small Detectron2 network that learns from nothing, on two CPU cores as on a GPU."""

from __future__ import annotations

from typing import Any

from vision.detectron2.config import Config
from vision.detectron2.library import get_cfg
from vision.networks import (
    DETECTOR_INPUT_PX,
    MEAN_RGB,
    POSITIVE_SHARE,
    REGIONS_LEARNT,
    STD_RGB,
    DetectorArchitecture,
)

_LEVELS = ["p2", "p3", "p4"]
_STAGES = ["res2", "res3", "res4", "res5"]

_VALUES: dict[str, Any] = {
    "INPUT.FORMAT": "RGB",
    "MODEL.PIXEL_MEAN": [255 * value for value in MEAN_RGB],
    "MODEL.PIXEL_STD": [255 * value for value in STD_RGB],
    "MODEL.META_ARCHITECTURE": "GeneralizedRCNN",
    "MODEL.BACKBONE.NAME": "build_resnet_fpn_backbone",
    "MODEL.BACKBONE.FREEZE_AT": 0,  # there is nothing learnt that could be kept
    "MODEL.RESNETS.DEPTH": 18,
    "MODEL.RESNETS.RES2_OUT_CHANNELS": 64,  # as the library asks of depths 18 and 34
    "MODEL.RESNETS.NORM": "BN",
    "MODEL.RESNETS.OUT_FEATURES": _STAGES,
    "MODEL.FPN.IN_FEATURES": _STAGES,
    "MODEL.RPN.IN_FEATURES": _LEVELS,
    "MODEL.RPN.BATCH_SIZE_PER_IMAGE": 128,
    "MODEL.RPN.PRE_NMS_TOPK_TRAIN": 800,
    "MODEL.RPN.PRE_NMS_TOPK_TEST": 1000,
    "MODEL.RPN.POST_NMS_TOPK_TRAIN": 500,
    "MODEL.RPN.POST_NMS_TOPK_TEST": 600,
    "MODEL.ROI_HEADS.NAME": "StandardROIHeads",
    "MODEL.ROI_HEADS.IN_FEATURES": _LEVELS,
    "MODEL.ROI_HEADS.BATCH_SIZE_PER_IMAGE": REGIONS_LEARNT,
    "MODEL.ROI_HEADS.POSITIVE_FRACTION": POSITIVE_SHARE,
    "MODEL.ROI_HEADS.NMS_THRESH_TEST": 0.55,  # boxes of things that touch aslant overlap by half
    "MODEL.ROI_BOX_HEAD.NAME": "FastRCNNConvFCHead",
    "MODEL.ROI_BOX_HEAD.NUM_FC": 2,
    "MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION": 7,
    "MODEL.ROI_BOX_HEAD.POOLER_TYPE": "ROIAlign",  # torchvision's, without the half pixel's shift
    "MODEL.ROI_BOX_HEAD.POOLER_SAMPLING_RATIO": 1,
}


def compact_config(architecture: DetectorArchitecture) -> Config:
    """Return the network of :func:`vision.networks.build_detector`, in Detectron2's parts.

    They differ in two things. The library's pyramid needs the last stage of ResNet18 too, which
    lends its levels what it sees of the whole picture. And a region is read from the level that
    the library chooses, which for regions of 56 to 224 pixels is one finer.

    Args:
        architecture: Anchor sizes are in pixels of the network's input.
    """
    config = get_cfg()
    for name, value in _VALUES.items():
        config.merge_from_list([name, value])
    config.MODEL.FPN.OUT_CHANNELS = architecture.pyramid_channels
    config.MODEL.ROI_BOX_HEAD.FC_DIM = architecture.head_values
    anchors = config.MODEL.ANCHOR_GENERATOR
    anchors.SIZES = [[float(size) for size in row] for row in architecture.anchor_sizes_px]
    anchors.ASPECT_RATIOS = [list(architecture.anchor_ratios)]
    return config


def fresh_architecture(input_size_px: tuple[int, int]) -> DetectorArchitecture:
    """Return the usual architecture, its anchors for that width and height of the input."""
    return DetectorArchitecture().scaled(input_size_px[0] / DETECTOR_INPUT_PX[0])


def scale_anchors(config: Config, factor: float) -> None:
    """Let the anchors of a configuration grow with the network's input."""
    rows = config.MODEL.ANCHOR_GENERATOR.SIZES
    config.MODEL.ANCHOR_GENERATOR.SIZES = [[factor * size for size in row] for row in rows]
