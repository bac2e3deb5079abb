"""One sorting run of one arm, from the first photograph to the last drop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from robot.answers import AcceptedImage, SessionStatus
from robot.arm import POSITIONS_PW, Deed, VirtualArm
from robot.client import GatewayClient, SessionRequest
from robot.delivery import deliver, deliver_if_there
from robot.errors import GatewayRefusedError
from robot.judge import Placement, Score, judge
from robot.spool import Spool, SpooledPicture, SpooledSession
from robot.table import Scene

STATUS_EVERY_S = 1.0
"""How often whoever watches is told how far the gateway is."""


class SessionWatcher(Protocol):
    """Is told what happens in a session, as it happens."""

    def photographed(self, position_pw: float) -> None:
        """Be told that a picture was taken, and lies on the robot's disk."""
        ...

    def delivered(self, position_pw: float) -> None:
        """Be told that the gateway has kept a picture."""
        ...

    def waited(self, status: SessionStatus) -> None:
        """Be told how far the gateway is."""
        ...

    def planned(self, plan: Mapping[str, Any]) -> None:
        """Be told the plan."""
        ...

    def done(self, deed: Deed) -> None:
        """Be told what one command came to."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class SessionReport:
    """What a session came to.

    Attributes:
        plan: The document that the gateway answered.
        pictures: The JPEG of each position.
        positions_by_image: The position of each picture by the id that the gateway gave it.
        before: The table when it was photographed.
        after: The table when the last command was done.
        placements: Where every item truly was then.
    """

    session_id: str
    plan: Mapping[str, Any]
    pictures: Mapping[float, bytes]
    positions_by_image: Mapping[str, float]
    before: Scene
    after: Scene
    deeds: tuple[Deed, ...]
    placements: tuple[Placement, ...]

    @property
    def score(self) -> Score:
        """Return how well the table was sorted, by the ground truth."""
        return judge(self.placements, [deed.grip for deed in self.deeds])


def run_session(
    arm: VirtualArm,
    client: GatewayClient,
    spool: Spool,
    watcher: SessionWatcher,
    *,
    positions_pw: Sequence[float] = POSITIONS_PW,
    deadline_s: float = 600.0,
) -> SessionReport:
    """Photograph the table, have it sorted, carry the plan out, and tell what was managed.

    A picture that is refused is left out of the plan, and kept on the robot's disk.

    Raises:
        GatewayRefusedError: The gateway refused the session, or could not sort it.
        GatewayAwayError: It was away for longer than the client's patience.
    """
    before = arm.scene
    request = SessionRequest(arm.arm.arm_id, len(positions_pw), deadline_s=deadline_s)
    session = spool.open_session(request)
    session_id, pictures, positions_by_image = post_photographs(
        arm, client, session, watcher, positions_pw
    )
    plan = client.await_plan(
        session_id, within_s=deadline_s, wait_s=STATUS_EVERY_S, on_status=watcher.waited
    )
    watcher.planned(plan)
    deeds = carry_out(arm, plan, watcher)
    if deeds:
        client.report_outcomes(session_id, [deed.outcome for deed in deeds])
    session.finish()
    placements = tuple(arm.load_placements())
    return SessionReport(
        session_id, plan, pictures, positions_by_image, before, arm.scene, deeds, placements
    )


def post_photographs(
    arm: VirtualArm,
    client: GatewayClient,
    session: SpooledSession,
    watcher: SessionWatcher,
    positions_pw: Sequence[float],
) -> tuple[str, dict[float, bytes], dict[str, float]]:
    """Take a picture at each position and see that the gateway has it, or has refused it.

    Each picture is offered at once. While the gateway is away the arm goes on photographing,
    and what waits is delivered at the end.

    Returns:
        The session's id, the pictures by position, and their positions by image id.
    """
    pictures: dict[float, bytes] = {}
    positions_by_image: dict[str, float] = {}

    def note_delivery(picture: SpooledPicture, receipt: AcceptedImage) -> None:
        positions_by_image[receipt.image_id] = picture.position_pw
        watcher.delivered(picture.position_pw)

    for position_pw, picture in arm.photographs(positions_pw):
        pictures[position_pw] = picture
        session.save_picture(position_pw, picture)
        watcher.photographed(position_pw)
        deliver_if_there(session, client, note_delivery)
    session.note_complete()
    delivery = deliver(session, client, on_delivered=note_delivery)
    return delivery.session_id, pictures, positions_by_image


def carry_out(
    arm: VirtualArm, plan: Mapping[str, Any], watcher: SessionWatcher
) -> tuple[Deed, ...]:
    """Do what the plan commands, and tell the watcher of each deed."""
    deeds = []
    for deed in arm.carry_out(plan):
        watcher.done(deed)
        deeds.append(deed)
    return tuple(deeds)


def deliver_leftovers(spool: Spool, client: GatewayClient) -> int:
    """Deliver what an earlier run of the robot left on its disk; return how many sessions.

    Their plans are not carried out: nobody knows what has lain on the table since.

    Raises:
        GatewayRefusedError: The key no longer opens the gateway; everything still waits.
        GatewayAwayError: The gateway was away for longer than the client's patience.
    """
    sessions = spool.load_unfinished()
    for session in sessions:
        session.note_complete()
        try:
            deliver(session, client)
        except GatewayRefusedError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            for picture in session.load_waiting():
                session.set_aside(picture, error.detail)
        session.finish()
    return len(sessions)
