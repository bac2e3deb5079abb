"""Places where a process can be told to die at once, to prove that nothing is lost there.

A point is armed by a file in a folder that ``SORTERBOT_CRASH_FOLDER`` names: the first process
that reaches the point takes the file away and kills itself, or stands still until somebody
wakes it. So each file costs one process, and the one that is started in its place goes on.
Where the variable is not set, nothing is wrapped and nothing is looked for.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import uuid4

import structlog

from sorter.errors import InvalidInputError
from storage.records import ImageClaim, SessionClaim

BEFORE = {"detect:read": "save_detections", "sort:planned": "save_plan"}
"""The work is done under a claim, and nothing of it is written."""

AFTER = {
    "detect:claimed": "claim_image",
    "detect:committed": "save_detections",
    "sort:claimed": "claim_session",
    "sort:committed": "save_plan",
    "image:stored": "save_image",
    "image:committed": "accept_image",
}
"""The method has done its work, and its caller does not know it yet: a picture's detections are
committed and its message is not acknowledged, its bytes are stored and there is no row, its row
is committed and nothing is published, and so on."""

_log = structlog.get_logger(__name__)

Target = TypeVar("Target")


def arm_crash_point(
    folder: Path, point: str, session_id: str = "", *, number: signal.Signals = signal.SIGKILL
) -> None:
    """Let the next process end that reaches ``point``; once for each call.

    Args:
        session_id: Only in this session; where it is empty, in any.
        number: What the process sends itself; ``SIGSTOP`` makes it stand still until ``SIGCONT``.

    Raises:
        InvalidInputError: There is no such point.
    """
    if point not in {*BEFORE, *AFTER}:
        raise InvalidInputError(f"{point!r} is none of {', '.join([*BEFORE, *AFTER])}")
    folder.mkdir(parents=True, exist_ok=True)
    unseen = folder / f".{uuid4().hex}"
    unseen.write_text(f"{int(number)} {session_id}")
    unseen.rename(folder / f"{point}.{uuid4().hex}")


def armed_crash_points(folder: Path) -> list[str]:
    """Return the points that no process has died at yet, a name for each that is armed."""
    return sorted(path.name.partition(".")[0] for path in folder.glob("[!.]*"))


def send_to_itself(number: int) -> None:
    """Send this process a signal; ``SIGKILL`` cleans nothing up and says nothing to anybody."""
    os.kill(os.getpid(), number)


def with_crash_points(
    target: Target, folder: Path | None, end: Callable[[int], object] = send_to_itself
) -> Target:
    """Return a store, or an image store, that ends its process at the points armed in ``folder``.

    Without a folder it is the target itself.
    """
    if folder is None:
        return target
    return cast("Target", _Crashing(target, folder, end))


class _Crashing:
    """Passes every call on, and looks before or after those that have a point."""

    def __init__(self, target: object, folder: Path, end: Callable[[int], object]) -> None:
        self._target = target
        self._folder = folder
        self._end = end

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)
        before = [point for point, of_method in BEFORE.items() if of_method == name]
        after = [point for point, of_method in AFTER.items() if of_method == name]
        if not before and not after:
            return method

        def call(about: Any, *others: Any, **named: Any) -> Any:
            self._reach(before, about)
            result = method(about, *others, **named)
            if result:  # else the claim was lost or refused, and nothing has happened
                self._reach(after, about, result)
            return result

        return call

    def _reach(self, points: list[str], *witnesses: Any) -> None:
        session_ids = {_session_id(witness) for witness in witnesses}
        for point in points:
            for path in self._folder.glob(f"{point}.*"):
                number = self._take(path, session_ids)
                if number is not None:
                    _log.critical("crash point", point=point, signal=number)
                    self._end(number)

    def _take(self, path: Path, session_ids: set[str]) -> int | None:
        """Take the file away where it is for one of these sessions; return the signal it asks for.

        ``None`` where it is for another session, or another process has taken it.
        """
        with suppress(FileNotFoundError):
            number, _, wanted = path.read_text().partition(" ")
            if not wanted or wanted in session_ids:
                path.unlink()
                return int(number)
        return None


def _session_id(witness: Any) -> str:
    """Return the session that a method's first argument, or what it returns, speaks of."""
    if isinstance(witness, ImageClaim):
        return witness.image.session_id
    if isinstance(witness, SessionClaim):
        return witness.session.session_id
    return str(witness)
