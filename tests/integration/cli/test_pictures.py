from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cli.canvas import GREY, RED, colour_of
from cli.marks import marks_from_plan
from cli.pictures import save_pictures, score_sentence
from robot.table_layout import CAMERA
from sorter.geometry import pixel_from_servo
from sorter.types import ArmGeometry
from tests.unit.cli.sessions import POSITION_PW, finished_session


def has_colour(file: object, colour: tuple[int, int, int]) -> bool:
    with Image.open(file) as picture:
        near = np.abs(np.asarray(picture, np.int16) - colour).max(axis=2) <= 6
    return int(near.sum()) > 200


def test_marks_carry_the_order_and_the_colour_of_their_container():
    report = finished_session()
    marks = marks_from_plan(report.plan, report.positions_by_image, ArmGeometry(), CAMERA)
    assert [mark.name for mark in marks.containers] == ["A", "B"]
    for command in report.plan["commands"]:
        mark = marks.items[command["item"]]
        assert mark.name == str(command["order"] + 1)
        assert mark.colour == marks.containers[command["container"]].colour
        assert mark.target == command["container"]
    aside = [marks.items[one["item"]] for one in report.plan["set_aside"]]
    assert [(mark.name, mark.colour, mark.target) for mark in aside] == [("", GREY, None)]
    assert marks.reasons == {"in_container": 1}


def test_a_mark_projected_back_into_its_picture_is_the_box_that_was_found():
    report = finished_session()
    marks = marks_from_plan(report.plan, report.positions_by_image, ArmGeometry(), CAMERA)
    for item, mark in zip(report.plan["items"], marks.items, strict=True):
        quad = pixel_from_servo(mark.quad_pw, POSITION_PW, CAMERA, ArmGeometry())
        box = [*quad.min(axis=0), *quad.max(axis=0)]
        assert box == pytest.approx(item["crop"]["xyxy_px"], abs=1e-6)


def test_a_session_leaves_photographs_a_map_and_the_table_before_and_after(tmp_path):
    report = finished_session()
    files = save_pictures(report, tmp_path / "out", map_width_px=800)
    assert [file.name for file in files] == ["photograph-1400.png", "map.png", "before-after.png"]
    targets = {command["container"] for command in report.plan["commands"]}
    for target in targets:
        assert has_colour(files[0], colour_of(target))
        assert has_colour(files[1], colour_of(target))
    assert not has_colour(files[2], RED)
    assert score_sentence(report) == "4 of 4 items in the right container"


def test_what_went_wrong_is_ringed_in_red(tmp_path):
    report = finished_session(misses=True)
    files = save_pictures(report, tmp_path, map_width_px=800)
    assert has_colour(files[-1], RED)
    assert score_sentence(report) == "0 of 4 items in the right container"
