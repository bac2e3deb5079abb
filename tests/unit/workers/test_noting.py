from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sorter.types import Crop, FloatArray
from workers.noting import NotingEmbedder, StageTimes

CROPS = [Crop("a", (0, 0, 1, 1)), Crop("b", (0, 0, 2, 2))]


class Clock:
    """Stands still unless it is moved."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class SlowEmbedder:
    """Says a crop's width, and takes two seconds each time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def embed_crops(self, crops: Sequence[Crop]) -> FloatArray:
        self._clock.now_s += 2
        return np.array([[crop.xyxy_px[2]] for crop in crops], np.float32)


def test_what_was_said_of_each_crop_is_passed_on_and_kept() -> None:
    clock = Clock()
    noting = NotingEmbedder(SlowEmbedder(clock), clock)
    assert noting.embed_crops(CROPS).tolist() == [[1], [2]]
    assert {crop: look.tolist() for crop, look in noting.looks.items()} == {
        CROPS[0]: [1],
        CROPS[1]: [2],
    }


def test_a_stage_s_time_is_without_the_embedder_s_and_all_add_up() -> None:
    clock = Clock()
    noting = NotingEmbedder(SlowEmbedder(clock), clock)
    stages = StageTimes(noting, clock)
    clock.now_s += 1
    noting.embed_crops(CROPS)
    stages.end("merge")
    noting.embed_crops(CROPS)
    clock.now_s += 0.5
    stages.end("cluster")
    stages.end("plan")
    assert stages.told() == {"merge": 1.0, "cluster": 0.5, "plan": 0.0, "embed": 4.0}
    assert sum(stages.told().values()) == clock.now_s - 100
