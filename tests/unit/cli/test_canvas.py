from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cli.canvas import NIGHT, PALETTE, Canvas, colour_of, framed, letter_of

RED = (255, 0, 0)


def blank() -> Canvas:
    return Canvas(np.full((100, 200, 3), 128, np.uint8))


def pixels(canvas: Canvas) -> np.ndarray:
    return np.asarray(canvas.image())


def test_containers_are_named_by_letters_without_end():
    names = [letter_of(number) for number in range(60)]
    assert names[:3] == ["A", "B", "C"]
    assert names[25:28] == ["Z", "A2", "B2"]
    assert len(set(names)) == 60


def test_neighbouring_containers_have_different_colours():
    assert len({colour_of(number) for number in range(len(PALETTE))}) == len(PALETTE)
    assert colour_of(len(PALETTE)) == colour_of(0)


def test_what_is_drawn_changes_the_picture_there_and_nowhere_else():
    canvas = blank()
    canvas.polygon([[20, 20], [60, 20], [60, 60], [20, 60]], RED, 3)
    drawn = pixels(canvas)
    assert tuple(drawn[20, 40]) == RED
    assert tuple(drawn[40, 40]) == (128, 128, 128)
    assert tuple(drawn[90, 190]) == (128, 128, 128)


def test_an_arrow_ends_at_its_end():
    canvas = blank()
    canvas.arrow([20, 50], [180, 50], RED, 3)
    drawn = pixels(canvas)
    assert drawn[47:53, 172:180, 0].max() > 200
    assert (drawn[:, 185:] == 128).all()


def test_an_arrow_of_no_length_breaks_nothing():
    canvas = blank()
    canvas.arrow([50, 50], [50, 50], RED)
    assert canvas.image().size == (200, 100)


@pytest.mark.parametrize("xy", [(-50, -50), (500, 500), (100, 50)])
def test_a_label_is_pushed_into_the_picture(xy):
    canvas = blank()
    canvas.label(xy, "A", RED, 20)
    near = np.abs(pixels(canvas).astype(int) - RED).max(axis=2) < 12
    assert near.sum() > 100


def test_a_frame_leaves_room_for_title_and_legend():
    picture = Image.new("RGB", (600, 400), RED)
    frame = np.asarray(framed(picture, "Title", "subtitle", [(RED, "red")]))
    assert frame.shape[0] > 400
    assert frame.shape[1] > 600
    assert tuple(frame[0, 0]) == NIGHT
    assert (frame == RED).all(axis=2).sum() > 600 * 400
