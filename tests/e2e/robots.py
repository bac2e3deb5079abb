"""Robots that post the same five photographs of one small table."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import numpy as np

from cli.stack import LocalStack
from robot.answers import AcceptedImage
from robot.arm import POSITIONS_PW
from robot.camera import encode_jpeg, photograph
from robot.client import GatewayClient, SessionRequest, connect
from robot.retrying import Patience
from robot.table_layout import make_scene
from sorter.types import Arm, ArmGeometry
from tests.original_robot import CONSTANTS

SCALE = 0.5
"""The pictures' sides against the camera's: fewer bytes, the same table."""

NEARER = CONSTANTS | {"arm_radius": ArmGeometry().radius_px * SCALE}
"""What an original robot tells of an arm with such pictures."""


@cache
def photographs() -> Mapping[float, bytes]:
    scene = make_scene(
        np.random.default_rng(11),
        n_items=9,
        kinds=["hex_bolt", "bottle_cap", "key"],
        n_containers=3,
        n_contained=1,
    )
    return {
        position_pw: encode_jpeg(photograph(scene, position_pw, resolution=SCALE).rgb)
        for position_pw in POSITIONS_PW
    }


@dataclass(frozen=True)
class Robot:
    arm: Arm
    client: GatewayClient
    pictures: Mapping[float, bytes]

    def open_session(self, expected_images: int | None = None) -> str:
        request = SessionRequest(self.arm.arm_id, expected_images)
        return self.client.open_session(request, uuid.uuid4().hex).session_id

    def post(self, session_id: str, position_pw: float) -> AcceptedImage:
        return self.client.post_image(session_id, position_pw, self.pictures[position_pw])


@contextmanager
def make_robot(stack: LocalStack, arm_id: str) -> Iterator[Robot]:
    """Register an arm whose camera is :data:`SCALE` times as fine as usual."""
    arm = Arm(arm_id, ArmGeometry(radius_px=ArmGeometry().radius_px * SCALE))
    key = stack.make_key(arm_id)
    with connect(
        stack.gateway_url, key, rng=Random(arm_id), patience=Patience(total_s=300.0)
    ) as client:
        client.register_arm(arm)
        yield Robot(arm, client, photographs())


def commands_of(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    commands: list[dict[str, Any]] = plan["commands"]
    return commands


def check_counted_once(stack: LocalStack, session_id: str, plan: Mapping[str, Any]) -> None:
    """Assert that the session ended with one plan, and that each picture was counted once."""
    session = stack.store.load_session(session_id)
    images = stack.store.load_images(session_id)
    assert session.state.value == "done"
    assert (session.n_images, session.n_detected, session.n_failed) == (5, 5, 0)
    assert sorted(image.position_pw for image in images) == sorted(POSITIONS_PW)
    assert [image.index for image in images] == [0, 1, 2, 3, 4]
    events = [event.kind for event in stack.store.load_events(session_id)]
    assert events.count("session.done") == 1, events
    sightings = [
        (image_id, row)
        for thing in [*plan["items"], *plan["containers"]]
        for image_id, row in thing["sightings"]
    ]
    assert len(sightings) == len(set(sightings))
    assert {image_id for image_id, _ in sightings} <= {image.image_id for image in images}
