"""A tiny network of Detectron2 with weights by chance. Imports the library when called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from vision.model_card import ModelCard, ModelKind, Role
from vision.package import ModelPackage
from vision.weights import weights_of

if TYPE_CHECKING:
    from vision.detectron2.config import Config

LABELS = ("person", "bowl", "spoon")
LABEL_MAP = {"bowl": Role.CONTAINER, "spoon": Role.ITEM}
SIZE_PX = (96, 64)

_LEVELS = ["res2", "res3", "res4", "res5"]
_VALUES: dict[str, Any] = {
    "MODEL.BACKBONE.NAME": "build_resnet_fpn_backbone",
    "MODEL.RESNETS.DEPTH": 50,
    "MODEL.RESNETS.STEM_OUT_CHANNELS": 8,
    "MODEL.RESNETS.RES2_OUT_CHANNELS": 8,
    "MODEL.RESNETS.WIDTH_PER_GROUP": 4,
    "MODEL.RESNETS.OUT_FEATURES": _LEVELS,
    "MODEL.FPN.IN_FEATURES": _LEVELS,
    "MODEL.FPN.OUT_CHANNELS": 8,
    "MODEL.FPN.NORM": "LN",  # or what chance amplifies would drown every score
    "MODEL.ANCHOR_GENERATOR.SIZES": [[8], [16], [32], [48], [64]],
    "MODEL.RPN.IN_FEATURES": ["p2", "p3", "p4", "p5", "p6"],
    "MODEL.ROI_HEADS.NAME": "StandardROIHeads",
    "MODEL.ROI_HEADS.IN_FEATURES": ["p2", "p3", "p4", "p5"],
    "MODEL.ROI_HEADS.NUM_CLASSES": len(LABELS),
    "MODEL.ROI_BOX_HEAD.NAME": "FastRCNNConvFCHead",
    "MODEL.ROI_BOX_HEAD.NUM_FC": 1,
    "MODEL.ROI_BOX_HEAD.FC_DIM": 16,
    "MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION": 3,
    "INPUT.MIN_SIZE_TEST": min(SIZE_PX),
    "INPUT.MAX_SIZE_TEST": max(SIZE_PX),
}


def make_config(**values: Any) -> Config:
    """Return the tiny network's configuration; ``a__B`` names the field ``a.B``."""
    from vision.detectron2.library import get_cfg

    config = get_cfg()
    for name, value in {**_VALUES, **values}.items():
        config.merge_from_list([name.replace("__", "."), value])
    return config


def make_network(seed: int = 0, config: Config | None = None) -> nn.Module:
    """Return the tiny network: its answers are chance, many, unsure, and of every class."""
    from vision.detectron2.config import build_network

    torch.manual_seed(seed)
    network = build_network(config or make_config())
    state = network.state_dict()
    for name, spread in (("box_head.fc1", 0.2), ("box_predictor.cls_score", 0.5)):
        weight = state[f"roi_heads.{name}.weight"]
        weight.copy_(spread * torch.randn_like(weight))
    return network


def make_detectron2_package(seed: int = 0) -> ModelPackage:
    """Return the tiny network as a package."""
    from vision.detectron2.config import text_from_config

    card = ModelCard(
        name="tiny",
        version="1",
        kind=ModelKind.DETECTRON2,
        labels=LABELS,
        input_size_px=SIZE_PX,
        score_threshold=0.5,
        label_map=LABEL_MAP,
    )
    config = make_config()
    return ModelPackage(card, weights_of(make_network(seed, config)), text_from_config(config))
