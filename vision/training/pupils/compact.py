"""A small Detectron2 network that learns from nothing, on two CPU cores as on a GPU."""

from __future__ import annotations

from typing import Any

from vision.detectron2.config import Config
from vision.detectron2.library import get_cfg
from vision.networks import DETECTOR_INPUT_PX, MEAN_RGB, STD_RGB

_LEVELS = ["p2", "p3", "p4", "p5"]
_STAGES = ["res2", "res3", "res4", "res5"]
_ANCHOR_SIZES_PX = ((12, 18), (27, 40), (62, 92), (128, 168))
"""A row a level (strides 4, 8, 16, 32), at an input of ``DETECTOR_INPUT_PX``."""

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
    "MODEL.FPN.OUT_CHANNELS": 128,
    "MODEL.ANCHOR_GENERATOR.ASPECT_RATIOS": [[0.5, 1.0, 2.0]],
    "MODEL.RPN.IN_FEATURES": _LEVELS,
    "MODEL.RPN.BATCH_SIZE_PER_IMAGE": 128,
    "MODEL.RPN.PRE_NMS_TOPK_TRAIN": 800,
    "MODEL.RPN.PRE_NMS_TOPK_TEST": 1000,
    "MODEL.RPN.POST_NMS_TOPK_TRAIN": 500,
    "MODEL.RPN.POST_NMS_TOPK_TEST": 600,
    "MODEL.ROI_HEADS.NAME": "StandardROIHeads",
    "MODEL.ROI_HEADS.IN_FEATURES": _LEVELS,
    "MODEL.ROI_HEADS.BATCH_SIZE_PER_IMAGE": 96,
    "MODEL.ROI_HEADS.POSITIVE_FRACTION": 0.4,
    "MODEL.ROI_HEADS.NMS_THRESH_TEST": 0.55,  # boxes of things that touch aslant overlap by half
    "MODEL.ROI_BOX_HEAD.NAME": "FastRCNNConvFCHead",
    "MODEL.ROI_BOX_HEAD.NUM_FC": 2,
    "MODEL.ROI_BOX_HEAD.FC_DIM": 512,
    "MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION": 7,
    "MODEL.ROI_BOX_HEAD.POOLER_SAMPLING_RATIO": 1,
}


def compact_config(input_size_px: tuple[int, int] = DETECTOR_INPUT_PX) -> Config:
    """Return a Faster R-CNN on a feature pyramid over ResNet18: 15.5 million values.

    Args:
        input_size_px: Width and height; the anchors grow with the width.
    """
    config = get_cfg()
    for name, value in _VALUES.items():
        config.merge_from_list([name, value])
    config.MODEL.ANCHOR_GENERATOR.SIZES = [[float(s) for s in row] for row in _ANCHOR_SIZES_PX]
    scale_anchors(config, input_size_px[0] / DETECTOR_INPUT_PX[0])
    return config


def scale_anchors(config: Config, factor: float) -> None:
    """Let the anchors of a configuration grow with the network's input."""
    rows = config.MODEL.ANCHOR_GENERATOR.SIZES
    config.MODEL.ANCHOR_GENERATOR.SIZES = [[factor * size for size in row] for row in rows]
