from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sorter.errors import InvalidInputError
from storage.crash_points import (
    AFTER,
    BEFORE,
    arm_crash_point,
    armed_crash_points,
    with_crash_points,
)
from storage.ports import ImageStore, Store
from tests.factories import (
    JPEG,
    make_detections,
    make_image_claim,
    make_new_image,
    make_plan,
    make_ready_session,
    make_session,
    make_session_claim,
)
from tests.fakes import FakeImageStore, FakeStore


class Death(BaseException):
    """What stands for the end of the process."""


def _die(number: int) -> None:
    raise Death(number)


def _deadly(store: FakeStore, folder: Path) -> Store:
    return with_crash_points(store, folder, _die)


def test_without_a_folder_nothing_is_wrapped() -> None:
    store = FakeStore()
    assert with_crash_points(store, None) is store


@pytest.mark.parametrize(("point", "method"), [*BEFORE.items(), *AFTER.items()])
def test_every_point_lies_at_a_method_that_a_store_has(point: str, method: str) -> None:
    assert any(hasattr(port, method) for port in (Store, ImageStore)), point


def test_a_point_that_nobody_knows_is_refused_and_the_known_ones_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="sort:committed"):
        arm_crash_point(tmp_path, "sort:done")


def test_the_process_dies_after_the_work_is_committed_and_only_once(tmp_path: Path) -> None:
    store = FakeStore()
    session_id = make_session(store, 2).session_id
    arm_crash_point(tmp_path, "detect:committed")
    first, second = store.load_images(session_id)
    with pytest.raises(Death):
        _deadly(store, tmp_path).save_detections(
            make_image_claim(store, first.image_id), make_detections(), "d@1"
        )
    assert store.load_session(session_id).n_detected == 1
    assert armed_crash_points(tmp_path) == []
    claim = make_image_claim(store, second.image_id)
    assert _deadly(store, tmp_path).save_detections(claim, make_detections(), "d@1")


def test_as_many_processes_die_as_the_point_was_armed_times(tmp_path: Path) -> None:
    images = with_crash_points(FakeImageStore(), tmp_path, _die)
    for _ in range(2):
        arm_crash_point(tmp_path, "image:stored")
    assert armed_crash_points(tmp_path) == ["image:stored"] * 2
    for _ in range(2):
        with pytest.raises(Death):
            images.save_image("session", JPEG)
    assert images.save_image("session", JPEG)


def test_the_process_dies_before_a_plan_is_written(tmp_path: Path) -> None:
    store = FakeStore()
    session_id = make_ready_session(store).session_id
    arm_crash_point(tmp_path, "sort:planned")
    claim = make_session_claim(store, session_id)
    with pytest.raises(Death):
        _deadly(store, tmp_path).save_plan(claim, make_plan())
    assert store.load_plan(session_id) is None


def test_a_point_armed_for_one_session_spares_the_others(tmp_path: Path) -> None:
    store = FakeStore()
    one, other = (make_ready_session(store).session_id for _ in range(2))
    fresh = make_session(store).session_id
    for point in ("sort:claimed", "sort:committed"):
        arm_crash_point(tmp_path, point, other)
    arm_crash_point(tmp_path, "image:committed", one)
    deadly = _deadly(store, tmp_path)
    assert deadly.save_plan(make_session_claim(deadly, one), make_plan())
    deadly.accept_image(fresh, make_new_image(), None)
    with pytest.raises(Death):
        make_session_claim(deadly, other)


def test_a_claim_that_was_refused_is_no_claim(tmp_path: Path) -> None:
    store = FakeStore()
    session_id = make_session(store).session_id
    arm_crash_point(tmp_path, "sort:claimed")
    claim = _deadly(store, tmp_path).claim_session(
        session_id, "sort-1", dead_after_s=5, max_attempts=3
    )
    assert claim is None
    assert armed_crash_points(tmp_path) == ["sort:claimed"]


def test_a_process_is_killed_unless_it_is_to_stand_still(tmp_path: Path) -> None:
    images = with_crash_points(FakeImageStore(), tmp_path, _die)
    for number in (signal.SIGKILL, signal.SIGSTOP):
        arm_crash_point(tmp_path, "image:stored", number=number)
        with pytest.raises(Death) as death:
            images.save_image("session", JPEG)
        assert death.value.args == (number,)


def test_the_process_ends_as_kill_9_ends_it() -> None:
    code = "from storage.crash_points import send_to_itself; send_to_itself(9)"
    ended = subprocess.run([sys.executable, "-c", code], check=False)
    assert ended.returncode == -signal.SIGKILL
