from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.commands import (
    home_of,
    is_reachable,
    order_commands,
    plan_document,
    total_travel_pw,
)
from sorter.errors import InvalidInputError
from sorter.types import (
    Arm,
    ArmGeometry,
    ArmLimits,
    Command,
    Container,
    Crop,
    Flag,
    Item,
    Plan,
    ServoPosition,
    SetAside,
    SetAsideReason,
)

ARM = Arm("arm-1")
HOME = home_of(ARM)
MODELS = {"embedder": "e@2", "detector": "d@1"}


def make_command(item=0, container=0, pick=(1400, 1500), drop=(1700, 1600)):
    return Command(item, container, 0, ServoPosition(*pick), ServoPosition(*drop), 0.9)


def make_plan():
    item = Item(
        ServoPosition(1400.12345678, 1500.0),
        Crop("b", (1.0, 2.5, 30.0, 40.0)),
        0.8999999761581421,
        (("a", 3), ("b", 0)),
    )
    container = Container(
        ServoPosition(1700.0, 1600.0), Crop("a", (0.0, 0.0, 300.0, 300.0)), 1.0, (("a", 0),)
    )
    return Plan(
        arm_id="arm-1",
        calibration_id=None,
        commands=(Command(0, 0, 0, item.position, container.position, item.score),),
        items=(item, replace(item, score=0.5)),
        containers=(container,),
        set_aside=(SetAside(1, SetAsideReason.IN_CONTAINER),),
        travel_pw=700.0000000001,
        flags=(Flag.CALIBRATION_BAD,),
    )


def test_the_document_of_a_plan_is_what_robots_read():
    position = {"servo0_pw": 1400.123457, "servo1_pw": 1500.0}
    shown = {
        "position": position,
        "score": 0.9,
        "crop": {"image_id": "b", "xyxy_px": [1.0, 2.5, 30.0, 40.0]},
        "n_sightings": 2,
        "sightings": [["a", 3], ["b", 0]],
    }
    assert plan_document(make_plan(), MODELS) == {
        "arm_id": "arm-1",
        "calibration_id": None,
        "frame": "servo_pulse_width",
        "units": {"servo": "us"},
        "models": {"detector": "d@1", "embedder": "e@2"},
        "commands": [
            {
                "order": 0,
                "item": 0,
                "container": 0,
                "cluster": 0,
                "pick": position,
                "drop": {"servo0_pw": 1700.0, "servo1_pw": 1600.0},
                "confidence": 0.9,
                "margin": 1.0,
                "is_unsure": False,
            }
        ],
        "items": [{"item": 0, **shown}, {"item": 1, **shown, "score": 0.5}],
        "containers": [
            {
                "container": 0,
                "position": {"servo0_pw": 1700.0, "servo1_pw": 1600.0},
                "score": 1.0,
                "crop": {"image_id": "a", "xyxy_px": [0.0, 0.0, 300.0, 300.0]},
                "n_sightings": 1,
                "sightings": [["a", 0]],
            }
        ],
        "set_aside": [{"item": 1, "reason": "in_container"}],
        "travel_pw": 700.0,
        "flags": ["calibration_bad"],
    }


def test_a_document_is_json_and_reads_back_as_itself():
    document = plan_document(make_plan(), MODELS)
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_the_order_of_the_models_does_not_show():
    one = json.dumps(plan_document(make_plan(), MODELS))
    assert one == json.dumps(plan_document(make_plan(), dict(reversed(MODELS.items()))))


def test_no_number_is_written_as_minus_zero():
    document = plan_document(replace(make_plan(), travel_pw=-0.0), MODELS)
    assert json.dumps(document["travel_pw"]) == "0.0"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((800, 1100), True),
        ((2200, 2000), True),
        ((799.9, 1500), False),
        ((2200.1, 1500), False),
        ((1500, 1099.9), False),
        ((1500, 2000.1), False),
    ],
)
def test_the_limits_themselves_are_in_reach(place, expected):
    assert is_reachable(ServoPosition(*place), ArmLimits()) is expected


@pytest.mark.parametrize("beyond", [{"pick": (700, 1500)}, {"drop": (1500, 2100)}])
def test_a_command_beyond_the_limits_is_refused(beyond):
    with pytest.raises(InvalidInputError, match="beyond"):
        order_commands([make_command(), make_command(1, **beyond)], HOME, ArmLimits())


@given(st.lists(st.tuples(st.integers(800, 2200), st.integers(1100, 2000)), max_size=5))
def test_ordering_keeps_every_command_and_never_lengthens_the_travel(picks):
    drops = {3: (900, 1500), 7: (2000, 1700)}
    commands = [
        make_command(item, container, pick, drops[container])
        for item, (pick, container) in enumerate(zip(picks, [7, 3, 7, 3, 7], strict=False))
    ]
    ordered = order_commands(commands, HOME, ArmLimits())
    assert sorted(ordered, key=lambda command: command.item) == commands
    assert total_travel_pw(ordered, HOME) <= total_travel_pw(commands, HOME) + 1e-3


def test_travel_counts_the_slower_servo_of_every_way():
    # Home (1500, 1100) -> pick: 400 by servo 1; pick -> drop: 300 by servo 0.
    assert total_travel_pw([make_command()], HOME) == 700
    assert total_travel_pw([], HOME) == 0


def test_an_arm_rests_in_the_middle_at_its_shortest_reach():
    arm = Arm("a1", ArmGeometry(dist_min_pw=1234.0))
    assert home_of(arm) == ServoPosition(1500.0, 1234.0)
