"""What ``sorterbot export`` measures: the export beside its original, on the same pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from cli.photographs import opened
from cli.training_run import progress_bar
from robot.datasets import RenderedCrops, RenderedViews
from robot.kinds import TRAINING_KINDS
from vision.evaluation import EVALUATION_THRESHOLD
from vision.export.agreement import (
    DetectorAgreement,
    EmbedderAgreement,
    compare_detectors,
    compare_embedders,
)
from vision.labelled.specification import spec_from_text
from vision.load import detector_of, embedder_of
from vision.onnx.detector import OnnxDetector
from vision.onnx.embedder import OnnxEmbedder
from vision.package import ModelKind, ModelPackage
from vision.ports import DetectionDataset


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line.

    Attributes:
        views: To render, for a detector.
        photographs: Specifications of labelled ones, for a detector.
        crops: To render, for an embedder.
        devices: Each runs the export once.
    """

    views: int
    photographs: tuple[str, ...]
    crops: int
    seed: int
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison, in words and as a JSON object."""

    sentence: str
    document: dict[str, Any]


def compared(original: ModelPackage, made: ModelPackage, order: Order) -> Iterator[Comparison]:
    """Yield how the export does beside its original: one comparison a device and dataset.

    Args:
        original: Run by torch on the CPU, or on a GPU where the export is.
        made: Exported, or the original with a graph beside its weights.
        order: The pictures, and what runs the export.

    Raises:
        InvalidInputError: A device is not there, or photographs cannot be read.
    """
    original = replace(original, graph=b"")  # else the graph would run it as well
    for device in order.devices:
        if original.card.kind is ModelKind.EMBEDDER:
            yield from _compared_embedders(original, made, order, device)
        else:
            yield from _compared_detectors(original, made, order, device)


def _compared_detectors(
    original: ModelPackage, made: ModelPackage, order: Order, device: str
) -> Iterator[Comparison]:
    eager = detector_of(_unsure(original), _beside(device))
    exported = OnnxDetector.from_package(_unsure(made), device)
    threshold = original.card.score_threshold or 0.0
    for title, dataset in _datasets(order):
        with progress_bar(f"Comparing on {device}", len(dataset)) as advance:
            agreement = compare_detectors(eager, exported, dataset, threshold, advance)
        told = {"device": device, "pictures_of": title, **agreement.to_mapping()}
        yield Comparison(f"{device}, {title}: {_detectors_sentence(agreement)}", told)


def _compared_embedders(
    original: ModelPackage, made: ModelPackage, order: Order, device: str
) -> Iterator[Comparison]:
    if not order.crops:
        return
    eager = embedder_of(original, _beside(device))
    exported = OnnxEmbedder.from_package(made, device)
    crops = RenderedCrops(order.crops, order.seed, TRAINING_KINDS)
    with progress_bar(f"Comparing on {device}", len(crops)) as advance:
        agreement = compare_embedders(eager, exported, crops, advance)
    told = {"device": device, **agreement.to_mapping()}
    yield Comparison(f"{device}: {_embedders_sentence(agreement)}", told)


def _datasets(order: Order) -> Iterator[tuple[str, DetectionDataset]]:
    if order.views:
        yield f"{order.views} views", RenderedViews(order.views, order.seed)
    for text in order.photographs:
        spec = spec_from_text(text)
        yield spec.title, opened(spec)


def _unsure(package: ModelPackage) -> ModelPackage:
    """Return the detector's package as one that answers with what it is hardly sure of."""
    return replace(package, card=replace(package.card, score_threshold=EVALUATION_THRESHOLD))


def _beside(device: str) -> str:
    return device if device.startswith("cuda") else "cpu"


def _detectors_sentence(agreement: DetectorAgreement) -> str:
    before, after = agreement.ap50_95
    return (
        f"AP50-95 {before:.4f} by torch, {after:.4f} exported ({after - before:+.5f}); of "
        f"{agreement.boxes} boxes {agreement.alone} found by one alone, the others up to "
        f"{agreement.largest_shift_px:.3f} px and {agreement.largest_score_shift:.5f} of score "
        f"apart; {agreement.speeds.eager_ms:.0f} and {agreement.speeds.exported_ms:.0f} ms a "
        f"picture, {agreement.speeds.factor:.2f} times as fast."
    )


def _embedders_sentence(agreement: EmbedderAgreement) -> str:
    return (
        f"the values of {agreement.crops} crops are up to {agreement.largest_difference:.2g} of "
        f"their length apart; {agreement.speeds.eager_ms:.1f} and "
        f"{agreement.speeds.exported_ms:.1f} ms a crop, {agreement.speeds.factor:.2f} times as "
        "fast."
    )
