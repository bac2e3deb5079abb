from __future__ import annotations

import io

from PIL import Image

from benchmarks.detector_pictures import MOST_DIFFERENT, make_pictures
from sorter.types import ImageSize


def test_pictures_have_the_asked_size_and_begin_again_after_a_while() -> None:
    pictures = make_pictures(MOST_DIFFERENT + 2, ImageSize(160, 120))
    assert {Image.open(io.BytesIO(data)).size for data in pictures} == {(160, 120)}
    assert len(set(pictures)) == MOST_DIFFERENT
    assert pictures[MOST_DIFFERENT:] == pictures[:2]
