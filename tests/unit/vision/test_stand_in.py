from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from sorter.types import Label
from vision.load import load_detector, load_embedder
from vision.stand_in import (
    HANG_S,
    OF_RED,
    Behaviour,
    Mark,
    StandInDetector,
    StandInEmbedder,
    behaviour_from_source,
    detections_of,
    mark_of,
)

RED = {label: red for red, label in OF_RED.items()}
WIDTH_PX, HEIGHT_PX = 60, 40


def drawn(*things: tuple[Label, tuple[int, int, int, int]]) -> np.ndarray:
    """Draw things as xyxy boxes, each in a colour of its own, later ones on top."""
    rgb = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    for number, (label, (x_min, y_min, x_max, y_max)) in enumerate(things):
        rgb[y_min:y_max, x_min:x_max] = RED[label], 50, number + 1
    return rgb


@st.composite
def things_apart(draw):
    """Things in columns of their own, so that none covers another."""
    n = draw(st.integers(0, 5))
    things = []
    for column in range(n):
        x_min = column * 12 + draw(st.integers(0, 5))
        x_max = x_min + draw(st.integers(1, 6))
        y_min = draw(st.integers(0, HEIGHT_PX - 2))
        y_max = draw(st.integers(y_min + 1, HEIGHT_PX))
        things.append((draw(st.sampled_from(Label)), (x_min, y_min, x_max, y_max)))
    return things


@given(things_apart())
def test_it_finds_exactly_what_was_drawn_with_falling_scores(things):
    found = detections_of(drawn(*things))
    boxes = zip(found.labels.tolist(), map(tuple, found.xyxy_px.tolist()), strict=True)
    assert sorted(boxes) == sorted((int(label), tuple(map(float, box))) for label, box in things)
    assert sorted(found.scores.tolist(), reverse=True) == found.scores.tolist()


@given(st.lists(things_apart(), max_size=4))
def test_a_pictures_answer_does_not_depend_on_its_neighbours(pictures):
    images = [drawn(*things) for things in pictures]
    together = StandInDetector().detect(images)
    for image, found in zip(images, together, strict=True):
        alone = StandInDetector().detect([image])[0]
        assert np.array_equal(found.xyxy_px, alone.xyxy_px)
        assert np.array_equal(found.scores, alone.scores)


def test_other_colours_are_no_things():
    noise = np.random.default_rng(0).integers(0, 99, (20, 20, 3), dtype=np.uint8)
    assert len(detections_of(noise)) == 0


def test_a_call_takes_as_long_as_it_was_told_to():
    naps: list[float] = []
    detector = StandInDetector(Behaviour(delay_s=0.5, picture_s=0.1), naps.append)
    detector.detect([drawn()] * 3)
    assert naps == [pytest.approx(0.8)]


@pytest.mark.parametrize("mark", list(Mark))
def test_a_mark_is_read_and_hides_nothing(mark):
    rgb = drawn((Label.ITEM, (5, 5, 9, 9)))
    plain = detections_of(rgb)
    rgb[0, 0] = mark.value
    assert mark_of(rgb) is mark
    assert np.array_equal(detections_of(rgb).xyxy_px, plain.xyxy_px)


def test_one_picture_marked_to_raise_fails_the_call_that_it_is_in():
    marked = drawn()
    marked[0, 0] = Mark.RAISES.value
    with pytest.raises(RuntimeError, match="marked to fail"):
        StandInDetector().detect([drawn(), marked])


def test_a_picture_marked_to_hang_keeps_the_call_for_an_hour():
    naps: list[float] = []
    marked = drawn()
    marked[0, 0] = Mark.HANGS.value
    with pytest.raises(RuntimeError):
        StandInDetector(sleep=naps.append).detect([marked])
    assert naps == [HANG_S]


def test_a_picture_marked_to_kill_ends_its_process_and_no_torch_is_loaded():
    code = (
        "import sys, numpy as np\n"
        "from vision.load import load_detector, load_embedder\n"
        "from vision.stand_in import Mark\n"
        "load_embedder('stand-in')\n"
        "detector = load_detector('stand-in')\n"
        "assert not {'torch', 'onnxruntime', 'scipy'} & set(sys.modules)\n"
        "rgb = np.zeros((4, 4, 3), np.uint8)\n"
        "rgb[0, 0] = Mark.KILLS.value\n"
        "print('reads', flush=True)\n"
        "detector.detect([rgb])\n"
        "print('survived')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (-9, b"reads\n"), done.stderr.decode()


def test_things_of_one_kind_lie_close_and_of_another_do_not():
    def crop(kind: int, number: int) -> np.ndarray:
        return np.full((6, 6, 3), (100, 40 + 100 * kind, number), np.uint8)

    rows = StandInEmbedder().embed([crop(0, 1), crop(0, 40), crop(1, 1)])
    assert rows.shape == (3, 3)
    assert rows.dtype == np.float32
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert np.linalg.norm(units[0] - units[1]) < np.linalg.norm(units[0] - units[2])


def test_no_crops_have_no_embeddings():
    assert StandInEmbedder().embed([]).shape == (0, 3)


def test_options_follow_the_name():
    assert behaviour_from_source("stand-in:delay_s=0.2,picture_s=0.01") == Behaviour(0.2, 0.01)
    assert behaviour_from_source("stand-in") == Behaviour()


@pytest.mark.parametrize(
    "options", ["speed=1", "delay_s", "delay_s=-1", "delay_s=nan", "delay_s=x"]
)
def test_an_option_that_it_does_not_know_is_refused_by_name(options):
    with pytest.raises(InvalidInputError, match=options.partition("=")[0]):
        load_detector(f"stand-in:{options}")


def test_both_are_loaded_by_name():
    assert load_detector("stand-in").version == "stand-in-detector@1"
    assert load_embedder("stand-in").version == "stand-in-embedder@1"
