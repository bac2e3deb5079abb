"""An original robot's table before and after its commands, side by side."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flask import render_template

from api.console.blueprint import blueprint
from api.context import using
from sorter.errors import NotFoundError
from storage.ports import Store
from storage.records import SessionRecord
from storage.robot_sessions import RobotSession


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """What an original robot photographed before its commands, and after.

    Attributes:
        called: How the robot calls the session.
        before: ``None`` where no picture was taken before.
        after: ``None`` where none was taken after.
        results: How many commands were picked, missed and dropped, by the pictures after.
    """

    called: RobotSession
    before: SessionRecord | None
    after: SessionRecord | None
    results: dict[str, int]

    @property
    def sides(self) -> list[tuple[str, SessionRecord]]:
        """The sessions that there are, each with what its pictures show."""
        named = [("Before the commands", self.before), ("After them", self.after)]
        return [(title, session) for title, session in named if session is not None]


def load_before_after(store: Store, session: SessionRecord) -> BeforeAfter | None:
    """Return both sides of a robot's session, whichever of them is asked for."""
    called = RobotSession.from_key(session.idempotency_key)
    if called is None:
        return None
    arm_id = session.arm.arm_id
    before, after = (_find(store, arm_id, one) for one in (called.before, called.after))
    outcomes = store.load_outcomes(before.session_id) if before is not None else []
    results = Counter(outcome.result for outcome in outcomes)
    return BeforeAfter(called.before, before, after, dict(sorted(results.items())))


@blueprint.get("/sessions/<session_id>/before-after")
def refresh_before_after(session_id: str) -> str:
    """Return both sides of a robot's session, for a page that is open.

    Raises:
        NotFoundError: No robot named the session.
    """
    store = using().services.store
    both = load_before_after(store, store.load_session(session_id))
    if both is None:
        raise NotFoundError("no robot named this session")
    return render_template("console/_before_after.html", both=both, shown=session_id)


def _find(store: Store, arm_id: str, called: RobotSession) -> SessionRecord | None:
    found = store.find_sessions(called.key, arm_id)
    return next((one for one in found if one.idempotency_key == called.key), None)
