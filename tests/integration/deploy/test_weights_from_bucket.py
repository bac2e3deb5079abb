"""A package is fetched from a bucket as the Dockerfile's step does it, keys and all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import numpy as np
import pytest
from moto.server import ThreadedMotoServer

from tests.unit.deploy.files import ROOT, instructions
from vision.package import ModelCard, ModelKind, ModelPackage, load_package, save_package

SECRETS = ("aws_credentials", "aws_config")
KEY = "AKIAEXAMPLE"
SECRET = "secret-of-the-profile"


@pytest.fixture(scope="module")
def bucket_url() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture
def step(tmp_path: Path, bucket_url: str) -> Path:
    """Put a package into the bucket, and the secrets where BuildKit would mount them."""
    card = ModelCard("tiny", "1", ModelKind.EMBEDDER, ("a", "b"), (64, 64))
    save_package(ModelPackage(card, {"weight": np.ones((2, 2), np.float32)}), tmp_path / "tiny")
    archive = shutil.make_archive(str(tmp_path / "tiny"), "gztar", tmp_path / "tiny")
    s3 = boto3.client(
        "s3",
        endpoint_url=bucket_url,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )
    s3.create_bucket(Bucket="weights")
    s3.upload_file(archive, "weights", "models/tiny.tar.gz")
    (tmp_path / "aws_credentials").write_text(
        f"[builder]\naws_access_key_id={KEY}\naws_secret_access_key={SECRET}\n"
    )
    (tmp_path / "aws_config").write_text("[profile builder]\nregion=us-east-1\n")
    return tmp_path


def fetched(
    folder: Path, bucket_url: str, *, profile: str, url: str = "s3://weights/models/tiny.tar.gz"
) -> subprocess.CompletedProcess[str]:
    """Run the Dockerfile's own step, its paths changed to ones that a test may use."""
    run = next(
        each.value
        for each in instructions("Dockerfile.gpu")
        if each.name == "RUN" and "fetch_package.py" in each.value
    )
    script = run[run.index("mkdir /models") :]
    for name in SECRETS:
        assert f"--mount=type=secret,id={name} " in run
        script = script.replace(f"/run/secrets/{name}", str(folder / name))
    script = script.replace("/opt/build/bin/python", sys.executable)
    script = script.replace("/models", str(folder / "models")).replace("/src", str(ROOT))
    return subprocess.run(
        ["sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "WEIGHTS_URL": url,
            "AWS_PROFILE": profile,
            "AWS_ENDPOINT_URL": bucket_url,
            "AWS_EC2_METADATA_DISABLED": "true",
        },
    )


def test_a_package_comes_out_of_a_bucket_and_no_key_with_it(step: Path, bucket_url: str) -> None:
    done = fetched(step, bucket_url, profile="builder")
    assert done.returncode == 0, done.stderr
    package = step / "models" / "detector"
    assert load_package(package, ModelKind.EMBEDDER).card.full_name == "tiny@1"
    for path in package.rglob("*"):
        assert SECRET.encode() not in path.read_bytes()
    assert sorted(path.name for path in (step / "models").iterdir()) == ["detector"]


@pytest.mark.parametrize(
    ("profile", "key", "said"),
    [
        ("nobody", "models/tiny.tar.gz", "profile (nobody) could not be found"),
        ("", "models/tiny.tar.gz", "Unable to locate credentials"),
        ("builder", "models/other.tar.gz", "Not Found"),
    ],
)
def test_what_cannot_be_read_ends_the_build_with_one_sentence(
    step: Path, bucket_url: str, profile: str, key: str, said: str
) -> None:
    done = fetched(step, bucket_url, profile=profile, url=f"s3://weights/{key}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"fetch_package: s3://weights/{key} cannot be read: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_an_address_the_sample_detector_is_built_in(step: Path, bucket_url: str) -> None:
    done = fetched(step, bucket_url, profile="", url="")
    assert done.returncode == 0, done.stderr
    sample = load_package(ROOT / "vision" / "packages" / "detector", ModelKind.DETECTOR)
    built_in = load_package(step / "models" / "detector", ModelKind.DETECTOR)
    assert built_in.card == sample.card
