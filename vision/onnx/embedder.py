"""An exported embedder: crops of any size in, their values out, without torch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sorter.errors import InvalidInputError
from sorter.types import FloatArray
from vision.onnx.graphs import Graph, open_graph
from vision.onnx.pictures import resized_rgb
from vision.package import ModelCard, ModelPackage
from vision.ports import RgbImage
from vision.squaring import ResizeRgb, squared_rgb


class OnnxEmbedder:
    """Embeds crops with a graph of :mod:`vision.export`.

    Each crop passes the graph alone, so that its values are the same whatever comes with it.
    """

    def __init__(self, card: ModelCard, graph: Graph, resize: ResizeRgb = resized_rgb) -> None:
        self._card = card
        self._graph = graph
        self._resize = resize
        self._side_px = min(card.input_size_px)
        if list(graph.input_shape[1:]) != [self._side_px, self._side_px, 3]:
            raise InvalidInputError(
                f"the graph takes {list(graph.input_shape)}, but input_size is "
                f"{list(card.input_size_px)}"
            )
        blank = np.zeros((1, self._side_px, self._side_px, 3), np.uint8)
        self._n_values = graph.run(blank)[0].shape[1]

    @classmethod
    def from_package(
        cls,
        package: ModelPackage,
        device: str = "auto",
        n_threads: int = 0,
        resize: ResizeRgb = resized_rgb,
    ) -> OnnxEmbedder:
        """Make a package's embedder ready, as :func:`vision.onnx.graphs.open_graph` says.

        Raises:
            InvalidInputError: The graph cannot be run there, or is not what the card says.
        """
        return cls(package.card, open_graph(package, device, n_threads), resize)

    @property
    def version(self) -> str:
        """As :class:`vision.ports.Embedder` says."""
        return self._card.full_name

    def embed(self, crops_rgb: Sequence[RgbImage]) -> FloatArray:
        """As :class:`vision.ports.Embedder` says."""
        rows = [np.zeros((0, self._n_values), np.float32)]
        for crop in crops_rgb:
            square = squared_rgb(crop, self._side_px, self._resize)
            rows.append(self._graph.run(square[None])[0].astype(np.float32))
        return np.concatenate(rows)
