"""Teaching a detector from labelled views and photographs, whatever library it is built of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from sorter.errors import InvalidInputError
from vision.evaluation import (
    EVALUATION_THRESHOLD,
    Judged,
    best_threshold,
    detect_all,
    match_detections,
    score_detections,
)
from vision.package import ModelCard, ModelPackage, save_package
from vision.ports import Detector
from vision.training.augment import varied_view
from vision.training.loop import Scores
from vision.training.photographs import Photographs
from vision.training.prepared import Labelled, PreparedViews

MOST_FALSE_BOXES = 2.5
"""A photograph, at a new package's threshold: most of them are faint, which the sorter takes into
account, and what a higher threshold drops nobody finds. Source: docs/adr/0030-faint-things.md."""


class Pupil(Protocol):
    """A detector that can be taught to find items and containers."""

    @property
    def card(self) -> ModelCard:
        """What its packages say of it; scores, threshold and best step are filled in."""
        ...

    @property
    def network(self) -> nn.Module:
        """The net that learns, on its device."""
        ...

    def losses(self, pictures: Sequence[Labelled]) -> dict[str, Tensor]:
        """Return the losses of the net in training mode, to be summed.

        Args:
            pictures: At the card's input size, with labels of items and containers alone.
        """
        ...

    def detector(self, score_threshold: float) -> Detector:
        """Return the net as it stands, in evaluation mode, as a worker would use it."""
        ...

    def package(self, card: ModelCard) -> ModelPackage:
        """Return the net as it stands, with a card that was made of its own."""
        ...


@dataclass(slots=True)
class DetectorLesson:
    """What the training loop needs to teach a detector; the best one is kept as a package.

    Attributes:
        views: Training views at the net's input size; none where photographs fill every batch.
        judges: Validation views, none of them among ``views``; or none, where photographs judge.
        folder: Where the best package goes.
        photographs: Take the place of some views of each batch, and judge beside the views.

    Raises:
        InvalidInputError: There is nothing to learn from, or nothing to judge by.
    """

    pupil: Pupil
    views: PreparedViews
    judges: PreparedViews
    folder: Path
    photographs: Photographs = field(default_factory=Photographs)
    judged_by: str = field(init=False)
    _threshold: float = field(init=False, default=0.5)

    def __post_init__(self) -> None:
        if not len(self.views) and self.photographs.share < 1:
            raise InvalidInputError("without rendered views, photographs fill every batch")
        if not len(self.judges) and not self.photographs.judges:
            raise InvalidInputError("neither views nor photographs to judge by")
        self.judged_by = "mean_of_both" if self.photographs.judges else "ap50_95"
        if not len(self.judges):
            self.judged_by = "ap50_photographs"

    @property
    def network(self) -> nn.Module:
        """The net that learns."""
        return self.pupil.network

    @property
    def n_examples(self) -> int:
        """How many views one epoch has; photographs are drawn by chance."""
        return max(1, len(self.views))

    def loss(self, indices: NDArray[np.int64], rng: np.random.Generator) -> dict[str, Tensor]:
        """As :class:`vision.training.loop.Lesson` says."""
        n_photographs = self.photographs.how_many(len(indices), rng)
        size_px = self.pupil.card.input_size_px
        pictures = [self.photographs.draw(size_px, rng) for _ in range(n_photographs)]
        for index in indices[n_photographs:]:
            image, boxes, labels = self.views[int(index)]
            pictures.append((*varied_view(image, boxes, rng), labels))
        return self.pupil.losses(pictures)

    def evaluate(self) -> dict[str, float]:
        """As :class:`vision.training.loop.Lesson` says.

        Photographs are judged by ``ap50``: their labels are drawn less exactly than those of
        rendered views.
        """
        views = [self._judged(self.judges)] if len(self.judges) else []
        photographs = [self._judged(one, MOST_FALSE_BOXES) for one in self.photographs.judges]
        self._threshold = best_threshold(*views, *photographs)
        flat = _scores_of_views(views[0]) if views else {}
        if photographs:
            flat |= self._scores_of_photographs(photographs)
        if views and photographs:
            flat["mean_of_both"] = (flat["ap50_95"] + flat["ap50_photographs"]) / 2
        return flat

    def save_best(self, scores: Scores, step: int) -> None:
        """As :class:`vision.training.loop.Lesson` says."""
        card = replace(
            self.pupil.card,
            score_threshold=self._threshold,
            training={**self.pupil.card.training, "best_step": step},
            scores={"validation": dict(scores)},
        )
        save_package(self.pupil.package(card), self.folder)

    def _judged(self, judges: PreparedViews, most_false_boxes: float = float("inf")) -> Judged:
        found, truth, _ = detect_all(self.pupil.detector(EVALUATION_THRESHOLD), judges)
        return Judged(found, truth, most_false_boxes)

    def _scores_of_photographs(self, photographs: Sequence[Judged]) -> dict[str, float]:
        ap50 = [score_detections(one.found, one.truth).ap50 for one in photographs]
        matches = [match_detections(one.found, one.truth, self._threshold) for one in photographs]
        return {
            "ap50_photographs": float(np.mean(ap50)),
            "false_boxes_a_photograph": max(match.false_boxes_a_picture for match in matches),
        }


def _scores_of_views(views: Judged) -> dict[str, float]:
    scores = score_detections(views.found, views.truth)
    by_label = {f"ap50_{label}": value for label, value in scores.ap50_by_label.items()}
    return {"ap50": scores.ap50, "ap50_95": scores.ap50_95, **by_label}
