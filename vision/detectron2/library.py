"""The one door to the library Detectron2, which is optional and not in the package index."""

from __future__ import annotations

import warnings

import torch

from vision.detectron2.install import missing_error

try:
    with warnings.catch_warnings():
        # As it is imported it compiles by torch.jit, which torch deprecates; and it calls
        # meshgrid without an order, of which torch warns once in a process: here.
        warnings.simplefilter("ignore")
        torch.meshgrid(torch.zeros(1), torch.zeros(1))
        from detectron2.checkpoint.c2_model_loading import (
            align_and_update_state_dicts as align_and_update_state_dicts,
        )
        from detectron2.config import CfgNode as CfgNode
        from detectron2.config import get_cfg as get_cfg
        from detectron2.export.torchscript_patch import patch_builtin_len as patch_builtin_len
        from detectron2.modeling import build_model as build_model
        from detectron2.structures import Boxes as Boxes
        from detectron2.structures import Instances as Instances
        from detectron2.utils.events import EventStorage as EventStorage
        from detectron2.utils.file_io import PathManager as PathManager
except ImportError as error:
    raise missing_error(str(error)) from error
