"""Keeps a session's pictures on the robot's disk until the gateway has them.

A folder a session: ``session.json`` tells what was asked for and under which idempotency key,
and each picture that waits is one file named by its position. A file has its name only once its
bytes are on the disk, so whatever a crash leaves is whole.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from robot.client import SessionRequest
from sorter.errors import ConflictError, StorageFullError

SESSION_FILE = "session.json"
WAITING, REFUSED, UNFINISHED = ".picture", ".refused", ".tmp"


@dataclass(frozen=True, slots=True)
class SpooledPicture:
    """One picture that waits on the disk."""

    position_pw: float
    path: Path

    def load(self) -> bytes:
        """Return its bytes."""
        return self.path.read_bytes()


class SpooledSession:
    """One session as the robot knows it, on the disk from the first moment.

    Attributes:
        idempotency_key: Opens the same session however often it is sent.
        session_id: The gateway's name for it; ``None`` until it answered.
        is_complete: Whether all its pictures have been taken.
    """

    def __init__(self, folder: Path, request: SessionRequest, idempotency_key: str) -> None:
        self.folder = folder
        self.request = request
        self.idempotency_key = idempotency_key
        self.session_id: str | None = None
        self.is_complete = False

    @classmethod
    def load(cls, folder: Path) -> SpooledSession:
        """Return the session that a folder holds."""
        kept = json.loads((folder / SESSION_FILE).read_bytes())
        session = cls(folder, SessionRequest(**kept["request"]), kept["idempotency_key"])
        session.session_id = kept["session_id"]
        session.is_complete = kept["is_complete"]
        return session

    def save(self) -> None:
        """Write down everything but the pictures.

        Raises:
            StorageFullError: The disk has no room.
        """
        kept = {
            "request": asdict(self.request),
            "idempotency_key": self.idempotency_key,
            "session_id": self.session_id,
            "is_complete": self.is_complete,
        }
        write_durably(self.folder / SESSION_FILE, json.dumps(kept).encode())

    def note_opened(self, session_id: str) -> None:
        """Remember the gateway's name for the session."""
        self.session_id = session_id
        self.save()

    def note_complete(self) -> None:
        """Remember that all its pictures have been taken."""
        self.is_complete = True
        self.save()

    def save_picture(self, position_pw: float, data: bytes) -> SpooledPicture:
        """Keep a picture; once this returns it outlives a crash of the robot.

        Raises:
            ConflictError: Another picture of that position still waits.
            StorageFullError: The disk has no room.
        """
        path = self.folder / f"{position_pw:.12g}{WAITING}"
        if path.exists() and path.read_bytes() != data:
            raise ConflictError(f"another picture of position {position_pw:g} still waits")
        write_durably(path, data)
        return SpooledPicture(position_pw, path)

    def load_waiting(self) -> list[SpooledPicture]:
        """Return the pictures that the gateway has not yet, by position."""
        paths = self.folder.glob(f"*{WAITING}")
        pictures = [SpooledPicture(float(path.name.removesuffix(WAITING)), path) for path in paths]
        return sorted(pictures, key=lambda picture: picture.position_pw)

    def remove(self, picture: SpooledPicture) -> None:
        """Forget a picture: only for one that the gateway has kept."""
        picture.path.unlink(missing_ok=True)

    def set_aside(self, picture: SpooledPicture, reason: str) -> None:
        """Keep a picture that the gateway refused, with the reason, and send it no more."""
        refused = picture.path.with_suffix(REFUSED)
        write_durably(refused.with_suffix(f"{REFUSED}.txt"), reason.encode())
        picture.path.replace(refused)
        _sync_folder(self.folder)

    def finish(self) -> None:
        """Forget the session; pictures that were refused stay for whoever looks into it."""
        if any(self.folder.glob(f"*{REFUSED}")):
            (self.folder / SESSION_FILE).unlink(missing_ok=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


class Spool:
    """All sessions of one robot that are not over."""

    def __init__(self, folder: Path, make_id: Callable[[], str]) -> None:
        self._folder = folder
        self._make_id = make_id

    def open_session(self, request: SessionRequest) -> SpooledSession:
        """Begin a session, on the disk alone.

        Raises:
            StorageFullError: The disk has no room.
        """
        key = self._make_id()
        folder = self._folder / key
        folder.mkdir(parents=True)
        _sync_folder(self._folder)
        session = SpooledSession(folder, request, key)
        session.save()
        return session

    def load_unfinished(self) -> list[SpooledSession]:
        """Return the sessions that an earlier run of the robot did not finish."""
        files = sorted(self._folder.glob(f"*/{SESSION_FILE}"))
        return [SpooledSession.load(file.parent) for file in files]


def write_durably(path: Path, data: bytes) -> None:
    """Write a file that is either there and whole, or not there, whatever happens.

    Raises:
        StorageFullError: The disk does not take it.
    """
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise StorageFullError(f"the robot's disk does not take {path}: {error}") from error


def _sync_folder(folder: Path) -> None:
    """Make the folder's names as durable as the bytes behind them."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
