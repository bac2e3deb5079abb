from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from sorter.errors import InvalidInputError
from sorter.types import BoxArray, Detections, LabelArray
from tests.factories import make_detections
from tests.fakes import FakeDetector, FakeEmbedder
from vision.export.agreement import DetectorAgreement, compare_detectors, compare_embedders
from vision.ports import RgbImage

FOUND = Detections(
    np.array([[0, 0, 20, 20], [40, 40, 70, 60], [80, 10, 90, 20]], np.float32),
    np.array([0, 1, 0]),
    np.array([0.9, 0.8, 0.3], np.float32),
)
NOTHING = make_detections(0)


@dataclass(frozen=True)
class Views:
    """Pictures on which everything that ``FOUND`` names is there."""

    n: int = 2

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> tuple[RgbImage, BoxArray, LabelArray]:
        return np.zeros((100, 100, 3), np.uint8), FOUND.xyxy_px, FOUND.labels


@dataclass(frozen=True)
class Crops:
    kinds: tuple[str, ...] = ("grey",)

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> tuple[RgbImage, int]:
        return np.full((8, 8, 3), 50 * index, np.uint8), 0


class Doubled(FakeEmbedder):
    """Answers with twice the values."""

    def embed(self, crops_rgb):  # type: ignore[no-untyped-def]
        return 2 * super().embed(crops_rgb)


def compared(other: Detections, threshold: float = 0.5) -> DetectorAgreement:
    return compare_detectors(FakeDetector(FOUND), FakeDetector(other), Views(), threshold)


def test_a_detector_agrees_with_itself() -> None:
    agreement = compared(FOUND)
    assert (agreement.pictures, agreement.boxes, agreement.alone) == (2, 4, 0)
    assert agreement.largest_shift_px == agreement.largest_score_shift == 0
    assert agreement.ap50_95[0] == agreement.ap50_95[1] > 0.99


def test_the_largest_shift_is_that_of_any_edge_of_a_sure_box() -> None:
    moved = FOUND.xyxy_px.copy()
    moved[0, 2] += 0.5
    moved[1, 1] -= 1.5
    moved[2, 0] += 4  # the original is not sure of this one
    agreement = compared(replace(FOUND, xyxy_px=moved))
    assert agreement.largest_shift_px == 1.5
    assert agreement.alone == 0


def test_the_largest_score_shift_crosses_the_threshold_without_a_box_being_alone() -> None:
    scores = np.array([0.9, 0.45, 0.3], np.float32)
    agreement = compared(replace(FOUND, scores=scores))
    assert agreement.largest_score_shift == pytest.approx(0.35)
    assert agreement.alone == 0


@pytest.mark.parametrize(
    "other",
    [NOTHING, replace(FOUND, labels=1 - FOUND.labels), replace(FOUND, xyxy_px=FOUND.xyxy_px + 50)],
)
def test_what_one_alone_is_sure_of_is_counted_from_either_side(other: Detections) -> None:
    n_other = int((other.scores >= 0.5).sum())
    assert compared(other).alone == 2 * (2 + n_other)
    assert compared(other).largest_shift_px == 0


def test_precision_that_is_lost_shows() -> None:
    document = compared(NOTHING).to_mapping()
    assert document["ap50_95_difference"] == pytest.approx(-document["ap50_95"][0])
    assert document["speed_factor"] > 0


def test_the_distance_of_values_is_measured_in_lengths_of_the_originals() -> None:
    same = compare_embedders(FakeEmbedder(), FakeEmbedder(), Crops())
    twice = compare_embedders(FakeEmbedder(), Doubled(), Crops())
    assert (same.crops, same.largest_difference) == (3, 0)
    assert twice.largest_difference == pytest.approx(1)


def test_nothing_to_compare_on_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="nothing to compare"):
        compare_detectors(FakeDetector(FOUND), FakeDetector(FOUND), Views(0), 0.5)
