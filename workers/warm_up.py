"""The first calls of networks and libraries, which are slow, made before work comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from vision.ports import Detector, Embedder, OutOfMemoryError, RgbImage

QUICK_S = 0.2
"""On a GPU one picture takes less, the first call aside."""

CROPS = 42
"""Three views of the fourteen things of a table."""


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


def warm_up_sorting(embedder: Embedder) -> None:
    """Embed as much as a table asks for, and cluster a little.

    The first session of a worker took twice as long as the next.
    """
    from sorter.clustering import cluster_items  # brings scikit-learn, which only sorting needs

    crop: RgbImage = np.zeros((64, 64, 3), np.uint8)
    embedder.embed([crop] * CROPS)
    cluster_items(np.eye(4), 2, seed=0)
