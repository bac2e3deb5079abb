"""The first calls of a network, which are slow, made before work comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from vision.ports import Detector, OutOfMemoryError, RgbImage

QUICK_S = 0.2
"""On a GPU one picture takes less, the first call aside."""


def warm_up(
    detector: Detector,
    n_pictures: int,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Detect nothing in one picture, and in the largest batch where that is soon done.

    A network that takes long for one picture runs on a CPU, which prepares nothing for a batch.
    """
    picture: RgbImage = np.zeros((1232, 1640, 3), np.uint8)
    detector.detect([picture])
    began_s = monotonic()
    detector.detect([picture])
    if monotonic() - began_s < QUICK_S:
        with suppress(OutOfMemoryError):  # the batcher finds out what fits
            detector.detect([picture] * n_pictures)
