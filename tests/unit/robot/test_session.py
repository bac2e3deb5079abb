from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from robot.arm import VirtualArm
from robot.client import GatewayClient
from robot.disturbances import Disturbances
from robot.errors import GatewayRefusedError
from robot.kinds import KINDS
from robot.session import SessionReport, deliver_leftovers, run_session
from robot.spool import Spool
from robot.table_layout import CAMERA, make_scene
from sorter.geometry import servo_from_table
from tests.unit.robot.small_gateway import Fault, SmallGateway


class NotingWatcher:
    """Notes what it is told, in order."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def photographed(self, position_pw: float) -> None:
        self.told.append(f"photographed {position_pw:g}")

    def delivered(self, position_pw: float) -> None:
        self.told.append(f"delivered {position_pw:g}")

    def waited(self, status: object) -> None:
        self.told.append("waited")

    def planned(self, plan: object) -> None:
        self.told.append("planned")

    def done(self, deed: Any) -> None:
        self.told.append(f"done {deed.order}")


class QuickArm(VirtualArm):
    """Photographs without rendering."""

    def photograph(self, position_pw: float) -> bytes:
        return f"picture at {position_pw}".encode()


@pytest.fixture
def arm() -> QuickArm:
    rng = np.random.default_rng(4)
    kinds = sorted(KINDS)[:1]
    scene = make_scene(rng, n_items=3, kinds=kinds, n_containers=1)
    return QuickArm("ARM001", scene, rng)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    numbers = itertools.count()
    return Spool(tmp_path, lambda: f"key-{next(numbers)}")


def perfect_plan(arm: VirtualArm) -> dict[str, Any]:
    def servo(xy_px: tuple[float, float]) -> dict[str, float]:
        servo0_pw, servo1_pw = servo_from_table([xy_px], CAMERA, arm.arm.geometry)[0].tolist()
        return {"servo0_pw": servo0_pw, "servo1_pw": servo1_pw}

    drop = servo(arm.scene.containers[0].centre_xy_px)
    commands = [
        {"order": n, "pick": servo(item.centre_xy_px), "drop": drop}
        for n, item in enumerate(arm.scene.items)
    ]
    return {"arm_id": arm.arm.arm_id, "state": "done", "commands": commands}


def run(
    arm: VirtualArm, client: GatewayClient, spool: Spool, watcher: NotingWatcher
) -> SessionReport:
    return run_session(arm, client, spool, watcher, positions_pw=(1600.0, 1200.0))


def test_a_session_goes_from_the_first_photograph_to_the_last_drop(gateway, client, arm, spool):
    gateway.plan, gateway.plan_after = perfect_plan(arm), 1
    watcher = NotingWatcher()
    report = run(arm, client, spool, watcher)
    assert watcher.told == [
        "photographed 1600",
        "delivered 1600",
        "photographed 1200",
        "delivered 1200",
        "waited",
        "planned",
        "done 0",
        "done 1",
        "done 2",
    ]
    assert report.score.items_right == report.score.items == report.score.picks_hit == 3
    assert report.positions_by_image == {"image-0": 1600.0, "image-1": 1200.0}
    assert report.before != report.after == arm.scene
    assert [outcome["result"] for outcome in gateway.outcomes] == ["picked"] * 3
    assert spool.load_unfinished() == []


def test_an_arm_goes_on_photographing_while_the_gateway_is_away(gateway, client, arm, spool):
    gateway.faults.extend([Fault(503)] * 4)
    watcher = NotingWatcher()
    run(arm, client, spool, watcher)
    assert watcher.told[:2] == ["photographed 1600", "photographed 1200"]
    assert sorted(watcher.told[2:4]) == ["delivered 1200", "delivered 1600"]
    assert set(gateway.pictures) == {"1600", "1200"}


def test_a_plan_without_commands_reports_nothing_and_is_no_error(gateway, client, arm, spool):
    report = run(arm, client, spool, NotingWatcher())
    assert report.deeds == ()
    assert not any(path.endswith("/outcomes") for _, path in gateway.requests)


def test_a_session_that_fails_stays_unfinished(gateway: SmallGateway, client, arm, spool):
    gateway.refused = {"1600": 422, "1200": 422}
    gateway.plan_after = 10**6
    with pytest.raises(GatewayRefusedError):
        run(arm, FailingPlans(client), spool, NotingWatcher())
    assert len(spool.load_unfinished()) == 1


class FailingPlans:
    """A client whose gateway can sort nothing."""

    def __init__(self, client: GatewayClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def await_plan(self, *_: object, **__: object) -> None:
        raise GatewayRefusedError(409, "urn:sorterbot:problem:session-failed", "nothing readable")


def test_what_an_earlier_run_left_behind_is_delivered(gateway, client, arm, spool):
    gateway.faults.extend([Fault(503)] * 1000)
    with pytest.raises(Exception, match="503"):
        run(arm, client, spool, NotingWatcher())
    gateway.faults.clear()
    assert deliver_leftovers(spool, client) == 1
    assert set(gateway.pictures) == {"1600", "1200"}
    assert gateway.is_complete
    assert deliver_leftovers(spool, client) == 0


@pytest.mark.parametrize(("status", "is_given_up"), [(404, True), (401, False)])
def test_leftovers_of_a_forgotten_session_are_set_aside_but_a_refused_key_loses_nothing(
    gateway, client, arm, spool, tmp_path, status, is_given_up
):
    gateway.faults.extend([Fault(503)] * 1000)
    with pytest.raises(Exception, match="503"):
        run(arm, client, spool, NotingWatcher())
    gateway.faults.clear()
    gateway.refused = {"1600": status, "1200": status}
    if is_given_up:
        assert deliver_leftovers(spool, client) == 1
        assert len(list(tmp_path.glob("*/*.refused"))) == 2
    else:
        with pytest.raises(GatewayRefusedError):
            deliver_leftovers(spool, client)
        assert len(list(tmp_path.glob("*/*.picture"))) == 2


def test_a_picture_that_never_comes_is_not_waited_for(gateway, client, arm, spool):
    quick = QuickArm("ARM001", arm.scene, np.random.default_rng(0), Disturbances(missing=1))
    report = run(quick, client, spool, NotingWatcher())
    assert len(report.pictures) == len(gateway.pictures) == 1
    assert gateway.is_complete
