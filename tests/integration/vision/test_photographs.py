from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from sorter.types import BoxArray, LabelArray
from tests.integration.vision.toys import (
    SIZE_PX,
    TINY,
    Rectangles,
    make_card,
    make_package,
    make_settings,
)
from vision.load import load_detector
from vision.networks import DETECTOR_INPUT_PX, DetectorArchitecture
from vision.ports import IGNORED, RgbImage
from vision.training.augment import varied_photograph
from vision.training.detector import DetectorLesson
from vision.training.loop import train
from vision.training.photographs import Photographs, PhotographSet
from vision.training.prepared import KeptPhotographs, PreparedViews, SmallViews, prepare
from vision.training.pupils.torchvision_pupil import TorchvisionPupil, detector_card

CPU = torch.device("cpu")


class Held(Rectangles):
    """Rectangles with a hand in every picture, which is neither right nor wrong."""

    def __getitem__(self, index: int) -> tuple[RgbImage, BoxArray, LabelArray]:
        image, boxes, labels = super().__getitem__(index)
        hand = np.array([[0, 0, 40, 40]], np.float32)
        return image, np.concatenate([boxes, hand]), np.append(labels, IGNORED)


def kept(folder: Path, n: int = 6, seed: int = 7) -> PreparedViews:
    return prepare(KeptPhotographs(Held(n, seed), (192, 128)), f"held {seed}", folder)


def blot(x: int, y: int, width: int, height: int) -> tuple[RgbImage, BoxArray, LabelArray]:
    """Return a grey picture of 120 x 80 pixels with one white rectangle."""
    image = np.full((80, 120, 3), 60, np.uint8)
    image[y : y + height, x : x + width] = 255
    return image, np.array([[x, y, x + width, y + height]], np.float32), np.array([0])


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    x=st.integers(0, 90),
    y=st.integers(0, 60),
    window=st.sampled_from([0.4, 0.7, 1.0]),
)
def test_a_box_in_a_part_of_a_photograph_still_frames_its_thing(
    seed: int, x: int, y: int, window: float
) -> None:
    rng = np.random.default_rng(seed)
    image, boxes, labels = varied_photograph(blot(x, y, 28, 18), (96, 64), window, rng)
    assert image.shape == (64, 96, 3)
    assert image.dtype == np.uint8
    assert len(boxes) == len(labels) <= 1
    assert (boxes >= 0).all()
    assert (boxes <= [96, 64, 96, 64]).all()
    for x_min, y_min, x_max, y_max in boxes.round().astype(int):
        if min(x_max - x_min, y_max - y_min) >= 6:
            inside = image[y_min + 2 : y_max - 2, x_min + 2 : x_max - 2].astype(float)
            assert np.median(inside) > 140


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_thing_of_which_little_shows_is_not_asked_for(seed: int) -> None:
    picture = blot(0, 0, 120, 80)  # fills all, so a part of half the sides shows a quarter of it
    _, boxes, _ = varied_photograph(picture, (96, 64), 0.4, np.random.default_rng(seed))
    assert len(boxes) == 0


def test_variation_of_a_photograph_follows_its_seed_and_leaves_it_alone() -> None:
    picture = blot(20, 20, 30, 30)
    before = picture[0].copy()
    first, again = (
        varied_photograph(picture, (96, 64), 1.0, np.random.default_rng(3)) for _ in range(2)
    )
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(picture[0], before)


def test_photographs_are_kept_no_larger_than_needed_with_their_proportions() -> None:
    image, boxes, labels = KeptPhotographs(Held(1), (60, 64))[0]
    assert image.shape == (64, 96, 3)  # the tighter side decides, so that nothing gets too small
    np.testing.assert_allclose(boxes, Held(1)[0][1] / 2)
    assert labels.tolist() == [1, 0, IGNORED]
    assert KeptPhotographs(Held(1), (400, 400))[0][0].shape == (128, 192, 3)


def test_photographs_make_up_their_share_of_the_batches() -> None:
    rng = np.random.default_rng(0)
    photographs = Photographs((PhotographSet(Rectangles(2)),), share=0.3)  # type: ignore[arg-type]
    counts = [photographs.how_many(8, rng) for _ in range(2000)]
    assert set(counts) == {2, 3}
    assert np.mean(counts) == pytest.approx(2.4, abs=0.05)
    assert Photographs().how_many(8, rng) == 0


@pytest.mark.parametrize("share", [-0.1, 0.0, 1.1])
def test_a_share_fits_the_photographs_that_there_are(share: float) -> None:
    with pytest.raises(InvalidInputError, match="share of photographs"):
        Photographs((PhotographSet(Rectangles(2)),), share)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="share of photographs"):
        Photographs((), 0.3)


def test_crowded_photographs_are_drawn_more_often_than_bare_ones(tmp_path: Path) -> None:
    class Uneven(Rectangles):
        def __getitem__(self, index: int) -> tuple[RgbImage, BoxArray, LabelArray]:
            image, boxes, labels = super().__getitem__(index)
            return image, np.repeat(boxes, 4 * index, axis=0), np.repeat(labels, 4 * index)

    pictures = prepare(KeptPhotographs(Uneven(2), (192, 128)), "uneven", tmp_path)
    np.testing.assert_allclose(PhotographSet(pictures).chances, [0.25, 0.75])


def test_what_is_ignored_is_not_asked_for(tmp_path: Path) -> None:
    photographs = Photographs((PhotographSet(kept(tmp_path)),), share=1.0)
    rng = np.random.default_rng(1)
    drawn = [photographs.draw(SIZE_PX, rng) for _ in range(20)]
    assert {int(label) for _, _, labels in drawn for label in labels} == {0, 1}
    assert all(image.shape == (SIZE_PX[1], SIZE_PX[0], 3) for image, _, _ in drawn)


def lesson_with_photographs(folder: Path) -> DetectorLesson:
    torch.manual_seed(5)
    views = prepare(SmallViews(Rectangles(12), SIZE_PX), "toys", folder / "views")
    judges = prepare(SmallViews(Rectangles(3, seed=1), SIZE_PX), "judges", folder / "judges")
    photographs = Photographs(
        (PhotographSet(kept(folder / "a")), PhotographSet(kept(folder / "b", seed=8), 0.5)),
        0.5,
        (kept(folder / "c", n=3, seed=9),),
    )
    package = make_package(seed=4)
    card = detector_card("2", {}, SIZE_PX, like=package.card)
    pupil = TorchvisionPupil(card, CPU, package.weights)
    return DetectorLesson(pupil, views, judges, folder / "package", photographs)


def test_a_detector_taught_by_views_and_photographs_is_judged_by_both(
    tmp_path: Path,
) -> None:
    lesson = lesson_with_photographs(tmp_path)
    progress = train(lesson, make_settings(3), tmp_path, lambda *_: None)
    scores = progress.history[-1]
    assert scores["mean_of_both"] == (scores["ap50_95"] + scores["ap50_photographs"]) / 2
    assert progress.best == scores[lesson.judged_by]
    assert load_detector(str(tmp_path / "package")).version == "sorterbot-detector@2"


def test_a_run_on_other_photographs_is_not_resumed(tmp_path: Path) -> None:
    def go_on(steps: int, learns_from: str) -> None:
        told = replace(make_settings(steps), learns_from=learns_from)
        train(lesson_with_photographs(tmp_path), told, tmp_path, lambda *_: None)

    go_on(1, "bench")
    with pytest.raises(InvalidInputError, match="begun with learns_from bench, not bolts"):
        go_on(1, "bolts")


def test_a_lesson_that_starts_from_a_package_has_its_weights(tmp_path: Path) -> None:
    state = lesson_with_photographs(tmp_path).network.state_dict()
    for name, weight in make_package(seed=4).weights.items():
        np.testing.assert_array_equal(state[name].numpy(), weight, err_msg=name)


def test_weights_of_another_net_are_refused() -> None:
    card = detector_card("2", {}, SIZE_PX)
    with pytest.raises(InvalidInputError, match="does not fit the architecture"):
        TorchvisionPupil(card, CPU, make_package(seed=4).weights)


def test_anchors_grow_with_the_input() -> None:
    assert detector_card("1", {}).input_size_px == DETECTOR_INPUT_PX
    assert detector_card("1", {}).architecture == DetectorArchitecture().to_mapping()
    twice = detector_card("1", {}, (896, 672)).architecture
    assert twice["anchor_sizes_px"] == ((32, 48), (76, 112), (176, 256))
    like = detector_card("1", {}, (192, 128), like=make_card()).architecture
    assert like == TINY.scaled(2).to_mapping()


@pytest.mark.parametrize("size_px", [(450, 336), (448, 330), (0, 0), (-16, 16)])
def test_an_input_that_the_net_cannot_halve_is_refused(size_px: tuple[int, int]) -> None:
    with pytest.raises(InvalidInputError, match="multiples of 16"):
        detector_card("1", {}, size_px)
