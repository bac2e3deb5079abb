"""Pictures as objects in an S3 bucket, or in anything that speaks S3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Self, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from sorter.errors import InvalidInputError, NotFoundError, StorageFullError, TransientError
from storage.keys import checked_key, checked_name, image_key

if TYPE_CHECKING:
    from obstore.store import S3Config  # stands in the stubs only

CONNECT_TIMEOUT_S = 2
REQUEST_TIMEOUT_S = 15
"""For one attempt; the largest picture that is accepted takes this long at 10 Mbit/s."""
MAX_TIMEOUT_S = 300.0
MAX_RETRIES = 2
RETRY_TIMEOUT_S = 10
"""No further attempt begins after that, so a server that never answers is given up after one."""
PROBE_TIMEOUT_S = 3.0

_OPTIONS = {"endpoint", "region", "allow_http", "virtual_hosted_style_request", "timeout_s"}
_PROBE = "probe"

# MinIO's code, Ceph's, and the status of whoever has none. Amazon's buckets are never full.
_FULL = re.compile(r"XMinioStorageFull|QuotaExceeded|status: 507\b")


class ImageBucket:
    """:class:`storage.ports.ImageStore` in a bucket, which must exist.

    An object appears whole or not at all, so no temporary names are needed.
    """

    def __init__(self, bucket: S3Store, probed: S3Store) -> None:
        self._bucket = bucket
        self._probed = probed

    @classmethod
    def from_url(
        cls, url: str, *, access_key_id: str | None = None, secret_access_key: str | None = None
    ) -> Self:
        """Return the store that ``s3://bucket/prefix?region=...&endpoint=...`` names.

        ``endpoint`` is for what is not Amazon's, with ``allow_http=true`` where that has no TLS,
        and ``virtual_hosted_style_request=true`` where the bucket's name is part of the host's.
        ``timeout_s`` is for one attempt: 15 where it is not said.
        Without keys, the standard environment (``AWS_ACCESS_KEY_ID`` and so on) gives them.

        Raises:
            InvalidInputError: The URL names no bucket, or holds an option that makes no sense.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        unknown = sorted(set(options) - _OPTIONS)
        if parts.scheme != "s3" or not parts.netloc or unknown:
            raise InvalidInputError(
                "a bucket is s3://bucket/prefix with the options "
                f"{', '.join(sorted(_OPTIONS))}, and nothing else ({', '.join(unknown)})"
            )
        timeout_s = _seconds(options.pop("timeout_s", str(REQUEST_TIMEOUT_S)))
        keys = {"access_key_id": access_key_id, "secret_access_key": secret_access_key}
        options |= {name: value for name, value in keys.items() if value is not None}
        place = parts.netloc, unquote(parts.path).strip("/")
        return cls(
            _bucket(*place, options, timeout_s, MAX_RETRIES),
            _bucket(*place, options, min(timeout_s, PROBE_TIMEOUT_S), 0),
        )

    def save_image(self, session_id: str, data: bytes) -> str:
        key = image_key(session_id, data)
        self._save(key, data)
        return key

    def load_image(self, key: str) -> bytes:
        return self._load(checked_key(key), f"there is no picture under the key {key!r}")

    def delete_image(self, key: str) -> None:
        with our_errors(), suppress(FileNotFoundError):
            obstore.delete(self._bucket, checked_key(key))

    def save_named(self, name: str, data: bytes) -> None:
        self._save(checked_name(name), data)

    def load_named(self, name: str) -> bytes:
        return self._load(checked_name(name), f"nothing is kept under the name {name!r}")

    def _save(self, key: str, data: bytes) -> None:
        with our_errors():
            obstore.put(self._bucket, key, data, use_multipart=False)

    def _load(self, key: str, complaint: str) -> bytes:
        with our_errors():
            try:
                return bytes(obstore.get(self._bucket, key).bytes())
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                raise NotFoundError(complaint) from error

    def is_writable(self) -> bool:
        try:
            with our_errors():
                obstore.put(self._probed, _PROBE, b"probe", use_multipart=False)
        except TransientError:
            return False
        return True


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MAX_TIMEOUT_S:
        raise InvalidInputError(f"timeout_s is above 0 and at most {MAX_TIMEOUT_S:g}, not {text!r}")
    return seconds


def _bucket(
    name: str, prefix: str, options: Mapping[str, str], timeout_s: float, max_retries: int
) -> S3Store:
    config = {key: value for key, value in options.items() if key != "allow_http"}
    return S3Store(
        name,
        prefix=prefix or None,
        config=cast("S3Config", config),
        client_options={
            "allow_http": options.get("allow_http") == "true",
            "connect_timeout": timedelta(seconds=CONNECT_TIMEOUT_S),
            "timeout": timedelta(seconds=timeout_s),
        },
        retry_config={
            "max_retries": max_retries,
            "retry_timeout": timedelta(seconds=RETRY_TIMEOUT_S),
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=1),
                "base": 2,
            },
        },
    )


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn what the library raises into ours; a missing bucket may yet be made."""
    try:
        yield
    except (BaseError, OSError) as error:
        if _FULL.search(str(error)):
            raise StorageFullError("there is no room left in the bucket") from error
        reason = str(error).partition("\n")[0][:500]
        raise TransientError(f"the bucket did not answer: {reason}") from error
