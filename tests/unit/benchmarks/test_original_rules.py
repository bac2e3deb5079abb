from __future__ import annotations

import pytest

from benchmarks.original_rules import (
    OriginalPlan,
    PlacedBox,
    join_near,
    place_box,
    place_boxes,
    sort_as_original,
)
from benchmarks.seen_scene import SeenScene
from sorter.types import ArmGeometry, Crop, ImageSize, Label, ServoPosition
from tests.unit.benchmarks.scenes import make_seen

CAMERA = ImageSize(1640, 1232)


@pytest.mark.parametrize(
    ("position_pw", "xyxy_px", "servo0_pw", "servo1_pw"),
    [
        (1200, (1182, 240, 1355, 408), 1048.840455, 1803.600802),
        (1200, (545, 358, 767, 502), 1259.831439, 1691.689730),
        (1500, (715, 68, 865, 275), 1509.516440, 1875.250174),
        (1500, (770, 566, 870, 666), 1500.0, 1550.0),
        (1700, (0, 320, 219, 548), 1946.769580, 1788.223161),
    ],
)
def test_boxes_are_placed_as_the_stated_values_say(
    position_pw: float,
    xyxy_px: tuple[float, float, float, float],
    servo0_pw: float,
    servo1_pw: float,
) -> None:
    place = place_box(xyxy_px, position_pw, CAMERA, ArmGeometry())
    assert place.servo0_pw == pytest.approx(servo0_pw, abs=1e-6)
    assert place.servo1_pw == pytest.approx(servo1_pw, abs=1e-6)


def test_a_centre_is_truncated_to_whole_pixels() -> None:
    whole = place_box((770, 566, 870, 666), 1500, CAMERA, ArmGeometry())
    assert place_box((770.9, 566.9, 870.9, 666.9), 1500, CAMERA, ArmGeometry()) == whole


def test_only_detections_of_half_a_point_or_more_are_placed() -> None:
    (photograph,) = make_seen(
        [(1450.0, 1300.0), (1550.0, 1700.0)], positions_pw=[1500.0]
    ).photographs
    photograph.detections.scores[:] = (0.49, 0.5)
    (placed,) = place_boxes(photograph, ArmGeometry())
    assert placed.sighting == ("1500", 1)


def test_sightings_less_than_150_apart_on_both_servos_are_one_thing_at_their_mean() -> None:
    (thing,) = join_near([_box(0, 1000, 1500), _box(1, 1149, 1400)])
    assert thing.position == ServoPosition(1074.5, 1450.0)
    assert thing.sightings == (("a", 0), ("a", 1))


@pytest.mark.parametrize("servos_pw", [(1150, 1500), (1000, 1650)])
def test_sightings_150_apart_on_one_servo_are_two_things(servos_pw: tuple[int, int]) -> None:
    assert len(join_near([_box(0, 1000, 1500), _box(1, *servos_pw)])) == 2


def test_two_different_things_of_one_picture_are_joined() -> None:
    neighbours = [(1500.0, 1400.0), (1500.0, 1530.0)]
    assert len(_plan(make_seen(neighbours, positions_pw=[1500.0])).items) == 1


def test_sightings_at_the_very_same_place_are_not_joined() -> None:
    assert len(join_near([_box(0, 1000, 1500), _box(1, 1000, 1500)])) == 2


def test_a_chain_is_joined_or_not_by_the_order_in_which_it_comes() -> None:
    left, middle, right = _box(0, 1000, 1500), _box(1, 1100, 1500), _box(2, 1200, 1500)
    assert len(join_near([middle, left, right])) == 1
    assert [thing.sightings for thing in join_near([left, middle, right])] == [
        (("a", 0), ("a", 1)),
        (("a", 2),),
    ]


def test_every_item_goes_to_the_container_of_its_clusters_number_in_the_order_found() -> None:
    items = [(1300.0, 1200.0), (1300.0, 1500.0), (1700.0, 1200.0), (1700.0, 1500.0)]
    containers = [(1300.0, 1850.0), (1700.0, 1850.0)]
    looks = [(1, 0), (0, 1), (0, 1), (1, 0)]
    plan = _plan(make_seen(items, containers, looks, positions_pw=[1300.0, 1700.0]))
    assert [item for item, _ in plan.moves] == [0, 1, 2, 3]
    in_container = [container for _, container in plan.moves]
    assert in_container[0] == in_container[3] != in_container[1] == in_container[2]
    for command, (item, container) in zip(plan.document()["commands"], plan.moves, strict=True):
        assert command["pick"]["servo0_pw"] == plan.items[item].position.servo0_pw
        assert command["drop"]["servo1_pw"] == plan.containers[container].position.servo1_pw


def test_what_lies_in_a_container_is_picked_up_again() -> None:
    plan = _plan(make_seen([(1500.0, 1500.0)], [(1500.0, 1500.0)], positions_pw=[1500.0]))
    assert plan.moves == ((0, 0),)


def test_fewer_items_than_containers_make_it_fail() -> None:
    plan = _plan(make_seen([(1300.0, 1200.0)], [(1300.0, 1850.0), (1700.0, 1850.0)]))
    assert plan.failure == "2 clusters of 1 items"
    assert plan.document() == {"commands": []}


def test_a_table_without_containers_makes_it_fail() -> None:
    assert _plan(make_seen([(1500.0, 1500.0)])).failure == "0 clusters of 1 items"


def _plan(seen: SeenScene) -> OriginalPlan:
    return sort_as_original(ArmGeometry(), seen.photographs, seen.crops, seed=0)


def _box(row: int, servo0_pw: float, servo1_pw: float) -> PlacedBox:
    crop = Crop("a", (row, row, row + 1, row + 1))
    return PlacedBox(Label.ITEM, ServoPosition(servo0_pw, servo1_pw), crop, ("a", row))
