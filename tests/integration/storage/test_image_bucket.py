"""Pictures in a bucket, on a server that speaks S3."""

from __future__ import annotations

import logging
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from obstore.exceptions import BaseError

from cli.faults.bucket import ACCESS, FaultyBucket, Mood
from sorter.errors import InvalidInputError, StorageFullError, TransientError
from storage.bootstrap import make_image_store
from storage.image_bucket import ImageBucket, our_errors
from storage.ports import ImageStore
from tests.contracts.image_store import ImageStoreContract
from tests.factories import JPEG

pytestmark = pytest.mark.services

KEYS = {"access_key_id": "key", "secret_access_key": "secret"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a server that speaks S3."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket_url(endpoint: str) -> str:
    """The URL of an empty bucket."""
    name = f"bucket-{secrets.token_hex(4)}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["access_key_id"],
        aws_secret_access_key=KEYS["secret_access_key"],
    )
    client.create_bucket(Bucket=name)
    client.close()
    return _url(name, endpoint)


def _url(bucket: str, endpoint: str) -> str:
    query = f"endpoint={endpoint}&region=us-east-1&allow_http=true"
    return f"s3://{bucket}/a%20prefix/%25x?{query}"


class TestImageBucket(ImageStoreContract):
    @pytest.fixture
    def images(self, bucket_url: str) -> ImageStore:
        return make_image_store(bucket_url, **KEYS)


def test_a_large_picture_is_sent_whole(bucket_url: str) -> None:
    images = make_image_store(bucket_url, **KEYS)
    data = JPEG + secrets.token_bytes(12_000_000)
    assert images.load_image(images.save_image("session", data)) == data


def test_keys_come_from_the_environment_where_none_are_given(
    bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS["access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS["secret_access_key"])
    assert make_image_store(bucket_url).is_writable()


def test_a_bucket_that_does_not_exist_may_yet_be_made(endpoint: str, bucket_url: str) -> None:
    missing = make_image_store(_url("no-such-bucket", endpoint), **KEYS)
    key = make_image_store(bucket_url, **KEYS).save_image("session", JPEG)
    for call in (lambda: missing.save_image("session", JPEG), lambda: missing.load_image(key)):
        with pytest.raises(TransientError):
            call()
    assert not missing.is_writable()


def test_a_server_that_is_not_there_is_given_up_soon() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    images = make_image_store(_url("bucket", f"http://127.0.0.1:{port}"), **KEYS)
    with pytest.raises(TransientError):
        images.save_image("session", JPEG)


@pytest.mark.parametrize("url", ["s3://", "s3:///prefix", "s3://bucket?nonsense=1", "file:///x"])
def test_a_url_that_names_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError):
        ImageBucket.from_url(url)


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyBucket]:
    for name, value in ACCESS.items():
        monkeypatch.setenv(name, value)
    with FaultyBucket(tmp_path) as bucket:
        yield bucket


class TestFaultyBucket(ImageStoreContract):
    @pytest.fixture
    def images(self, faulty: FaultyBucket) -> ImageStore:
        return make_image_store(faulty.url(timeout_s=20))


def test_a_bucket_without_room_is_told_from_one_that_does_not_answer(faulty: FaultyBucket) -> None:
    images = make_image_store(faulty.url(timeout_s=20))
    faulty.mood = Mood.FULL
    with pytest.raises(StorageFullError):
        images.save_image("session", JPEG)
    assert not images.is_writable()
    for mood in (Mood.READ_ONLY, Mood.BREAKS_OFF, Mood.FORGETFUL):
        faulty.mood = mood
        with pytest.raises(TransientError) as raised:
            images.save_image("session", JPEG)
        assert not isinstance(raised.value, StorageFullError)
        assert not images.is_writable()
    faulty.mood = Mood.WORKS
    assert images.load_image(images.save_image("session", JPEG)) == JPEG


def test_a_quota_that_is_used_up_is_no_room(tmp_path: Path) -> None:
    with pytest.raises(StorageFullError), our_errors():
        raise BaseError("status: 403, body: <Code>QuotaExceeded</Code>")


def test_a_server_that_never_answers_is_given_up_after_one_attempt(faulty: FaultyBucket) -> None:
    images = make_image_store(faulty.url(timeout_s=11))
    faulty.mood = Mood.SILENT
    with pytest.raises(TransientError):
        images.save_image("session", JPEG)
    assert faulty.n_puts == 1


def test_a_probe_of_a_server_that_never_answers_is_quick(faulty: FaultyBucket) -> None:
    faulty.mood = Mood.SILENT
    began_s = time.monotonic()
    assert not make_image_store(faulty.url(timeout_s=60)).is_writable()
    assert time.monotonic() - began_s < 30


@pytest.mark.parametrize("timeout_s", ["0", "-1", "nan", "inf", "soon", "1e9"])
def test_a_time_limit_that_is_none_is_refused(timeout_s: str) -> None:
    with pytest.raises(InvalidInputError, match="timeout_s"):
        ImageBucket.from_url(f"s3://bucket?timeout_s={timeout_s}")
