"""Each image's own steps, in a new environment that holds nothing but what they install.

They need the package index, minutes, and for the workers gigabytes, so they run where they are
asked for: ``SORTERBOT_TEST_IMAGES=api`` or ``SORTERBOT_TEST_IMAGES=api,gpu``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from cli.services.network import free_port
from tests.unit.deploy.files import ROOT, copied, instructions, services

ASKED = os.environ.get("SORTERBOT_TEST_IMAGES", "").split(",")
UNREACHABLE = "postgresql+psycopg2://sorterbot@127.0.0.1:9/sorterbot"

pytestmark = [
    pytest.mark.services,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        ASKED == [""], reason="installs images' contents: SORTERBOT_TEST_IMAGES=api,gpu"
    ),
]


@dataclass(frozen=True, slots=True)
class Image:
    """What an image would hold, in a folder.

    Attributes:
        folder: In place of ``/``.
    """

    dockerfile: str
    folder: Path

    def here(self, text: str) -> str:
        """Return a text with the image's paths as they are here."""
        for path in ("/opt/", "/src", "/wheels", "/models", "/tmp/wheel"):  # noqa: S108  # the image's
            text = re.sub(rf"(?<![\w./]){path}", f"{self.folder}{path}", text)
        return text

    def install(self) -> None:
        """Run the steps that install Python's packages, and copy what is copied."""
        for source, target in copied(self.dockerfile):
            path = self.folder / target.strip("/")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, path, dirs_exist_ok=True)
            else:
                path.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, path)
        for step in self.steps():
            subprocess.run(["bash", "-euc", self.here(step)], check=True, cwd=self.folder)

    def steps(self) -> Iterator[str]:
        """Return the commands with uv; the compiler of Detectron2 is on no machine of the tests."""
        for each in instructions(self.dockerfile):
            if each.name == "RUN" and "uv " in each.value and "/opt/build" not in each.value:
                step = re.sub(r"--mount=\S+\s+", "", each.value)
                step = step.replace("/usr/bin/python3.12", sys.executable)
                yield re.sub(r"\buv (?=venv|pip|build)", f"{sys.executable} -m uv ", step)

    def start(self, command: list[str], variables: dict[str, str]) -> subprocess.Popen[str]:
        """Start one of its commands as its entry point does, with no other environment."""
        python = str(self.folder / "opt/sorterbot/bin/python")
        words = [python if word == "python" else self.here(word) for word in command]
        return subprocess.Popen(
            [python, str(ROOT / "deploy/with_passwords.py"), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **variables},
        )

    def names(self) -> set[str]:
        """Return the packages that are installed."""
        python = self.folder / "opt/sorterbot/bin/python"
        command = [sys.executable, "-m", "uv", "pip", "freeze", "--python", str(python)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return {re.split("[=@ ]", line)[0].lower() for line in done.stdout.splitlines()}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Image:
    if "api" not in ASKED:
        pytest.skip("asked for others: SORTERBOT_TEST_IMAGES")
    image = Image("Dockerfile.api", tmp_path_factory.mktemp("api"))
    image.install()
    return image


@pytest.fixture(scope="module")
def gpu(tmp_path_factory: pytest.TempPathFactory) -> Image:
    if "gpu" not in ASKED:
        pytest.skip("asked for others: SORTERBOT_TEST_IMAGES")
    image = Image("Dockerfile.gpu", tmp_path_factory.mktemp("gpu"))
    image.install()
    return image


def variables(folder: Path, redis_url: str) -> dict[str, str]:
    return {
        "SORTERBOT_DATABASE_URL": UNREACHABLE,
        "SORTERBOT_BROKER_URL": redis_url,
        "SORTERBOT_RESULTS_URL": redis_url,
        "SORTERBOT_IMAGE_STORE": (folder / "images").as_uri(),
        "CONTROL_PANEL_HOST": "127.0.0.1:9",
        "SORTERBOT_DEVICE": "cpu",
        "SORTERBOT_DOOR_PORT": str(free_port()),
    }


@pytest.mark.parametrize("name", ["migrate", "gateway", "robot-door", "feeds"])
def test_without_a_database_a_process_says_so_and_lacks_nothing_else(
    api: Image, redis_url: str, name: str
) -> None:
    started = api.start(services()[name]["command"], variables(api.folder, redis_url))
    said, _ = started.communicate(timeout=300)
    assert started.returncode != 0
    assert "the database did not answer" in said
    assert "ModuleNotFoundError" not in said


def test_flower_answers_and_asks_for_its_password(api: Image, redis_url: str) -> None:
    port = free_port()
    words = [word.replace("5555", str(port)) for word in services()["flower"]["command"]]
    login = {"FLOWER_BASIC_AUTH": "operator:password"}
    flower = api.start(words, {**variables(api.folder, redis_url), **login})
    try:
        assert answers(f"http://127.0.0.1:{port}/healthcheck") == 200
        assert answers(f"http://127.0.0.1:{port}/workers") == 401
    finally:
        flower.terminate()
        flower.communicate(timeout=60)


def answers(url: str) -> int:
    """Return the status with which a server answers, once it does."""
    ends_at = time.monotonic() + 240
    while True:
        try:
            with urlopen(url, timeout=10) as answer:  # noqa: S310  # our own server
                return int(answer.status)
        except URLError as error:
            code = getattr(error, "code", None)
            if code is not None:
                return int(code)
            if time.monotonic() > ends_at:
                raise
        time.sleep(0.5)


def test_the_gateways_image_holds_no_network_library(api: Image) -> None:
    assert not {"torch", "torchvision", "scipy", "scikit-learn"} & api.names()
    assert {"sorterbot", "flower", "boto3", "opentelemetry-sdk"} <= api.names()


@pytest.mark.parametrize("name", ["cpu-worker", "sort-worker"])
def test_a_worker_without_a_database_says_so_and_lacks_nothing_else(
    gpu: Image, redis_url: str, name: str
) -> None:
    started = gpu.start(services()[name]["command"], variables(gpu.folder, redis_url))
    said = ""
    try:
        for line in started.stdout or ():  # a pool starts a new child whenever one has ended
            said += line
            if "the database did not answer" in line:
                break
    finally:
        started.terminate()
        started.wait(timeout=60)
    assert "the database did not answer" in said
    assert "ModuleNotFoundError" not in said
