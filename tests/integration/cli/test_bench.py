from __future__ import annotations

import numpy as np

from cli.bench import Networks, plan_for, sort_table
from cli.tables import TableSettings
from robot.camera import encode_jpeg
from sorter.types import Arm, Detections
from tests.fakes import FakeDetector, FakeEmbedder

TABLES = TableSettings(seed=5, n_items=3, n_kinds=2, n_containers=1, n_contained=0)


def test_a_detector_that_finds_nothing_sorts_nothing_and_is_no_error():
    networks = Networks(FakeDetector(), FakeEmbedder())
    row = sort_table(TABLES, 2, networks, positions_pw=(1400.0,))
    assert (row.score.items, row.score.items_right, row.score.picks) == (3, 0, 0)
    assert (row.seed, row.found_items, row.found_containers) == (7, 0, 0)
    document = row.document()
    assert document["items"] == 3
    assert document["containers"] == 1


def test_what_is_found_becomes_commands_by_how_it_looks():
    rgb = np.full((1232, 1640, 3), 128, np.uint8)
    rgb[:, 820:] = (200, 40, 40)
    boxes = [[100, 400, 200, 500], [700, 400, 800, 500], [1000, 400, 1100, 500]]
    containers = [[100, 700, 500, 1100], [1100, 700, 1500, 1100]]
    found = Detections(
        np.array([*boxes, *containers], np.float32),
        np.array([0, 0, 0, 1, 1]),
        np.full(5, 0.9, np.float32),
    )
    networks = Networks(FakeDetector(found), FakeEmbedder())
    plan = plan_for(Arm("A"), {1500.0: encode_jpeg(rgb)}, networks)
    assert plan["models"] == {"detector": "fake-detector@1", "embedder": "fake-embedder@1"}
    clusters = {tuple(plan["items"][c["item"]]["crop"]["xyxy_px"]): c for c in plan["commands"]}
    grey, also_grey, red = (clusters[tuple(map(float, box))]["cluster"] for box in boxes)
    assert grey == also_grey != red
