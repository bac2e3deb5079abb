"""Training an embedder from end to end: crops of known and made-up kinds, and of photographs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from cli.photographs import opened
from cli.training_run import (
    VALIDATION_SEED,
    Order,
    adjusted,
    check_folder,
    how_trained,
    progress_bar,
    run,
)
from robot.datasets import RenderedCrops
from robot.kinds import TRAINING_KINDS
from robot.kinds.made_up import PREFIX, SORTS, made_up_design, made_up_number
from sorter.types import LabelArray
from vision.device import device_from_name
from vision.labelled.crops import PhotographCrops
from vision.labelled.specification import spec_from_text
from vision.package import ModelKind, ModelPackage, load_package, save_package
from vision.ports import CropDataset
from vision.training.embedder import NO_FAMILY, EmbedderLesson, embedder_card
from vision.training.joined import JoinedCrops
from vision.training.prepared import PreparedCrops, SmallCrops, prepare
from vision.training.presets import embedder_settings
from vision.training.whitening import WhiteningCrops, whitened_package

_CROP_SIDE_PX = 96
_KEPT_CROP_SIDE_PX = 112  # edges move while training, so a little more than the net is fed
_FIRST_JUDGING_KIND = 1_000_000  # made-up kinds from this number on are judged by, never learnt
_N_JUDGING_KINDS = 60
_MISPLACED = 0.2
"""The share of rendered crops with a box far off: of crops by the shipped detector's boxes one in
seven has an edge that is off by more than 15% of its side."""


@dataclass(frozen=True, slots=True)
class EmbedderOrder:
    """What an embedder was asked for beyond what is asked for every net.

    Attributes:
        made_up: How many made-up kinds to learn.
        known_share: Of the kinds of the virtual table among the rendered crops.
        photographs: Specifications of photographs whose classes are kinds to learn, too.
        start: The package to start from, if any.
        skip_bad: Whether photographs that cannot be used are left out.
    """

    made_up: int
    known_share: float
    photographs: Sequence[str]
    start: Path | None
    learning_rate: float
    skip_bad: bool = False


def train_embedder(order: Order, asked: EmbedderOrder) -> dict[str, float]:
    """Render crops, train and keep an embedder; return the best validation scores.

    It is judged by made-up kinds that it does not learn.

    Raises:
        ConflictError: The folder holds a run, and going on with it was not asked for.
        InvalidInputError: It holds a run under other settings, or photographs or package are
            not as they must be.
    """
    device = device_from_name(order.device)
    start = load_package(asked.start, ModelKind.EMBEDDER) if asked.start else None
    data = _data(asked, start)
    settings = replace(
        embedder_settings(order.steps, order.batch, order.seed, device),
        learning_rate=asked.learning_rate,
        learns_from=data,
    )
    settings = adjusted(settings, order)
    check_folder(order)
    crops = _crops(order, asked)
    card = embedder_card(
        order.version, TRAINING_KINDS, _CROP_SIDE_PX, how_trained(order, data, settings)
    )
    weights = start.weights if start else None
    judges = _judges(order)
    lesson = EmbedderLesson(
        card, crops, judges, order.package, device, _families(crops.kinds), weights
    )
    scores = run(lesson, settings, order)
    return {**scores, "purity_whitened": _whiten(order, WhiteningCrops(crops, judges), device)}


def made_up_names(first: int, n: int) -> tuple[str, ...]:
    """Return the names of ``n`` made-up kinds from that number on."""
    return tuple(f"{PREFIX}{number}" for number in range(first, first + n))


def _whiten(order: Order, using: WhiteningCrops, device: torch.device) -> float:
    """Whiten the best package of a run that is over; return its purity on the judging crops."""
    package = load_package(order.package, ModelKind.EMBEDDER)
    with progress_bar("Whitening", using.n_embedded()) as advance:
        whitened = whitened_package(package, using, device, advance)
    card = replace(whitened.card, version=order.version)
    save_package(ModelPackage(card, whitened.weights), order.package)
    purity: float = card.scores["whitening"]["purity"]
    return purity


def _crops(order: Order, asked: EmbedderOrder) -> CropDataset:
    n_known = round(order.n * asked.known_share) if asked.made_up else order.n
    parts = [_rendered(order, "known", n_known, order.seed, TRAINING_KINDS)] if n_known else []
    if asked.made_up:
        names = made_up_names(0, asked.made_up)
        parts.append(_rendered(order, "made-up", order.n - n_known, order.seed, names))
    for number, text in enumerate(asked.photographs):
        spec = spec_from_text(text)
        cut = PhotographCrops([(opened(spec, asked.skip_bad), None)])
        parts.append(_small(order, f"photographs-{number}", f"crops of {spec.title}", cut))
    return JoinedCrops(parts)


def _judges(order: Order) -> CropDataset:
    names = made_up_names(_FIRST_JUDGING_KIND, _N_JUDGING_KINDS)
    return _rendered(order, "judges", order.n_judges, order.seed + VALIDATION_SEED, names)


def _rendered(order: Order, what: str, n: int, seed: int, names: Sequence[str]) -> PreparedCrops:
    title = f"rendered-{what}-crops-of-{len(names)}-kinds-seed-{seed}"
    crops = RenderedCrops(n, seed, names, _MISPLACED)
    return _small(order, f"{what}-crops", f"{title}-misplaced-{_MISPLACED}", crops)


def _small(order: Order, folder: str, title: str, crops: CropDataset) -> PreparedCrops:
    with progress_bar(f"Preparing {folder}", len(crops)) as advance:
        small = SmallCrops(crops, _KEPT_CROP_SIDE_PX)
        kept = prepare(small, title, order.out / folder, order.workers, advance)
    return PreparedCrops(kept, crops.kinds)


def _families(kinds: Sequence[str]) -> LabelArray:
    """Return the sort of each made-up kind that is of one, and none for the others."""
    numbers = [made_up_number(name) for name in kinds]
    designs = [None if number is None else made_up_design(number) for number in numbers]
    families = [
        SORTS.index(design.family) if design and design.family in SORTS else NO_FAMILY
        for design in designs
    ]
    return np.array(families, np.int64)


def _data(asked: EmbedderOrder, start: ModelPackage | None) -> str:
    begun = f"from {start.card.full_name}" if start else "from scratch"
    words = [
        f"{begun} on rendered crops, {_MISPLACED:g} of them far off",
        f"{asked.known_share:g} of {len(TRAINING_KINDS)} kinds",
    ]
    words += [f"the rest of {asked.made_up} made-up kinds"] if asked.made_up else []
    words += [f"crops of photographs ({spec_from_text(t).title})" for t in asked.photographs]
    return "; ".join(words)
