from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.stack import LocalStack, StackSettings
from tests.e2e.robots import Robot, make_robot


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The whole of SorterBot as real processes, for all tests that share it."""
    folder = tmp_path_factory.mktemp("stack of all")
    with LocalStack(StackSettings(folder, port=0, is_durable=False, robot_door_port=0)) as stack:
        yield stack


@pytest.fixture(scope="session")
def undisturbed(stack: LocalStack) -> dict[str, object]:
    """The plan of the table when nothing goes wrong."""
    with make_robot(stack, "UNDISTURBED") as robot:
        return sort_undisturbed(robot)


def sort_undisturbed(robot: Robot) -> dict[str, object]:
    session_id = robot.open_session()
    for position_pw in robot.pictures:
        robot.post(session_id, position_pw)
    robot.client.complete_session(session_id)
    return robot.client.await_plan(session_id, within_s=600.0, wait_s=5.0)
