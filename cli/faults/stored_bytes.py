"""What lies in a site's image store, changed behind everybody's back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cli.faults.site import Site
from storage.records import ImageRecord


@contextmanager
def other_bytes(site: Site, image: ImageRecord, data: bytes) -> Iterator[None]:
    """Put other bytes in a picture's place, and its own back at the end of the block."""
    path = site.folder / "images" / image.key
    own = path.read_bytes()
    path.write_bytes(data)
    try:
        yield
    finally:
        path.write_bytes(own)
