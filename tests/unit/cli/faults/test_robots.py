from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.faults.robots import Crowd, OpenSession, Traffic
from cli.faults.tables import POSITIONS_PW
from robot.errors import GatewayAwayError


class FakeRobot:
    """Notes the sessions that it is told to run; ``error`` makes each of them fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.ran: list[tuple[int, int, bool]] = []
        self._error = error

    def run_session(
        self, table: int, n_pictures: int, *, announces: bool, pause: Any
    ) -> OpenSession:
        if self._error is not None:
            raise self._error
        pause()
        self.ran.append((table, n_pictures, announces))
        return OpenSession(f"S{id(self)}-{len(self.ran)}", table, n_pictures)


def work(robots: list[Any], traffic: Traffic, seed: int = 1) -> tuple[Crowd, list[str]]:
    crowd = Crowd(robots, traffic, np.random.default_rng(seed))
    crowd.start()
    return crowd, crowd.join(60.0)


@settings(max_examples=15)
@given(st.integers(1, 5), st.integers(0, 12))
def test_the_sessions_are_dealt_out_evenly_and_all_are_run(n_robots, n_sessions):
    robots = [FakeRobot() for _ in range(n_robots)]
    crowd, complaints = work(robots, Traffic(n_sessions, gap_s=0.0001))
    amounts = [len(robot.ran) for robot in robots]
    assert complaints == []
    assert sum(amounts) == len(crowd.sessions) == n_sessions
    assert max(amounts) - min(amounts) <= 1
    assert crowd.is_done


def test_the_same_seed_gives_each_robot_the_same_tables_whatever_the_others_do():
    traffic = Traffic(12, n_tables=50, gap_s=0.0001)
    first, again, other = [FakeRobot(), FakeRobot()], [FakeRobot(), FakeRobot()], [FakeRobot()] * 2
    work(first, traffic)
    work(again, traffic)
    work(other, traffic, seed=2)
    assert [robot.ran for robot in first] == [robot.ran for robot in again]
    assert first[0].ran != first[1].ran
    assert {table for table, _, _ in other[0].ran} != {table for table, _, _ in first[0].ran}


def test_a_robot_that_gives_up_is_complained_of_and_the_others_go_on():
    robots = [FakeRobot(GatewayAwayError("no answer for minutes")), FakeRobot()]
    crowd, complaints = work(robots, Traffic(4, gap_s=0.0001))
    assert complaints == ["a robot gave up: no answer for minutes"]
    assert len(crowd.sessions) == 2


def test_a_robot_that_still_works_is_not_waited_for_beyond_the_time():
    may_end = threading.Event()

    class Slow(FakeRobot):
        def run_session(self, *tables: Any, **how: Any) -> OpenSession:
            may_end.wait()
            return super().run_session(*tables, **how)

    crowd = Crowd([Slow()], Traffic(1, gap_s=0.0001), np.random.default_rng(1))
    crowd.start()
    with pytest.raises(TimeoutError):
        crowd.join(0.01)
    assert not crowd.is_done
    may_end.set()
    assert crowd.join(60.0) == []


@pytest.mark.parametrize("n_pictures", range(1, len(POSITIONS_PW) + 1))
def test_a_session_takes_its_first_positions_in_order(n_pictures):
    assert OpenSession("S", 0, n_pictures).positions_pw == POSITIONS_PW[:n_pictures]
