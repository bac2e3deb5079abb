"""Hypothesis strategies for the words that every folder shares."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from sorter.types import ArmGeometry, Detections, ImageSize, Label, Photograph

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
    )


def positions_pw() -> st.SearchStrategy[float]:
    """Return servo 0 positions at which pictures are taken."""
    return st.integers(1000, 2000).map(float)


@st.composite
def boxes(draw: st.DrawFn, size: ImageSize = CAMERA, step_px: int = 1) -> list[float]:
    """Return one xyxy box within a picture, its corners on a grid of ``step_px``."""
    columns = st.integers(0, size.width_px // step_px)
    rows = st.integers(0, size.height_px // step_px)
    x = sorted(draw(st.lists(columns, min_size=2, max_size=2, unique=True)))
    y = sorted(draw(st.lists(rows, min_size=2, max_size=2, unique=True)))
    return [float(side * step_px) for side in (x[0], y[0], x[1], y[1])]


def box_arrays(
    max_size: int = 8, size: ImageSize = CAMERA, step_px: int = 1
) -> st.SearchStrategy[NDArray[np.float32]]:
    """Return ``(n, 4)`` boxes."""
    rows = st.lists(boxes(size, step_px), min_size=1, max_size=max_size)
    return rows.map(lambda some: np.array(some, np.float32))


@st.composite
def detections(draw: st.DrawFn, max_size: int = 6, step_px: int = 154) -> Detections:
    """Return detections on a coarse grid, so that twins, neighbours and cut boxes are common."""
    n = draw(st.integers(0, max_size))
    rows = [draw(boxes(step_px=step_px)) for _ in range(n)]
    labels = [draw(st.sampled_from(list(Label))) for _ in range(n)]
    scores = [draw(st.integers(0, 10)) / 10 for _ in range(n)]
    return Detections(
        np.array(rows, np.float32).reshape(-1, 4),
        np.array(labels, np.int64),
        np.array(scores, np.float32),
    )


@st.composite
def sessions(draw: st.DrawFn, min_size: int = 0, max_size: int = 5) -> list[Photograph]:
    """Return the photographs of one session, some of them taken at the same position."""
    n = draw(st.integers(min_size, max_size))
    positions = st.sampled_from([1200.0, 1400.0, 1600.0])
    return [
        Photograph(f"image-{number}", draw(positions), CAMERA, draw(detections()))
        for number in range(n)
    ]
