"""Laws of the textures: they tone what lies under the mask, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from robot.kinds.canvas import Canvas, Mask
from robot.kinds.textures import speckle, stitches, stripes, weave, wood_grain

Texture = Callable[[Canvas, Mask], None]

TEXTURES: dict[str, Texture] = {
    "wood grain": lambda canvas, mask: wood_grain(canvas, np.random.default_rng(1), mask),
    "weave": lambda canvas, mask: weave(canvas, mask, 20),
    "speckles": lambda canvas, mask: speckle(canvas, np.random.default_rng(1), mask, 30, 0.3),
    "stripes": lambda canvas, mask: stripes(canvas, mask, (20, 20, 20), 0.5, 9),
}


@pytest.mark.parametrize("texture", TEXTURES.values(), ids=list(TEXTURES))
def test_a_texture_varies_its_part_and_leaves_the_rest(texture: Texture) -> None:
    canvas = Canvas(80)
    canvas.add(canvas.disc(0, 0, 0.48), (120, 120, 120), height=0.02)
    before, part = canvas.rgb.copy(), canvas.box(-0.15, 0, 0.2, 0.4)
    texture(canvas, part)
    assert canvas.rgb[part == 255].std() > before[part == 255].std() + 3
    np.testing.assert_array_equal(canvas.rgb[part == 0], before[part == 0])


def test_stitches_follow_the_outline_with_gaps() -> None:
    canvas = Canvas(100)
    canvas.add(canvas.disc(0, 0, 0.48), (100, 100, 100), height=0.02)
    square = np.array([(-0.3, -0.3), (0.3, -0.3), (0.3, 0.3), (-0.3, 0.3)])
    stitches(canvas, square, (255, 255, 255), 24, 0.02)
    row = canvas.rgb[int(canvas.n / 2 - 0.3 * canvas.unit_px), :, 0]
    inside = row[
        int(canvas.n / 2 - 0.25 * canvas.unit_px) : int(canvas.n / 2 + 0.25 * canvas.unit_px)
    ]
    assert inside.max() > 200
    assert inside.min() < 130
    middle = canvas.n // 2
    assert canvas.rgb[middle, middle, 0] == pytest.approx(100)
