"""A bucket of our own that can be told to fail as buckets do."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from enum import Enum, auto
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from cli.services.network import LOOPBACK
from sorter.errors import InvalidInputError, NotFoundError
from storage.image_folder import ImageFolder

BUCKET = "pictures"
ACCESS = {"AWS_ACCESS_KEY_ID": "anybody", "AWS_SECRET_ACCESS_KEY": "anything"}
"""The bucket looks at no key, and S3's clients insist on having one."""

LAST_MODIFIED = "Sat, 01 Jan 2000 00:00:00 GMT"


_NAMED_KEY = re.compile(r"<Key>([^<&]+)</Key>")


class Mood(Enum):
    """What the bucket does with what is asked of it."""

    WORKS = auto()
    FULL = auto()
    READ_ONLY = auto()
    BREAKS_OFF = auto()
    """Closes the connection in the middle of a picture."""
    SILENT = auto()
    """Takes the request and never answers."""
    FORGETFUL = auto()
    """Keeps the picture and breaks off instead of saying so: the crueller way to fail."""


_REFUSALS = {
    Mood.FULL: (HTTPStatus.INSUFFICIENT_STORAGE, "XMinioStorageFull"),
    Mood.READ_ONLY: (HTTPStatus.FORBIDDEN, "AccessDenied"),
}


class FaultyBucket:
    """An HTTP server that keeps objects as files of an image folder, as a context manager.

    So whoever reads the folder sees what was put into the bucket.

    Attributes:
        mood: May be changed at any time; who waits for a silent bucket is then let go.
        n_puts: How many times somebody tried to put something into it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = ImageFolder(folder)
        self.n_puts = 0
        self._mood = Mood.WORKS
        self._may_answer = threading.Event()
        self._server = _Server((LOOPBACK, 0), _Handler)
        self._server.bucket = self
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def mood(self) -> Mood:
        """How it behaves now."""
        return self._mood

    @mood.setter
    def mood(self, mood: Mood) -> None:
        self._mood = mood
        self._may_answer.set()
        self._may_answer = threading.Event()

    def url(self, timeout_s: float) -> str:
        """Return what ``SORTERBOT_IMAGE_STORE`` must be, with a time limit for one attempt."""
        endpoint = f"http://{LOOPBACK}:{self._server.server_port}"
        options = f"endpoint={endpoint}&region=none&allow_http=true&timeout_s={timeout_s:g}"
        return f"s3://{BUCKET}?{options}"

    def wait_in_silence(self) -> None:
        """Return when the mood changes."""
        self._may_answer.wait()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.mood = Mood.BREAKS_OFF
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    bucket: FaultyBucket

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that give up are what this is for."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        """Take an object in, if the mood lets it."""
        bucket, n_bytes = self.server.bucket, int(self.headers["Content-Length"])
        mood = bucket.mood
        bucket.n_puts += 1
        if mood is Mood.BREAKS_OFF:
            self.rfile.read(n_bytes // 2)
            self.close_connection = True
            return
        data = self.rfile.read(n_bytes)
        if mood is Mood.SILENT:
            bucket.wait_in_silence()
            self.close_connection = True
        elif mood in _REFUSALS:
            self._refuse(*_REFUSALS[mood])
        else:
            self._keep(data)
            self.close_connection = mood is Mood.FORGETFUL
            if mood is Mood.WORKS:
                self._answer(HTTPStatus.OK, b"", {"ETag": '"etag"'})

    def do_GET(self) -> None:
        """Give an object back."""
        folder, key = self.server.bucket.folder, self._key
        try:
            data = folder.load_named(key) if _is_named(key) else folder.load_image(key)
        except NotFoundError:
            self._refuse(HTTPStatus.NOT_FOUND, "NoSuchKey")
        else:
            self._answer(HTTPStatus.OK, data, {"ETag": '"etag"', "Last-Modified": LAST_MODIFIED})

    def do_POST(self) -> None:
        """Delete the objects that the body names, which is all that clients post."""
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        keys = _NAMED_KEY.findall(asked)
        for key in keys:
            self.server.bucket.folder.delete_image(key)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self._answer(HTTPStatus.OK, f"<DeleteResult>{deleted}</DeleteResult>".encode(), {})

    def _keep(self, data: bytes) -> None:
        folder, key = self.server.bucket.folder, self._key
        with suppress(InvalidInputError):  # the probe of a gateway that asks whether it may write
            if _is_named(key):
                folder.save_named(key, data)
            else:
                folder.save_image(key.partition("/")[0], data)

    @property
    def _key(self) -> str:
        return unquote(self.path).removeprefix(f"/{BUCKET}/")

    def _refuse(self, status: HTTPStatus, code: str) -> None:
        self._answer(status, f"<Error><Code>{code}</Code></Error>".encode(), {})

    def _answer(self, status: HTTPStatus, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _is_named(key: str) -> bool:
    """Whether the key is one of the original's names, of three parts."""
    return key.count("/") > 1
