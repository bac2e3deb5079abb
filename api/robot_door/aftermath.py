"""What follows a session without its robot waiting for it: panoramas, and what was moved.

Whether it was done stands in the rows, so a door that starts takes up what another one left.

Source: docs/interfaces/sorterbot.md, ``stitch_after_image`` and the storage keys.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue

import structlog

from api.context import Context
from api.intake import seal_session
from api.panorama import View, draw_panorama
from api.robot_door.sessions import find_session
from api.small_pictures import jpeg_of
from sorter.errors import ConflictError, TransientError
from sorter.outcome import outcomes_of
from storage.keys import original_name
from storage.records import ImageState, Outcome, SessionRecord
from storage.robot_sessions import RobotSession

LOOK_EVERY_S = 0.5
N_TAKEN_UP = 200
"""Of the newest sessions, those that a door looks at when it starts."""

PANORAMA_SAVED = "panorama.saved"
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A session whose pictures are to be drawn together, as soon as it is over."""

    called: RobotSession
    session_id: str
    arm_id: str

    @property
    def which(self) -> str:
        """``before`` or ``after``."""
        return "after" if self.called.is_after else "before"

    @property
    def panorama_name(self) -> str:
        """Where the original keeps the panorama."""
        file_name = "after_stitch.jpg" if self.called.is_after else "original_stitch.jpg"
        return original_name(self.arm_id, self.called.name, file_name)


class Aftermath:
    """One thread that draws panoramas and compares, as a context manager while it is wanted."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aftermath", daemon=True)

    def draw_before(self, arm_id: str, name: str) -> None:
        """See that a session's pictures are drawn together, unless the rows are away now."""
        try:
            self._note(arm_id, find_session(self._context, arm_id, name))
        except TransientError as error:
            log.warning("panorama_not_noted", arm_id=arm_id, session=name, reason=str(error))

    def end_after_pictures(self, arm_id: str, name: str, request_id: str) -> None:
        """Take no more pictures after a session, and see that they are drawn and compared.

        Raises:
            ConflictError: None have come.
            TransientError: It could not be noted now.
        """
        found = find_session(self._context, arm_id, name, is_after=True)
        if found is None:
            raise ConflictError(f"no picture was taken after session {name}")
        seal_session(self._context, found[1].session_id, request_id)
        self._note(arm_id, found)

    def _note(self, arm_id: str, found: tuple[RobotSession, SessionRecord] | None) -> None:
        if found is not None:
            self._jobs.put(Job(found[0], found[1].session_id, arm_id))

    def __enter__(self) -> Aftermath:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        is_taken_up = False
        while not self._stopping.is_set():
            is_taken_up = is_taken_up or self._take_up()
            try:
                job = self._jobs.get(timeout=LOOK_EVERY_S)
            except Empty:
                continue
            self._do_or_keep(job)

    def _take_up(self) -> bool:
        """Note what another door may have left; False where the rows are away now."""
        try:
            left = self._context.services.store.find_sessions("robot/", limit=N_TAKEN_UP)
        except TransientError as error:
            log.warning("aftermath_not_taken_up", reason=str(error))
            return False
        for session in left:
            called = RobotSession.from_key(session.idempotency_key)
            if called is not None and session.sealed_at is not None:
                self._note(session.arm.arm_id, (called, session))
        return True

    def _do_or_keep(self, job: Job) -> None:
        try:
            is_done = self._do(job)
        except TransientError as error:
            log.warning("aftermath_waits", session_id=job.session_id, reason=str(error))
            is_done = False
        except Exception as error:
            log.exception("aftermath_failed", session_id=job.session_id, reason=str(error))
            is_done = True
        if not is_done:
            self._jobs.put(job)
            self._stopping.wait(LOOK_EVERY_S)

    def _do(self, job: Job) -> bool:
        """Do what is left of a job; False where its session is not over yet."""
        store = self._context.services.store
        session = store.load_session(job.session_id)
        if not session.state.is_final:
            return False
        before = self._session_before(job) or session
        if not session.n_detected or self._is_told(before.session_id, job.which):
            return True
        if job.called.is_after:
            self._compare(before, session)
        self._draw(job, session)
        store.note_panorama(before.session_id, job.which, job.panorama_name)
        log.info("panorama_saved", session_id=before.session_id, name=job.panorama_name)
        return True

    def _is_told(self, session_id: str, which: str) -> bool:
        told = self._context.services.store.load_events(session_id)
        return any(e.kind == PANORAMA_SAVED and e.data.get("which") == which for e in told)

    def _draw(self, job: Job, session: SessionRecord) -> None:
        services = self._context.services
        views = [
            View(image.position_pw, image.size, partial(services.images.load_image, image.key))
            for image in services.store.load_images(job.session_id)
            if image.state is ImageState.DETECTED
        ]
        drawn = draw_panorama(views, session.arm.geometry)
        services.images.save_named(job.panorama_name, jpeg_of(drawn))

    def _compare(self, before: SessionRecord, after: SessionRecord) -> None:
        """Note what became of the commands, where there were any."""
        store = self._context.services.store
        plan, after_plan = (store.load_plan(one.session_id) for one in (before, after))
        if plan is None or after_plan is None or before == after:
            return
        size = store.load_images(after.session_id)[0].size
        became = outcomes_of(plan, after_plan, size, after.arm.geometry)
        if became:
            outcomes = [Outcome(one.order, one.result, one.note) for one in became]
            store.save_outcomes(before.session_id, outcomes)
        log.info("commands_compared", session_id=before.session_id, n_commands=len(became))

    def _session_before(self, job: Job) -> SessionRecord | None:
        """Return the session whose commands were carried out before, if there is one."""
        key = job.called.before.key
        found = self._context.services.store.find_sessions(key, job.arm_id)
        return next((session for session in found if session.idempotency_key == key), None)
