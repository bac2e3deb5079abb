"""Pictures as objects in an S3 bucket, or in anything that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Self, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from sorter.errors import InvalidInputError, NotFoundError, TransientError
from storage.keys import checked_key, image_key

if TYPE_CHECKING:
    from obstore.store import S3Config  # stands in the stubs only

CONNECT_TIMEOUT_S = 2
REQUEST_TIMEOUT_S = 15
"""For one attempt; the largest picture that is accepted takes this long at 10 Mbit/s."""
MAX_RETRIES = 2
RETRY_TIMEOUT_S = 20

_OPTIONS = {"endpoint", "region", "allow_http", "virtual_hosted_style_request"}
_PROBE = "probe"


class ImageBucket:
    """:class:`storage.ports.ImageStore` in a bucket, which must exist.

    An object appears whole or not at all, so no temporary names are needed.
    """

    def __init__(self, bucket: S3Store) -> None:
        self._bucket = bucket

    @classmethod
    def from_url(
        cls, url: str, *, access_key_id: str | None = None, secret_access_key: str | None = None
    ) -> Self:
        """Return the store that ``s3://bucket/prefix?region=...&endpoint=...`` names.

        ``endpoint`` is for what is not Amazon's, with ``allow_http=true`` where that has no TLS,
        and ``virtual_hosted_style_request=true`` where the bucket's name is part of the host's.
        Without keys, the standard environment (``AWS_ACCESS_KEY_ID`` and so on) gives them.

        Raises:
            InvalidInputError: The URL names no bucket, or holds an unknown option.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        unknown = sorted(set(options) - _OPTIONS)
        if parts.scheme != "s3" or not parts.netloc or unknown:
            raise InvalidInputError(
                "a bucket is s3://bucket/prefix with the options "
                f"{', '.join(sorted(_OPTIONS))}, and nothing else ({', '.join(unknown)})"
            )
        keys = {"access_key_id": access_key_id, "secret_access_key": secret_access_key}
        known_keys = {name: value for name, value in keys.items() if value is not None}
        return cls(_bucket(parts.netloc, unquote(parts.path).strip("/"), options | known_keys))

    def save_image(self, session_id: str, data: bytes) -> str:
        key = image_key(session_id, data)
        with _our_errors():
            obstore.put(self._bucket, key, data, use_multipart=False)
        return key

    def load_image(self, key: str) -> bytes:
        with _our_errors():
            try:
                return bytes(obstore.get(self._bucket, checked_key(key)).bytes())
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                raise NotFoundError(f"there is no picture under the key {key!r}") from error

    def is_writable(self) -> bool:
        try:
            with _our_errors():
                obstore.put(self._bucket, _PROBE, b"probe", use_multipart=False)
        except TransientError:
            return False
        return True


def _bucket(name: str, prefix: str, options: dict[str, str]) -> S3Store:
    allow_http = options.pop("allow_http", "false") == "true"
    return S3Store(
        name,
        prefix=prefix or None,
        config=cast("S3Config", options),
        client_options={
            "allow_http": allow_http,
            "connect_timeout": timedelta(seconds=CONNECT_TIMEOUT_S),
            "timeout": timedelta(seconds=REQUEST_TIMEOUT_S),
        },
        retry_config={
            "max_retries": MAX_RETRIES,
            "retry_timeout": timedelta(seconds=RETRY_TIMEOUT_S),
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=1),
                "base": 2,
            },
        },
    )


@contextmanager
def _our_errors() -> Iterator[None]:
    """Turn what the library raises into ours; a missing bucket may yet be made."""
    try:
        yield
    except (BaseError, OSError) as error:
        reason = str(error).partition("\n")[0][:500]
        raise TransientError(f"the bucket did not answer: {reason}") from error
