"""Opens the stores that URLs name."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from sorter.errors import InvalidInputError
from storage.engine import make_engine
from storage.image_bucket import ImageBucket
from storage.image_folder import ImageFolder
from storage.ports import ImageStore
from storage.sql_store import SqlStore


def make_store(database_url: str) -> SqlStore:
    """Return the store in a PostgreSQL database, whose schema must be current.

    Raises:
        InvalidInputError: The URL names no PostgreSQL database.
    """
    return SqlStore(make_engine(database_url), make_id=lambda: uuid4().hex)


def make_image_store(
    url: str, *, access_key_id: str | None = None, secret_access_key: str | None = None
) -> ImageStore:
    """Return the image store that ``file:///folder`` or ``s3://bucket/prefix?...`` names.

    The options of a bucket are those of :meth:`storage.image_bucket.ImageBucket.from_url`.

    Raises:
        InvalidInputError: The URL names no image store.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"} and parts.path:
        return ImageFolder(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        return ImageBucket.from_url(
            url, access_key_id=access_key_id, secret_access_key=secret_access_key
        )
    raise InvalidInputError("an image store is file:///folder or s3://bucket/prefix")
