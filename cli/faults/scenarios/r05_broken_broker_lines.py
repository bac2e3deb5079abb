"""R5: the lines to the broker are cut, refused, silenced and forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from cli.faults.plain_robot import PlainRobot
from cli.faults.proxy import Proxy
from cli.faults.scenario import Needs, Scenario
from cli.faults.trial import Trial

ANSWERED_WITHIN_S = 5.0
"""The gateway gives a broker that does not answer about a second; the rest is the machine's."""

NEXT_TASK_WITHIN_S = 5.0
"""More than the same takes undisturbed, which on a busy machine are seconds by themselves."""

HALF_OPEN_WITHIN_S = 30.0
"""On a line that neither end knows to be dead only silence tells, for some seconds a line."""

N_PICTURES = 2
N_TABLES = 6


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is done to the lines again and again, for how long, and how it ends."""

    name: str
    disturb: Callable[[Proxy], None]
    seconds: float
    short_s: float
    end: Callable[[Proxy], None] = Proxy.pass_on
    next_task_within_s: float = NEXT_TASK_WITHIN_S


FAULTS = (
    _Fault("lines to the broker cut again and again", Proxy.reset, 5.0, 1.5),
    _Fault("a broker that refuses connections", Proxy.refuse, 20.0, 3.0),
    _Fault("a broker in a black hole", Proxy.silence, 40.0, 4.0),
    _Fault(
        "lines to the broker forgotten by a firewall",
        Proxy.silence,
        10.0,
        2.0,
        Proxy.forget,
        HALF_OPEN_WITHIN_S,
    ),
)


def run(trial: Trial) -> None:
    """Post through every fault, and see how soon work goes on after it."""
    with PlainRobot(trial) as robot:
        calm_s = _next_task_s(trial, robot, "nothing")
        trial.figure("undisturbed_s", round(calm_s, 3))
        for number, fault in enumerate(FAULTS):
            _endure(trial, robot, fault, first_table=number)
            seconds = _next_task_s(trial, robot, fault.name)
            trial.recovered(seconds, fault.name)
            trial.expect(
                seconds <= calm_s + fault.next_task_within_s,
                f"after {fault.name} the next task ran only after {seconds:.1f} s",
            )
            trial.site.proxies["redis"].pass_on()


def _endure(trial: Trial, robot: PlainRobot, fault: _Fault, first_table: int) -> None:
    proxy = trial.site.proxies["redis"]
    until_s = time.monotonic() + (fault.short_s if trial.is_short else fault.seconds)
    table = first_table
    while time.monotonic() < until_s:
        session = robot.open_session(table % N_TABLES, N_PICTURES)
        for position_pw in session.positions_pw:
            fault.disturb(proxy)
            robot.post_quickly(session, position_pw, ANSWERED_WITHIN_S, f"amid {fault.name}")
        robot.complete(session)
        table += 1
    fault.end(proxy)


def _next_task_s(trial: Trial, robot: PlainRobot, after: str) -> float:
    """Return how many seconds it took until a picture was detected, be it old or a new one.

    Not the new one itself: it stands behind all that were accepted amid the fault.
    """
    began_s, n_before = time.monotonic(), trial.site.n_detected()
    session = robot.open_session(table=0, n_pictures=1)
    robot.post(session, session.positions_pw[0])
    trial.wait_until(
        lambda: trial.site.n_detected() > n_before,
        trial.patience_s,
        f"a picture detected after {after}",
    )
    seconds = time.monotonic() - began_s
    robot.complete(session)
    return seconds


SCENARIO = Scenario(
    name="R5",
    title="The lines to the broker are cut, refused, silenced and forgotten.",
    run=run,
    needs=Needs(has_proxies=True, is_durable=True),
)
