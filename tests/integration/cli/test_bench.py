from __future__ import annotations

import numpy as np

from cli.bench import Networks, SortOptions, plan_for, sort_table
from cli.tables import TableSettings
from robot.camera import encode_jpeg
from robot.disturbances import break_bytes
from sorter.types import Arm, Detections
from tests.fakes import FakeDetector, FakeEmbedder

TABLES = TableSettings(seed=5, n_items=3, n_kinds=2, n_containers=1, n_contained=0)


def test_a_detector_that_finds_nothing_sorts_nothing_and_is_no_error():
    networks = Networks(FakeDetector(), FakeEmbedder())
    result = sort_table(TABLES, 2, networks, SortOptions(positions_pw=(1400.0,)))
    assert (result.score.items, result.score.items_right, result.score.picks) == (3, 0, 0)
    row = result.row
    assert (row["seed"], row["found_items"], row["found_containers"]) == (7, 0, 0)
    assert (row["items"], row["containers"], row["passes"]) == (3, 1, 1)
    assert {one["why"] for one in row["left"]} <= {"not found", "under another thing"}


def test_a_picture_that_cannot_be_read_is_left_out_and_makes_the_plan_partial():
    rgb = np.full((1232, 1640, 3), 128, np.uint8)
    networks = Networks(FakeDetector(), FakeEmbedder())
    pictures = {1800.0: encode_jpeg(rgb), 1600.0: break_bytes(encode_jpeg(rgb))}
    plan = plan_for(Arm("A"), pictures, networks)
    assert (plan["state"], plan["flags"]) == ("partial", ["images_missing"])
    del pictures[1600.0]
    plan = plan_for(Arm("A"), pictures, networks)
    assert (plan["state"], plan["flags"]) == ("done", [])
    assert plan_for(Arm("A"), pictures, networks, n_announced=2)["flags"] == ["images_missing"]


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
