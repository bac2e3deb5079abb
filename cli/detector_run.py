"""Training a detector from end to end: rendered views, photographs, and a net to start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cli.photographs import opened
from cli.training_run import Order, check_folder, how_trained, prepared, run
from robot.datasets import RenderedViews
from sorter.errors import InvalidInputError
from vision.labelled.specification import PhotographSpec, spec_from_text
from vision.load import device_from_name
from vision.package import ModelKind, ModelPackage, load_package
from vision.training.detector import DetectorLesson, detector_card
from vision.training.photographs import KEPT_SCALE, Photographs, PhotographSet
from vision.training.prepared import (
    KeptPhotographs,
    PreparedViews,
    Readable,
    SmallViews,
    prepare,
)
from vision.training.presets import WARM_LEARNING_RATE, detector_settings


@dataclass(frozen=True, slots=True)
class DetectorOrder:
    """What a detector was asked for beyond what is asked for every net.

    Attributes:
        photographs: Specifications of photographs to learn from.
        judges: Specifications of photographs to judge by.
        share: Of photographs among the pictures of a batch.
        start: The package to start from, if any.
        input_size_px: Width and height.
        learning_rate: Where it is not the usual one.
    """

    photographs: Sequence[str]
    judges: Sequence[str]
    share: float
    start: Path | None
    input_size_px: tuple[int, int]
    learning_rate: float | None = None


def train_detector(order: Order, asked: DetectorOrder) -> dict[str, float]:
    """Render, read photographs, train and keep a detector; return the best validation scores.

    Raises:
        ConflictError: The folder holds a run, and going on with it was not asked for.
        InvalidInputError: It holds a run under other settings, or photographs or package are
            not as they must be.
    """
    device = device_from_name(order.device)
    start = load_package(asked.start, ModelKind.DETECTOR) if asked.start else None
    rate = asked.learning_rate or (WARM_LEARNING_RATE if start else 1e-3)
    data = _data(asked, start)
    settings = detector_settings(order.steps, order.batch, order.seed, device, rate)
    settings = replace(settings, learns_from=data)
    card = detector_card(
        order.version,
        how_trained(order, data, settings),
        asked.input_size_px,
        start.card if start else None,
    )
    check_folder(order)

    def small(n: int, seed: int) -> Readable:
        return SmallViews(RenderedViews(n, seed), asked.input_size_px)

    photographs = _photographs(asked, order.out)
    views, judges = prepared(order, "views", small)
    lesson = DetectorLesson(
        card,
        views,
        judges,
        order.package,
        device,
        photographs,
        start.weights if start else None,
    )
    return run(lesson, settings, order)


def size_from_text(text: str) -> tuple[int, int]:
    """Read a size such as ``448x336``.

    Raises:
        InvalidInputError: It is not two whole numbers.
    """
    try:
        width, height = (int(side) for side in text.split("x"))
    except ValueError as error:
        raise InvalidInputError(f"not a size such as 448x336: {text}") from error
    return width, height


def _data(asked: DetectorOrder, start: ModelPackage | None) -> str:
    titles = [f"photographs ({spec_from_text(text).title})" for text in asked.photographs]
    begun = f"from {start.card.full_name}" if start else "from scratch"
    words = [f"{begun} on rendered views", *titles]
    words += [f"{asked.share:g} of a batch photographs"] if titles else []
    words += [f"judged by {spec_from_text(text).title}" for text in asked.judges]
    return "; ".join(words)


def _photographs(asked: DetectorOrder, out: Path) -> Photographs:
    """Read all photographs at the size that training can use, once."""
    sets = []
    for number, text in enumerate(asked.photographs):
        spec = spec_from_text(text)
        folder = out / f"photographs-{number}"
        sets.append(PhotographSet(_kept(spec, folder, asked.input_size_px), spec.window))
    judges = [
        _kept(spec_from_text(text), out / f"judging-photographs-{number}", asked.input_size_px)
        for number, text in enumerate(asked.judges)
    ]
    return Photographs(sets, asked.share if sets else 0.0, judges)


def _kept(spec: PhotographSpec, folder: Path, input_size_px: tuple[int, int]) -> PreparedViews:
    dataset = opened(spec)
    width, height = (round(KEPT_SCALE * side / spec.window) for side in input_size_px)
    name = f"{spec.title}, up to {width}x{height}"
    return prepare(KeptPhotographs(dataset, (width, height)), name, folder)
