"""An exported detector: pictures of any size in, detections in their pixels out, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sorter.errors import InvalidInputError
from sorter.types import Detections, Label, LabelArray
from vision.fitting import SizePx, fitted_size
from vision.onnx.graphs import Graph, open_graph
from vision.onnx.pictures import resized_rgb
from vision.package import ModelCard, ModelKind, ModelPackage
from vision.packaged import PackagedDetector
from vision.ports import RgbImage
from vision.postprocessing import RawBoxes, detections_from_boxes
from vision.squaring import ResizeRgb


class OnnxDetector(PackagedDetector):
    """Finds items and containers with a graph of :mod:`vision.export`.

    Each picture passes the graph alone, so that its answer is the same in every batch.
    """

    def __init__(self, card: ModelCard, graph: Graph, resize: ResizeRgb = resized_rgb) -> None:
        _check_size(card, graph)
        super().__init__(card)
        self._graph = graph
        self._resize = resize
        self._labels = _label_of_class(card)

    @classmethod
    def from_package(
        cls,
        package: ModelPackage,
        device: str = "auto",
        n_threads: int = 0,
        resize: ResizeRgb = resized_rgb,
    ) -> OnnxDetector:
        """Make a package's detector ready, as :func:`vision.onnx.graphs.open_graph` says.

        Raises:
            InvalidInputError: The graph cannot be run there, or is not what the card says.
        """
        return cls(package.card, open_graph(package, device, n_threads), resize)

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        """As :class:`vision.ports.Detector` says."""
        return [self._detected(image) for image in images_rgb]

    def _detected(self, image_rgb: RgbImage) -> Detections:
        picture_px = (image_rgb.shape[1], image_rgb.shape[0])
        fed_px = self._fed_px(picture_px)
        found = self._boxes(self._graph.run(self._resize(image_rgb, fed_px)[None]))
        return detections_from_boxes(found, self._threshold, fed_px, picture_px)

    def _fed_px(self, picture_px: SizePx) -> SizePx:
        if self._card.kind is ModelKind.DETECTRON2:
            return fitted_size(picture_px, self._card.input_size_px)
        return self._card.input_size_px

    def _boxes(self, answers: list[NDArray[Any]]) -> RawBoxes:
        boxes, scores, classes = answers
        return RawBoxes(boxes.astype(np.float32), scores.astype(np.float32), self._labels[classes])


def _check_size(card: ModelCard, graph: Graph) -> None:
    """Refuse a graph that fixes another size than the card's."""
    width_px, height_px = card.input_size_px
    sides = list(graph.input_shape)
    is_free = card.kind is ModelKind.DETECTRON2  # whose pictures keep their proportions
    if sides != ([1, None, None, 3] if is_free else [1, height_px, width_px, 3]):
        raise InvalidInputError(
            f"the graph takes {sides}, but input_size is {[width_px, height_px]}"
        )


def _label_of_class(card: ModelCard) -> LabelArray:
    """Return the label of each class that the graph numbers: ``(n,)`` int64."""
    if card.kind is ModelKind.DETECTOR:
        return np.array([int(Label[name.upper()]) for name in card.labels], np.int64)
    return card.class_labels()
