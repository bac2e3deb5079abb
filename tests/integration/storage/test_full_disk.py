"""A picture folder on a disk that really is full: a small one, in memory, of the test's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]
MOUNT = 'mount -t tmpfs -o size=256k tmpfs "$1" && exec "$2" -c "$3" "$1"'

FILL = """
import sys
from pathlib import Path
from sorter.errors import StorageFullError
from storage.image_folder import ImageFolder
from tests.factories import JPEG

folder = Path(sys.argv[1])
images = ImageFolder(folder)
kept = {}
try:
    for number in range(100):
        data = JPEG + bytes([number]) * 20_000
        kept[images.save_image("session", data)] = data
except StorageFullError:
    pass
else:
    raise AssertionError("a disk of 256 KB kept 2 MB")
assert len(kept) > 3
assert all(images.load_image(key) == data for key, data in kept.items()), "what was kept is whole"
assert sorted(folder.rglob("*.*")) == sorted(folder / key for key in kept), "nothing else is"
(folder / "session" / "filler").write_bytes(b"")
with (folder / "session" / "filler").open("r+b", buffering=0) as filler:
    try:
        while True:
            filler.write(bytes(4096))
    except OSError:
        pass
assert not images.is_writable()
(folder / "session" / "filler").unlink()
key, _ = kept.popitem()
(folder / key).unlink()
assert images.is_writable()
images.save_image("session", JPEG)
print("done")
"""


def may_mount(folder: Path) -> bool:
    command = [*UNSHARE, "sh", "-c", 'mount -t tmpfs tmpfs "$1"', "sh", str(folder)]
    return (
        shutil.which("unshare") is not None
        and subprocess.run(command, check=False, capture_output=True).returncode == 0
    )


def test_a_disk_that_is_full_keeps_what_it_has_and_takes_more_when_there_is_room(
    tmp_path: Path,
) -> None:
    if not may_mount(tmp_path):
        pytest.skip("this system lets nobody mount a disk of their own in memory")
    command = [*UNSHARE, "sh", "-c", MOUNT, "sh", str(tmp_path), sys.executable, FILL]
    run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert run.stdout.strip() == "done", run.stderr
