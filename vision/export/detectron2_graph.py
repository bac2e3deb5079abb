"""Networks of Detectron2 to ONNX graphs, for pictures of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from vision.detectron2.config import build_network, config_from_text, is_bgr
from vision.detectron2.library import patch_builtin_len
from vision.evaluation import EVALUATION_THRESHOLD
from vision.export.onnx_graph import DETECTOR_OUTPUTS, NetworkGraph, graph_of
from vision.package import ModelPackage
from vision.weights import load_weights

if TYPE_CHECKING:
    from onnx import ModelProto


class Detectron2Graph(NetworkGraph):
    """A network of Detectron2 as it is exported: one picture of any size in."""

    def __init__(self, network: nn.Module, *, is_bgr: bool) -> None:
        super().__init__(network)
        self._is_bgr = is_bgr

    def forward(self, images_rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return boxes ``(n, 4)``, scores and classes ``(n,)`` of ``(1, height, width, 3)``."""
        image = images_rgb[0].permute(2, 0, 1).float()
        (answer,) = self.network([{"image": image.flip(0) if self._is_bgr else image}])
        found = answer["instances"]
        return found.pred_boxes.tensor, found.scores, found.pred_classes


def traced_detectron2(package: ModelPackage) -> ModelProto:
    """Return the graph of a package with its weights; it answers with unsure boxes, too.

    Raises:
        InvalidInputError: Configuration and weights do not fit, or a library is missing.
    """
    config = config_from_text(package.config)
    network = build_network(config, EVALUATION_THRESHOLD)
    load_weights(network, package.weights)
    whole = Detectron2Graph(network, is_bgr=is_bgr(config))
    with patch_builtin_len():  # else the number of regions of the traced picture would be fixed
        return graph_of(
            whole, package.card.input_size_px, DETECTOR_OUTPUTS, {1: "height", 2: "width"}
        )
