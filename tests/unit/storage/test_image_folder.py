"""Pictures in a folder: whole, durable, and inside it."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from sorter.errors import StorageFullError, TransientError
from storage.image_folder import ImageFolder, our_errors
from tests.contracts.image_store import ImageStoreContract
from tests.factories import JPEG

FULL_DEVICE = Path("/dev/full")
"""Refuses every write as a full disk does."""


class TestImageFolder(ImageStoreContract):
    @pytest.fixture
    def images(self, tmp_path: Path) -> ImageFolder:
        return ImageFolder(tmp_path / "not yet made" / "with a space and %41")


def test_a_saved_picture_leaves_no_temporary_file_and_is_readable_by_others(
    tmp_path: Path,
) -> None:
    key = ImageFolder(tmp_path).save_image("session", JPEG)
    assert [path.name for path in (tmp_path / "session").iterdir()] == [Path(key).name]
    assert (tmp_path / key).stat().st_mode & 0o777 == 0o644


def test_a_picture_that_could_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    images = ImageFolder(tmp_path)
    key = images.save_image("session", JPEG)
    (tmp_path / key).unlink()
    (tmp_path / key).mkdir()  # no file can be renamed to a folder's name
    with pytest.raises(TransientError):
        images.save_image("session", JPEG)
    assert [path.name for path in (tmp_path / "session").iterdir()] == [Path(key).name]


def test_a_full_disk_is_told_from_one_that_does_not_answer() -> None:
    with pytest.raises(StorageFullError), our_errors():
        FULL_DEVICE.write_bytes(JPEG)
    with pytest.raises(TransientError) as raised, our_errors():
        Path("/").write_bytes(JPEG)
    assert not isinstance(raised.value, StorageFullError)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_whatever_leaves_no_room_is_called_so(number: int) -> None:
    with pytest.raises(StorageFullError), our_errors():
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EIO, errno.ESTALE])
def test_whatever_else_a_disk_does_may_pass(number: int) -> None:
    with pytest.raises(TransientError) as raised, our_errors():
        raise OSError(number, os.strerror(number))
    assert not isinstance(raised.value, StorageFullError)


def test_a_folder_that_is_gone_may_come_back(tmp_path: Path) -> None:
    images = ImageFolder(tmp_path / "volume")
    key = images.save_image("session", JPEG)
    (tmp_path / "volume").rename(tmp_path / "elsewhere")
    with pytest.raises(TransientError):
        images.load_image(key)
    with pytest.raises(TransientError):
        images.save_image("session", JPEG + b"another")
    assert not images.is_writable()
    assert not (tmp_path / "volume").exists(), "nothing is put where it would be hidden"
    (tmp_path / "elsewhere").rename(tmp_path / "volume")
    assert images.load_image(key) == JPEG


def test_a_folder_that_cannot_be_made_is_not_writable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    images = ImageFolder(tmp_path / "file" / "folder")
    assert not images.is_writable()
    with pytest.raises(TransientError):
        images.save_image("session", JPEG)


def test_whoever_finds_a_name_finds_the_whole_picture(tmp_path: Path) -> None:
    """A reader polls the name while eight writers save the same bytes."""
    images = ImageFolder(tmp_path)
    data = JPEG + os.urandom(300_000)
    path = tmp_path / ImageFolder(tmp_path / "twin").save_image("session", data)
    sizes = set()
    writers = [threading.Thread(target=images.save_image, args=("session", data)) for _ in range(8)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if path.exists():
            sizes.add(path.stat().st_size)
    sizes.add(path.stat().st_size)
    assert sizes == {len(data)}
