from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from cli.faults.reference import StandInReference
from cli.faults.tables import N_ITEMS, POSITIONS_PW, SIZE, arm_named, picture, things_of
from sorter.types import Label
from vision.decode import decode_rgb
from vision.stand_in import Mark, detections_of, mark_of

TABLES = range(6)


@pytest.mark.parametrize("table", TABLES)
def test_the_plan_of_a_whole_table_brings_each_kind_into_a_container_of_its_own(table):
    pictures = {position_pw: picture(table, position_pw) for position_pw in POSITIONS_PW}
    commands = StandInReference().commands(arm_named("ARM"), pictures)
    kinds_in = defaultdict(set)
    for command in commands:
        pick = np.array([command["pick"]["servo0_pw"], command["pick"]["servo1_pw"]])
        items = [thing for thing in things_of(table) if thing.label is Label.ITEM]
        nearest = min(items, key=lambda item: np.abs(np.array(item.servo_pw) - pick).max())
        kinds_in[command["container"]].add(nearest.kind)
        assert np.abs(np.array(nearest.servo_pw) - pick).max() < 25
    assert len(commands) == N_ITEMS
    assert sorted(kinds_in.values(), key=min) == [{0}, {1}, {2}]


@pytest.mark.parametrize("table", TABLES)
def test_every_thing_is_seen_and_each_has_a_colour_of_its_own(table):
    seen = set()
    for position_pw in POSITIONS_PW:
        rgb = decode_rgb(picture(table, position_pw))
        assert rgb.shape == (SIZE.height_px, SIZE.width_px, 3)
        seen.update(map(tuple, rgb.reshape(-1, 3).tolist()))
    colours = [thing.colour for thing in things_of(table)]
    assert len(set(colours)) == len(colours)
    assert seen == {(0, 0, 0), *colours}


def test_a_mark_changes_nothing_of_what_is_found():
    plain = decode_rgb(picture(0, POSITIONS_PW[1]))
    for mark in Mark:
        rgb = decode_rgb(picture(0, POSITIONS_PW[1], mark))
        assert mark_of(rgb) is mark
        assert np.array_equal(detections_of(rgb).xyxy_px, detections_of(plain).xyxy_px)
    assert mark_of(plain) is None


def test_tables_and_positions_give_different_pictures():
    pictures = {picture(table, pw) for table in TABLES for pw in POSITIONS_PW}
    assert len(pictures) == len(TABLES) * len(POSITIONS_PW)
