"""What is wrong, in one sentence each, and the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from api.console.words import count_of, duration
from storage.figures import SiteFigures
from storage.overview import ArmNow

QUIET_S = 60.0
"""A robot has gone quiet when the session that it opened last is still open, and for so long no
picture of it has come. One that began nothing is idle, which is nobody's fault."""

STUCK_S = 30.0
"""A queue does not move when its oldest entry has waited for so long, workers are alive, and none
has finished anything meanwhile; as long as the stretch in which the drain rate is measured."""

BAD, WARN = "bad", "warn"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that somebody should look after; ``level`` is ``bad`` or ``warn``."""

    level: str
    title: str
    text: str


def is_quiet(arm: ArmNow) -> bool:
    """Whether an arm's robot has gone quiet, see :data:`QUIET_S`."""
    return arm.quiet_s is not None and arm.quiet_s >= QUIET_S


def find_alarms(
    figures: SiteFigures, arms: Sequence[ArmNow], *, broker_answers: bool
) -> list[Alarm]:
    """Return what is wrong now."""
    found = [*_of_queues(figures, broker_answers=broker_answers), *_of_arms(arms)]
    if figures.n_quarantined:
        found.append(
            Alarm(
                WARN,
                "Pictures in quarantine",
                f"{count_of(figures.n_quarantined, 'picture', 'pictures')} used up all attempts:"
                " sorterbot quarantine list says why.",
            )
        )
    return sorted(found, key=lambda alarm: alarm.level != BAD)


def _of_queues(figures: SiteFigures, *, broker_answers: bool) -> Iterator[Alarm]:
    if not broker_answers:
        yield Alarm(
            BAD,
            "The broker does not answer",
            "Pictures are taken in and wait; they are published when it is back.",
        )
    yield from _of_workers("GPU", figures.workers.get("gpu", 0), figures.n_waiting, "picture")
    if figures.workers.get("gpu", 0) and _is_stuck(figures):
        yield Alarm(
            BAD,
            "The queue of pictures does not move",
            f"Its oldest has waited for {duration(figures.oldest_image_s)}, and"
            f" {count_of(figures.workers['gpu'], 'GPU worker', 'GPU workers')} alive finished"
            f" nothing in {STUCK_S:.0f} s. The workers' logs say more.",
        )
    n_sealed = figures.sessions.get("sealed", 0)
    yield from _of_workers("sort", figures.workers.get("sort", 0), n_sealed, "session")
    if figures.workers.get("sort", 0) and figures.oldest_session_s >= STUCK_S:
        yield Alarm(
            BAD,
            "Sessions wait to be sorted",
            f"One has waited for {duration(figures.oldest_session_s)} with all its pictures read,"
            " although a sort worker is alive.",
        )


def _of_workers(kind: str, n_workers: int, n_waiting: int, what: str) -> Iterator[Alarm]:
    if not n_workers:
        waiting = count_of(n_waiting, f"{what} waits", f"{what}s wait")
        text = f"Nothing is lost: {waiting} for one." if n_waiting else f"No {what} waits yet."
        yield Alarm(BAD, f"No {kind} worker is up", text)


def _is_stuck(figures: SiteFigures) -> bool:
    return figures.oldest_image_s >= STUCK_S and figures.image_p50_s is None


def _of_arms(arms: Iterable[ArmNow]) -> Iterator[Alarm]:
    for arm in arms:
        if is_quiet(arm):
            yield Alarm(
                WARN,
                f"{arm.arm_id} has gone quiet",
                f"Its session is open, and no picture came for {duration(arm.quiet_s)}.",
            )
