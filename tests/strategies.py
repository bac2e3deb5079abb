"""Hypothesis strategies for the words that every folder shares."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from sorter.types import (
    MAX_DISTORTION,
    MIN_DISTORTION,
    ArmGeometry,
    Detections,
    ImageSize,
    Label,
    Photograph,
)

CAMERA = ImageSize(1640, 1232)
"""Of the robots that exist."""


def image_sizes() -> st.SearchStrategy[ImageSize]:
    """Return pictures whose base axis the default arm keeps below their bottom edge."""
    return st.builds(ImageSize, st.integers(64, 4000), st.integers(64, 2900))


def geometries() -> st.SearchStrategy[ArmGeometry]:
    """Return arms that may photograph with `CAMERA`."""
    return st.builds(
        ArmGeometry,
        radius_px=st.floats(700, 5000),
        rotation_range_deg=st.floats(20, 360),
        rotation_range_pw=st.floats(200, 3000),
        dist_min_pw=st.floats(500, 1400),
        dist_max_pw=st.floats(1500, 2500),
        roll_deg=st.just(0.0) | st.floats(-45, 45),
        distortion=st.just(0.0) | st.floats(MIN_DISTORTION, MAX_DISTORTION),
    )


def positions_pw() -> st.SearchStrategy[float]:
    """Return servo 0 positions at which pictures are taken."""
    return st.integers(1000, 2000).map(float)


def boxes(size: ImageSize = CAMERA, step_px: int = 1) -> st.SearchStrategy[list[float]]:
    """Return one xyxy box within a picture, its corners on a grid of ``step_px``."""
    return box_arrays(1, size, step_px).map(lambda some: [float(side) for side in some[0]])


def box_arrays(
    max_size: int = 8, size: ImageSize = CAMERA, step_px: int = 1
) -> st.SearchStrategy[NDArray[np.float32]]:
    """Return ``(n, 4)`` boxes, at least one."""
    columns, rows = size.width_px // step_px, size.height_px // step_px
    x, y = st.integers(0, columns - 1), st.integers(0, rows - 1)
    wide, high = st.integers(1, columns), st.integers(1, rows)
    rows_of_sides = st.lists(st.tuples(x, y, wide, high), min_size=1, max_size=max_size)
    return rows_of_sides.map(lambda some: _boxes_from_sides(np.array(some), columns, rows, step_px))


def _boxes_from_sides(
    sides: NDArray[np.int64], columns: int, rows: int, step_px: int
) -> NDArray[np.float32]:
    """Return xyxy boxes of ``(n, 4)`` corners and sides in grid steps, within the grid."""
    high = np.minimum(sides[:, :2] + sides[:, 2:], [columns, rows])
    return (np.hstack([sides[:, :2], high]) * step_px).astype(np.float32)


def sessions(
    min_size: int = 0, max_size: int = 4, max_detections: int = 6
) -> st.SearchStrategy[list[Photograph]]:
    """Return the photographs of one session, some of them taken at the same position.

    Boxes lie on a coarse grid, so that twins, neighbours and cut boxes are common. They come
    from a drawn seed: a session has too many numbers to draw each.
    """
    sizes = st.lists(st.integers(0, max_detections), min_size=min_size, max_size=max_size)
    return st.builds(_session, sizes, st.integers(0, 2**32 - 1))


def _session(sizes: list[int], seed: int) -> list[Photograph]:
    rng = np.random.default_rng(seed)
    return [
        Photograph(
            f"image-{number}",
            float(rng.choice([1200, 1400, 1600])),
            CAMERA,
            _coarse_detections(n, rng),
        )
        for number, n in enumerate(sizes)
    ]


def _coarse_detections(n: int, rng: np.random.Generator) -> Detections:
    step_px, columns, rows = 154, 10, 8
    sides = rng.integers([0, 0, 1, 1], [columns, rows, columns, rows], (n, 4))
    xyxy_px = _boxes_from_sides(sides, columns, rows, step_px)
    labels = rng.integers(0, len(Label), n)
    return Detections(xyxy_px, labels, (rng.integers(0, 11, n) / 10).astype(np.float32))
