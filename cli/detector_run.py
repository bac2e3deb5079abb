"""Training a detector from end to end: rendered views, photographs, and a net to start from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import torch

from cli.photographs import opened
from cli.training_run import Order, adjusted, check_folder, how_trained, prepared, run
from robot.datasets import RenderedViews
from sorter.errors import InvalidInputError
from vision.device import device_from_name
from vision.labelled.specification import PhotographSpec, spec_from_text
from vision.package import ModelKind, load_package
from vision.training.detector import DetectorLesson, Pupil
from vision.training.photographs import KEPT_SCALE, Photographs, PhotographSet
from vision.training.prepared import (
    KeptPhotographs,
    PreparedViews,
    Readable,
    SmallViews,
    prepare,
)
from vision.training.presets import WARM_LEARNING_RATE, detector_settings
from vision.training.pupils.torchvision_pupil import TorchvisionPupil, detector_card


class DetectorKind(StrEnum):
    """The library that a detector's net is built of."""

    TORCHVISION = "torchvision"
    DETECTRON2 = "detectron2"


@dataclass(frozen=True, slots=True)
class DetectorOrder:
    """What a detector was asked for beyond what is asked for every net.

    Attributes:
        photographs: Specifications of photographs to learn from.
        judges: Specifications of photographs to judge by.
        share: Of photographs among the pictures of a batch.
        start: What to start from, if anything: a package, or what else the kind can read.
        input_size_px: Width and height.
        learning_rate: Where it is not the usual one.
        skip_bad: Whether photographs that cannot be used are left out.
    """

    photographs: Sequence[str]
    judges: Sequence[str]
    share: float
    start: str
    input_size_px: tuple[int, int]
    learning_rate: float | None = None
    kind: DetectorKind = DetectorKind.TORCHVISION
    skip_bad: bool = False


@dataclass(frozen=True, slots=True)
class Beginning:
    """A net before its first lesson.

    Attributes:
        words: What it starts from, for a model card.
        make_pupil: Makes the pupil, given what the card is to tell of its training.
    """

    words: str
    make_pupil: Callable[[dict[str, object]], Pupil]


def train_detector(order: Order, asked: DetectorOrder) -> dict[str, float]:
    """Render, read photographs, train and keep a detector; return the best validation scores.

    Raises:
        ConflictError: The folder holds a run, and going on with it was not asked for.
        InvalidInputError: It holds a run under other settings, photographs or what to start
            from are not as they must be, or the kind's library is missing.
    """
    _check(order, asked)
    device = device_from_name(order.device)
    torch.manual_seed(order.seed)  # of the weights that start by chance
    beginning = _beginning(order, asked, device)
    rate = asked.learning_rate or (WARM_LEARNING_RATE if asked.start else 1e-3)
    data = _data(asked, beginning.words)
    settings = detector_settings(order.steps, order.batch, order.seed, device, rate)
    settings = adjusted(replace(settings, learns_from=data), order)
    pupil = beginning.make_pupil(how_trained(order, data, settings))
    check_folder(order)

    def small(n: int, seed: int) -> Readable:
        return SmallViews(RenderedViews(n, seed), asked.input_size_px)

    photographs = _photographs(asked, order.out)
    views, judges = prepared(order, "views", small)
    lesson = DetectorLesson(pupil, views, judges, order.package, photographs)
    return run(lesson, settings, order)


def kind_from_text(text: str) -> DetectorKind:
    """Read the name of a kind, or raise ``InvalidInputError``."""
    try:
        return DetectorKind(text)
    except ValueError as error:
        known = ", ".join(DetectorKind)
        raise InvalidInputError(f"no such kind of detector: {text}; known: {known}") from error


def _check(order: Order, asked: DetectorOrder) -> None:
    if not order.n and (not asked.photographs or asked.share < 1 or not order.steps):
        raise InvalidInputError(
            "without views, give --photographs, --photograph-share 1 and --steps"
        )
    if not order.n_judges and not asked.judges:
        raise InvalidInputError("without --judges, give --judge-photographs")


def _beginning(order: Order, asked: DetectorOrder, device: torch.device) -> Beginning:
    if asked.kind is DetectorKind.DETECTRON2:
        from cli.detectron2_run import detectron2_beginning

        return detectron2_beginning(order.version, asked.start, asked.input_size_px, device)
    start = load_package(Path(asked.start), ModelKind.DETECTOR) if asked.start else None
    like = start.card if start else None
    weights = start.weights if start else None

    def make_pupil(training: dict[str, object]) -> Pupil:
        card = detector_card(order.version, training, asked.input_size_px, like)
        return TorchvisionPupil(card, device, weights)

    return Beginning(f"from {like.full_name}" if like else "from scratch", make_pupil)


def _data(asked: DetectorOrder, begun: str) -> str:
    titles = [f"photographs ({spec_from_text(text).title})" for text in asked.photographs]
    words = [f"{begun} on rendered views" if asked.share < 1 or not titles else begun, *titles]
    words += [f"{asked.share:g} of a batch photographs"] if titles else []
    words += [f"judged by {spec_from_text(text).title}" for text in asked.judges]
    return "; ".join(words)


def _photographs(asked: DetectorOrder, out: Path) -> Photographs:
    """Read all photographs at the size that training can use, once."""
    sets = []
    for number, text in enumerate(asked.photographs):
        spec = spec_from_text(text)
        sets.append(PhotographSet(_kept(asked, spec, out / f"photographs-{number}"), spec.window))
    judges = [
        _kept(asked, spec_from_text(text), out / f"judging-photographs-{number}")
        for number, text in enumerate(asked.judges)
    ]
    return Photographs(sets, asked.share if sets else 0.0, judges)


def _kept(asked: DetectorOrder, spec: PhotographSpec, folder: Path) -> PreparedViews:
    dataset = opened(spec, asked.skip_bad)
    width, height = (round(KEPT_SCALE * side / spec.window) for side in asked.input_size_px)
    name = f"{spec.title}, up to {width}x{height}"
    return prepare(KeptPhotographs(dataset, (width, height)), name, folder)
