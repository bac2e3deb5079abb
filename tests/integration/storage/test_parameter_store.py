"""Settings and pictures of the original's modes, on a server that speaks SSM and S3."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import boto3
import pytest
from moto.server import ThreadedMotoServer

from cli.services.network import free_port
from sorter.errors import InvalidInputError, TransientError
from storage.bootstrap import make_image_store
from storage.original_settings import with_original_settings
from storage.parameter_store import MOST_AT_ONCE, load_parameters
from tests.factories import JPEG

pytestmark = pytest.mark.services

REGION = "eu-central-1"
PG_CONN = "postgresql://postgres:secret@db:5432/sorterbot"
SUFFIX = "fbcggris"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that holds the original's parameters and its bucket."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
    with closing(boto3.client("ssm", REGION, endpoint_url=address, **keys)) as client:
        client.put_parameter(Name="PG_CONN", Value=PG_CONN, Type="SecureString")
        client.put_parameter(Name="RESOURCE_SUFFIX", Value=SUFFIX, Type="String")
        for number in range(MOST_AT_ONCE + 1):
            client.put_parameter(Name=f"/many/{number}", Value=str(number), Type="SecureString")
    with closing(boto3.client("s3", REGION, endpoint_url=address, **keys)) as client:
        client.create_bucket(
            Bucket=f"sorterbot-{SUFFIX}", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    yield address
    server.stop()


@pytest.fixture(autouse=True)
def environment(server: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment in which the original ran, but for the server's address."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    return monkeypatch


def test_production_finds_its_database_and_keeps_pictures_in_its_bucket(server: str) -> None:
    told = with_original_settings(
        {"MODE": "production", "DEPLOY_REGION": REGION, "AWS_ENDPOINT_URL": server}
    )
    assert told["SORTERBOT_DATABASE_URL"] == PG_CONN
    images = make_image_store(told["SORTERBOT_IMAGE_STORE"])
    key = images.save_image("session", JPEG)
    with closing(boto3.client("s3", REGION)) as client:
        kept = client.get_object(Bucket=f"sorterbot-{SUFFIX}", Key=key)["Body"].read()
    assert kept == JPEG


def test_more_parameters_than_one_request_may_name_are_all_found() -> None:
    names = [f"/many/{number}" for number in range(MOST_AT_ONCE + 1)]
    assert load_parameters(names, REGION) == {name: name.rpartition("/")[2] for name in names}


def test_a_parameter_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidInputError, match=r"eu-central-1 has nothing called gone$"):
        load_parameters(["PG_CONN", "gone"], REGION)


def test_without_keys_it_cannot_be_asked(environment: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        environment.delenv(name)
    environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
    environment.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    environment.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(InvalidInputError, match="cannot be asked: Unable to locate credentials"):
        load_parameters(["PG_CONN"], REGION)


def test_a_store_that_does_not_answer_may_answer_later(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(TransientError, match="did not answer"):
        load_parameters(["PG_CONN"], REGION)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "AccessDeniedException", InvalidInputError),
        (400, "ThrottlingException", TransientError),
        (500, "InternalServerError", TransientError),
    ],
)
def test_a_refusal_is_final_unless_the_store_is_at_fault(
    environment: pytest.MonkeyPatch, status: int, code: str, error: type[Exception]
) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"__type": code, "message": "no"}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever).start()
        environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(error, match=f"the parameter store refused: .*{code}"):
            load_parameters(["PG_CONN"], REGION)
        server.shutdown()


def test_without_the_library_the_text_says_what_to_install(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setitem(sys.modules, "boto3", None)
    with pytest.raises(InvalidInputError, match=r"install sorterbot\[aws\]"):
        load_parameters(["PG_CONN"], REGION)
