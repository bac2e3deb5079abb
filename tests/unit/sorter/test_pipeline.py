from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sorter.commands import home_of, is_reachable, plan_document
from sorter.errors import InvalidInputError, TransientError
from sorter.geometry import servo_from_table
from sorter.pipeline import sort_session
from sorter.types import (
    Arm,
    ArmLimits,
    Clustering,
    Detections,
    ImageSize,
    ServoPosition,
    SetAside,
    SetAsideReason,
)
from tests.strategies import sessions
from tests.unit.sorter.tables import SIZE, PhotographedTable, Thing, make_container, scattered

ARM = Arm("arm-1", calibration_id="c-1")
LEFT, RIGHT, AHEAD = (make_container(x, y) for x, y in ((-600, 1300), (650, 1350), (0, 1800)))
THINGS = [
    Thing(-200, 1100, kind=0),
    Thing(-60, 1230, 60, 90, kind=1),
    Thing(150, 1120, 90, 60, kind=0),
    Thing(60, 1400, kind=2),
    Thing(220, 1330, kind=1),
]


class FakeCropEmbedder:
    """Tells crops apart by their shape, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def embed_crops(self, crops):
        self.asked.append(list(crops))
        sides = np.array([crop.xyxy_px for crop in crops], np.float32)
        return sides[:, 2:] - sides[:, :2]


def sort(table, arm=ARM, **options):
    return sort_session(arm, table.photographs, table, **options)


def reasons(plan):
    return {one.item: one.reason for one in plan.set_aside}


def written(plan):
    return json.dumps(plan_document(plan, {"detector": "d@1", "embedder": "e@1"}))


@settings(max_examples=25)
@given(sessions(), st.randoms(use_true_random=False))
def test_the_plan_is_byte_identical_for_shuffled_photographs(photographs, random):
    once = written(sort_session(ARM, photographs, FakeCropEmbedder()))
    random.shuffle(photographs)
    assert written(sort_session(ARM, photographs, FakeCropEmbedder())) == once


@pytest.mark.parametrize("seed", range(3))
def test_the_plan_of_a_whole_table_is_byte_identical_for_shuffled_photographs(seed):
    table = PhotographedTable([*scattered(30, seed), LEFT, RIGHT, AHEAD], noise_px=6)
    once = written(sort(table))
    table.photographs.reverse()
    assert written(sort(table)) == once


@settings(max_examples=25)
@given(sessions())
def test_every_item_gets_one_container_or_one_reason(photographs):
    plan = sort_session(ARM, photographs, FakeCropEmbedder())
    commanded = [command.item for command in plan.commands]
    assert sorted([*commanded, *reasons(plan)]) == list(range(len(plan.items)))


@settings(max_examples=25)
@given(sessions())
def test_every_command_is_in_reach_and_every_cluster_has_its_own_container(photographs):
    plan = sort_session(ARM, photographs, FakeCropEmbedder())
    for command in plan.commands:
        assert command.pick == plan.items[command.item].position
        assert command.drop == plan.containers[command.container].position
        assert command.confidence == plan.items[command.item].score
        assert is_reachable(command.pick, ARM.limits)
        assert is_reachable(command.drop, ARM.limits)
    pairs = {(command.cluster, command.container) for command in plan.commands}
    assert len(pairs) == len({cluster for cluster, _ in pairs})
    assert len(pairs) == len({container for _, container in pairs})
    assert len(pairs) <= min(len(plan.containers), len(plan.commands))


def test_alike_items_go_to_one_container_and_unlike_ones_to_others():
    table = PhotographedTable([*THINGS, LEFT, RIGHT, AHEAD], noise_px=5)
    plan = sort(table)
    target_of = {}
    for command in plan.commands:
        thing = table.shown[plan.items[command.item].sightings[0]]
        target_of.setdefault(thing.kind, set()).add(command.container)
    assert len(plan.commands) == len(THINGS)
    assert {len(targets) for targets in target_of.values()} == {1}
    assert len(set.union(*target_of.values())) == 3


def test_every_item_on_the_table_is_commanded_once_where_it_lies():
    table = PhotographedTable([*THINGS, LEFT, RIGHT])
    plan = sort(table)
    assert (len(plan.items), len(plan.containers)) == (len(THINGS), 2)
    assert {frozenset({table.shown[one] for one in item.sightings}) for item in plan.items} == {
        frozenset({thing}) for thing in THINGS
    }


def test_views_are_embedded_in_one_batch_each_items_best_one_first():
    table = PhotographedTable([*THINGS, LEFT, RIGHT])
    plan = sort(table)
    (asked,) = table.asked
    best = [item.crop for item in plan.items]
    firsts = [asked.index(crop) for crop in best]
    assert firsts == sorted(firsts)
    assert firsts[0] == 0
    assert len(asked) > len(best)
    for first, after, item in zip(firsts, [*firsts[1:], len(asked)], plan.items, strict=True):
        pictures = [crop.image_id for crop in asked[first:after]]
        assert set(pictures) <= {image_id for image_id, _ in item.sightings}
        assert len(pictures) == len(set(pictures))


def test_an_item_in_a_container_stays_there():
    inside = Thing(LEFT.x + 20, LEFT.y - 30)
    plan = sort(PhotographedTable([*THINGS, inside, LEFT, RIGHT]))
    assert list(reasons(plan).values()) == [SetAsideReason.IN_CONTAINER]
    assert len(plan.commands) == len(THINGS)


def test_an_item_in_a_container_that_its_own_photograph_does_not_show_stays_there():
    inside = Thing(LEFT.x + 20, LEFT.y - 30)
    table = PhotographedTable([inside, LEFT], (1800.0, 1600.0))
    first, second = table.photographs
    columns = (first.detections.xyxy_px, first.detections.labels, first.detections.scores)
    item_only = replace(
        first, detections=type(first.detections)(*(column[:1] for column in columns))
    )
    container_only = replace(
        second,
        detections=type(second.detections)(
            second.detections.xyxy_px[1:],
            second.detections.labels[1:],
            second.detections.scores[1:],
        ),
    )
    plan = sort_session(ARM, [item_only, container_only], table)
    assert reasons(plan) == {0: SetAsideReason.IN_CONTAINER}


def test_an_item_out_of_reach_is_left():
    arm = replace(ARM, limits=ArmLimits(servo1_max_pw=1600))
    plan = sort(PhotographedTable([*THINGS, Thing(0, 1700), LEFT, RIGHT]), arm)
    assert list(reasons(plan).values()) == [SetAsideReason.OUT_OF_REACH]
    assert len(plan.commands) == len(THINGS)


def test_without_a_container_nothing_is_picked():
    plan = sort(PhotographedTable(THINGS))
    assert plan.commands == ()
    assert set(reasons(plan).values()) == {SetAsideReason.NO_CONTAINER}
    assert plan.travel_pw == 0


def test_with_every_container_out_of_reach_nothing_is_picked():
    arm = replace(ARM, limits=ArmLimits(servo0_min_pw=1400, servo0_max_pw=1600))
    plan = sort(PhotographedTable([Thing(0, 1200), LEFT, RIGHT]), arm)
    assert reasons(plan) == {0: SetAsideReason.CONTAINER_OUT_OF_REACH}


def test_a_container_out_of_reach_gets_no_cluster():
    arm = replace(ARM, limits=ArmLimits(servo0_min_pw=1300))
    plan = sort(PhotographedTable([*THINGS, LEFT, RIGHT]), arm)
    assert {plan.containers[one.container].position.servo0_pw > 1300 for one in plan.commands} == {
        True
    }
    assert {command.cluster for command in plan.commands} == {0}


def test_no_photographs_make_an_empty_plan():
    plan = sort_session(ARM, [], FakeCropEmbedder())
    assert (plan.items, plan.containers, plan.commands, plan.set_aside) == ((), (), (), ())
    assert (plan.arm_id, plan.calibration_id) == ("arm-1", "c-1")


def test_an_empty_table_asks_nothing_of_the_embedder():
    embedder = FakeCropEmbedder()
    table = PhotographedTable([LEFT, RIGHT])
    plan = sort_session(ARM, table.photographs, embedder)
    assert (len(plan.items), len(plan.containers), embedder.asked) == (0, 2, [])


def test_one_container_takes_everything():
    plan = sort(PhotographedTable([*THINGS, LEFT]))
    assert {(command.cluster, command.container) for command in plan.commands} == {(0, 0)}
    assert len(plan.commands) == len(THINGS)


@pytest.mark.parametrize("n_items", [1, 2])
def test_fewer_items_than_containers_leave_containers_empty(n_items):
    plan = sort(PhotographedTable([*THINGS[:n_items], LEFT, RIGHT, AHEAD]))
    assert len({command.container for command in plan.commands}) == n_items


def test_items_that_all_look_alike_share_a_container():
    alike = [replace(thing, kind=0) for thing in THINGS]
    plan = sort(PhotographedTable([*alike, LEFT, RIGHT]))
    assert len({command.container for command in plan.commands}) == 1


def test_an_uncalibrated_arm_merges_what_a_precise_one_tells_apart():
    table = PhotographedTable([Thing(0, 1300)], (1500.0, 1501.0))
    moved = replace(
        table.photographs[1],
        detections=replace(
            table.photographs[1].detections,
            xyxy_px=table.photographs[1].detections.xyxy_px + np.float32(45),
        ),
    )
    photographs = [table.photographs[0], moved]
    rough = sort_session(ARM, photographs, FakeCropEmbedder())
    precise = sort_session(replace(ARM, repeatability_px=0.0), photographs, FakeCropEmbedder())
    assert (len(rough.items), len(precise.items)) == (1, 2)


def test_the_way_starts_where_the_arm_rests():
    table = PhotographedTable([Thing(0, 1300), LEFT])
    far = sort(table, home=ServoPosition(2200.0, 2000.0))
    assert sort(table).travel_pw == sort(table, home=home_of(ARM)).travel_pw
    assert far.travel_pw > sort(table).travel_pw


def test_photographs_of_one_id_are_refused():
    table = PhotographedTable(THINGS, (1500.0,))
    with pytest.raises(InvalidInputError, match="stands for 2"):
        sort_session(ARM, table.photographs * 2, table)


def test_photographs_of_different_sizes_are_refused():
    first, second = PhotographedTable(THINGS, (1500.0, 1600.0)).photographs
    with pytest.raises(InvalidInputError, match="one size"):
        sort_session(ARM, [first, replace(second, size=ImageSize(820, 616))], FakeCropEmbedder())


def test_embeddings_that_are_unfit_are_refused():
    class Short:
        def embed_crops(self, crops):
            return np.ones((len(crops) - 1, 3), np.float32)

    with pytest.raises(InvalidInputError, match="crops need"):
        sort_session(ARM, PhotographedTable([*THINGS, LEFT]).photographs, Short())


def test_pictures_that_cannot_be_read_now_are_the_callers_to_try_again():
    class Away:
        def embed_crops(self, crops):
            raise TransientError("the store does not answer")

    with pytest.raises(TransientError):
        sort_session(ARM, PhotographedTable([*THINGS, LEFT]).photographs, Away())


def without_in_all_but_one(table, thing):
    """Return a table's photographs of which only the middle one still shows a thing."""
    photographs = []
    for photo in table.photographs:
        kept = [
            row
            for row in range(len(photo.detections))
            if photo.position_pw == 1400 or table.shown[photo.image_id, row] is not thing
        ]
        found = photo.detections
        found = Detections(found.xyxy_px[kept], found.labels[kept], np.float32([0.5] * len(kept)))
        photographs.append(replace(photo, detections=found))
    return photographs


def test_an_item_that_most_pictures_should_show_and_do_not_stays_there():
    stray = Thing(120, 1350)
    table = PhotographedTable([*THINGS[:3], stray, LEFT, RIGHT])
    plan = sort_session(ARM, without_in_all_but_one(table, stray), FakeCropEmbedder())
    assert list(reasons(plan).values()) == [SetAsideReason.UNCONFIRMED]
    assert len(plan.commands) == 3


def make_faint(table, *things):
    """Let no detection of these things be sure."""
    for number, photo in enumerate(table.photographs):
        shown = [table.shown[photo.image_id, row] for row in range(len(photo.detections))]
        scores = np.float32([0.6 if thing in things else 0.9 for thing in shown])
        found = replace(photo.detections, scores=scores)
        table.photographs[number] = replace(photo, detections=found)


def test_a_faint_item_that_is_like_nothing_else_stays_there():
    alone = Thing(120, 1350, kind=7)
    pair = [Thing(-100, 1400, kind=0), Thing(350, 1150, kind=1)]
    table = PhotographedTable([*THINGS, *pair, alone, LEFT, RIGHT, AHEAD])
    make_faint(table, alone, THINGS[0])
    plan = sort(table)
    assert list(reasons(plan).values()) == [SetAsideReason.FAINT]
    picked = [table.shown[plan.items[one.item].sightings[0]] for one in plan.commands]
    assert sorted(picked, key=id) == sorted([*THINGS, *pair], key=id)


def test_nothing_is_dropped_in_a_faint_container_nor_picked_out_of_it():
    inside = Thing(AHEAD.x, AHEAD.y, kind=1)
    table = PhotographedTable([*THINGS, inside, LEFT, RIGHT, AHEAD])
    make_faint(table, AHEAD)
    plan = sort(table)
    scores = [one.score for one in plan.containers]
    assert sorted(scores) == pytest.approx([0.6, 0.9, 0.9])
    assert {one.container for one in plan.commands} == {0, 1, 2} - {int(np.argmin(scores))}
    assert list(reasons(plan).values()) == [SetAsideReason.IN_CONTAINER]


def test_where_every_container_is_faint_they_are_used():
    table = PhotographedTable([*THINGS, LEFT, RIGHT])
    make_faint(table, LEFT, RIGHT)
    assert {one.container for one in sort(table).commands} == {0, 1}


def test_an_unconfirmed_item_in_a_container_stays_set_aside_as_that():
    stray, middle = Thing(120, 1380), make_container(110, 1370)
    table = PhotographedTable([stray, middle])
    plan = sort_session(ARM, without_in_all_but_one(table, stray), FakeCropEmbedder())
    assert list(reasons(plan).values()) == [SetAsideReason.IN_CONTAINER]


def test_set_aside_items_come_in_the_order_of_the_items():
    plan = sort(PhotographedTable(THINGS))
    expected = [SetAside(number, SetAsideReason.NO_CONTAINER) for number in range(len(THINGS))]
    assert list(plan.set_aside) == expected


def test_a_kind_goes_to_the_container_that_holds_it_already():
    inside = [Thing(AHEAD.x + 30, AHEAD.y - 20, kind=0), Thing(LEFT.x, LEFT.y, kind=1)]
    table = PhotographedTable([*THINGS, *inside, LEFT, RIGHT, AHEAD], noise_px=3)
    plan = sort(table)
    place_of = {thing: plan_place(plan, table, thing) for thing in (*inside, *THINGS)}
    assert place_of[THINGS[0]] == place_of[THINGS[2]] == holder(plan, AHEAD)
    assert place_of[THINGS[1]] == place_of[THINGS[4]] == holder(plan, LEFT)
    assert place_of[THINGS[3]] == holder(plan, RIGHT)
    assert list(reasons(plan).values()) == [SetAsideReason.IN_CONTAINER] * 2


def plan_place(plan, table, thing):
    """Return the container that a thing is to be dropped in, None for none."""
    (item,) = (n for n, item in enumerate(plan.items) if table.shown[item.sightings[0]] == thing)
    return next((one.container for one in plan.commands if one.item == item), None)


def holder(plan, container):
    """Return the number of a container of the table in the plan."""
    place = servo_from_table([[container.x, container.y]], SIZE, ARM.geometry)[0]
    far = [abs(place[0] - one.position.servo0_pw) for one in plan.containers]
    return int(np.argmin(far))


def test_touching_neighbours_are_told_apart_by_look_alone_where_the_pictures_are_shifted():
    pair = [Thing(0, 1300, 50, 50, kind=0), Thing(48, 1300, 50, 50, kind=1)]
    table = PhotographedTable([*pair, LEFT, RIGHT], (1600.0, 1500.0, 1400.0))
    skewed = replace(ARM, geometry=replace(ARM.geometry, radius_px=1460.0))
    plan = sort(table, skewed)
    assert len(plan.items) == 2
    assert {len({table.shown[one].kind for one in item.sightings}) for item in plan.items} == {1}


class Doubtful:
    """Shows two clear kinds, and the widest crop as something between them."""

    def embed_crops(self, crops):
        widths = np.array([crop.xyxy_px[2] - crop.xyxy_px[0] for crop in crops])
        kinds = (widths > 70).astype(float)
        kinds[widths > 110] = 0.52
        return np.stack([1 - kinds, kinds], axis=1).astype(np.float32)


DOUBTFUL_TABLE = [
    *(Thing(x, 1150, 60, 60) for x in (-360, -240, -120, 0)),
    *(Thing(x, 1150, 90, 90) for x in (110, 220, 330, 440)),
    Thing(0, 1400, 120, 120),
    LEFT,
    RIGHT,
]


def test_a_doubtful_item_is_marked_and_still_commanded():
    table = PhotographedTable(DOUBTFUL_TABLE, (1500.0,))
    plan = sort_session(ARM, table.photographs, Doubtful())
    unsure = [command for command in plan.commands if command.is_unsure]
    assert (len(plan.commands), len(unsure), plan.set_aside) == (9, 1, ())
    document = plan_document(plan, {})
    assert sorted(command["is_unsure"] for command in document["commands"]) == [False] * 8 + [True]
    assert all(0 <= command["margin"] <= 1 for command in document["commands"])


def test_an_arm_that_leaves_what_is_unsure_sets_it_aside_and_sorts_the_rest():
    table = PhotographedTable(DOUBTFUL_TABLE, (1500.0,))
    plan = sort_session(replace(ARM, leaves_unsure=True), table.photographs, Doubtful())
    assert list(reasons(plan).values()) == [SetAsideReason.UNSURE]
    assert len(plan.commands) == 8
    assert not any(command.is_unsure for command in plan.commands)


@pytest.mark.parametrize("clustering", Clustering)
def test_every_clustering_gives_a_whole_plan(clustering):
    plan = sort(PhotographedTable([*THINGS, LEFT, RIGHT, AHEAD]), clustering=clustering)
    assert len(plan.commands) == len(THINGS)


def test_where_everything_lies_in_containers_nothing_is_left_to_do():
    inside = [Thing(LEFT.x, LEFT.y), Thing(RIGHT.x, RIGHT.y, kind=1)]
    table = PhotographedTable([*inside, LEFT, RIGHT])
    plan = sort(table)
    assert (plan.commands, table.asked) == ((), [])
    assert list(reasons(plan).values()) == [SetAsideReason.IN_CONTAINER] * 2
