"""Pictures as files in a folder, which may be a volume that several machines share."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sorter.errors import NotFoundError, StorageFullError, TransientError
from storage.keys import checked_key, checked_name, image_key

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""No room on the disk, in the quota, or below the process's own limit on files."""


class ImageFolder:
    """:class:`storage.ports.ImageStore` in a folder, which is made when it is first needed.

    A picture appears under its name only when all of it is on the disk, so that whoever finds
    the name finds the whole picture, also after the machine lost its power. A folder that was
    there and is gone is not made anew: what was put there would be hidden when it comes back.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._was_there = False

    def save_image(self, session_id: str, data: bytes) -> str:
        key = image_key(session_id, data)
        self._save(key, data)
        return key

    def load_image(self, key: str) -> bytes:
        return self._load(checked_key(key), f"there is no picture under the key {key!r}")

    def delete_image(self, key: str) -> None:
        with our_errors():
            (self._folder / checked_key(key)).unlink(missing_ok=True)

    def save_named(self, name: str, data: bytes) -> None:
        self._save(checked_name(name), data)

    def load_named(self, name: str) -> bytes:
        return self._load(checked_name(name), f"nothing is kept under the name {name!r}")

    def is_writable(self) -> bool:
        try:
            self._require_folder()
            with tempfile.TemporaryFile(dir=self._folder) as probe:
                probe.write(b"probe")
        except OSError:
            return False
        return True

    def _save(self, key: str, data: bytes) -> None:
        path = self._folder / key
        with our_errors():
            self._require_folder()
            self._make_folders(path.parent)
            _write_whole(path, data)

    def _load(self, key: str, complaint: str) -> bytes:
        with our_errors():
            try:
                return (self._folder / key).read_bytes()
            except FileNotFoundError as error:
                if not self._folder.is_dir():  # a volume that is not there may yet come
                    raise
                raise NotFoundError(complaint) from error

    def _make_folders(self, folder: Path) -> None:
        """Make what is missing from the store's own folder down, each on the disk."""
        if folder.is_dir():
            return
        if folder.parent != self._folder:
            self._make_folders(folder.parent)
        folder.mkdir(exist_ok=True)
        _flush_folder(folder.parent)

    def _require_folder(self) -> None:
        if not self._was_there:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._was_there = True


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file that is either wholly there or not at all, and on the disk when this returns."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)  # mkstemp's 0600 would lock other accounts out
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn what the operating system raises into ours, a full disk told from the rest."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFullError("there is no room left for the image folder") from error
        raise TransientError(f"the image folder did not answer: {error.strerror}") from error
