"""Networks of torch to ONNX graphs, with their weights inside or without them.

Traced by torch's TorchScript exporter: the newer one of ``torch.export`` stops at torchvision's
suppression of boxes, which chooses its way by how many there are (docs/adr/0018).
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from sorter.errors import InvalidInputError
from vision.networks import normalised
from vision.onnx.graphs import INPUT
from vision.package import WEIGHTS_FILE

if TYPE_CHECKING:
    from onnx import ModelProto

DETECTOR_OUTPUTS = ("boxes", "scores", "classes")
EMBEDDER_OUTPUTS = ("values",)
_OPSET = 18


class NetworkGraph(nn.Module):
    """A network between the pixels that an exported graph takes and what it answers."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network


class DetectorGraph(NetworkGraph):
    """A detector as it is exported: one picture in, boxes, scores and classes from 0 on out."""

    def forward(self, images_rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return ``(n, 4)`` pixels of the input, ``(n,)`` and ``(n,)`` of ``(1, h, w, 3)``."""
        (found,) = self.network(_scaled(images_rgb))[0]
        return found["boxes"], found["scores"], found["labels"] - 1


class EmbedderGraph(NetworkGraph):
    """An embedder as it is exported: squared crops in, rows of values out."""

    def forward(self, crops_rgb: Tensor) -> Tensor:
        """Return ``(n, d)`` of ``(n, side, side, 3)`` uint8."""
        values: Tensor = self.network(normalised(_scaled(crops_rgb)))
        return values


def graph_of(
    exported: NetworkGraph,
    size_px: tuple[int, int],
    outputs: Sequence[str],
    free_sides: Mapping[int, str] = MappingProxyType({}),
) -> ModelProto:
    """Write a network down as it computes, for input of one size.

    Args:
        exported: What to trace; its ``network`` is what the weights belong to.
        size_px: Width and height of its input.
        outputs: The names of its outputs; the first side of each may vary.
        free_sides: Of its four sides, those that may be of any length, with names for them.

    Returns:
        The graph, its weights named as in the network's ``state_dict``.

    Raises:
        InvalidInputError: The library ``onnx`` is missing.
    """
    try:
        import onnx
    except ImportError as error:
        raise InvalidInputError("exporting needs onnx: pip install 'sorterbot[export]'") from error
    width_px, height_px = size_px
    pictures = torch.zeros((1, height_px, width_px, 3), dtype=torch.uint8)
    with TemporaryDirectory() as folder, torch.no_grad(), warnings.catch_warnings():
        path = Path(folder) / "graph.onnx"
        # The exporter warns of being the older one, and of what tracing fixes: sizes, which the
        # input fixes as well.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            exported.eval(),
            (pictures,),
            path,
            dynamo=False,
            opset_version=_OPSET,
            # Else it would merge weights and rename them; whatever runs the graph merges them.
            do_constant_folding=False,
            training=torch.onnx.TrainingMode.PRESERVE,
            input_names=[INPUT],
            output_names=list(outputs),
            dynamic_axes={INPUT: dict(free_sides)} | {name: {0: "n"} for name in outputs},
        )
        graph = onnx.load_model(path)
    _shorten_names(graph)
    _part_equal_weights(graph, exported.network.state_dict().keys())
    return graph


def without_weights(graph: ModelProto, names: Collection[str]) -> ModelProto:
    """Return the graph without these weights, which whoever runs it hands in by their names."""
    from onnx import TensorProto

    bare = type(graph)()
    bare.CopyFrom(graph)
    for weight in bare.graph.initializer:
        if weight.name in names:
            weight.ClearField("raw_data")
            weight.data_location = TensorProto.EXTERNAL
            place = weight.external_data.add()
            place.key, place.value = "location", WEIGHTS_FILE
    return bare


def _scaled(images_rgb: Tensor) -> Tensor:
    return images_rgb.permute(0, 3, 1, 2).float() / 255.0


def _shorten_names(graph: ModelProto) -> None:
    """Call weights what the network itself calls them."""
    prefix = "network."
    for weight in graph.graph.initializer:
        weight.name = weight.name.removeprefix(prefix)
    for node in graph.graph.node:
        node.input[:] = [name.removeprefix(prefix) for name in node.input]
        node.output[:] = [name.removeprefix(prefix) for name in node.output]


def _part_equal_weights(graph: ModelProto, names: Collection[str]) -> None:
    """Give each weight values of its own, where the exporter had several share equal ones."""
    weights = {weight.name: weight for weight in graph.graph.initializer}
    sharing = [
        node for node in graph.graph.node if node.op_type == "Identity" and node.output[0] in names
    ]
    for node in sharing:
        own = graph.graph.initializer.add()
        own.CopyFrom(weights[node.input[0]])
        own.name = node.output[0]
        graph.graph.node.remove(node)
