from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cli.services.network import free_port
from cli.stack import LocalStack, StackSettings
from cli.stack_folder import load_connection
from sorter.errors import ConflictError, SorterBotError
from tests.integration.cli.processes import eventually, family, lives

pytestmark = pytest.mark.e2e

NAMES = ["postgres", "redis", "gateway", "gpu-worker", "sort-worker", "beat"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Networks that know nothing, in packages: the stack must not depend on how good they are."""
    from vision.networks import DetectorArchitecture, build_detector, build_embedder
    from vision.package import ModelCard, ModelKind, ModelPackage, save_package
    from vision.weights import weights_of

    folder = tmp_path_factory.mktemp("models")
    architecture = DetectorArchitecture()
    detector = ModelCard(
        "ignorant",
        "1",
        ModelKind.DETECTOR,
        ("item", "container"),
        (320, 240),
        0.5,
        architecture.to_mapping(),
    )
    embedder = ModelCard("ignorant", "1", ModelKind.EMBEDDER, ("a", "b"), (96, 96))
    weights = weights_of(build_detector(architecture, n_labels=2))
    save_package(ModelPackage(detector, weights), folder / "detector")
    save_package(ModelPackage(embedder, weights_of(build_embedder())), folder / "embedder")
    return {
        "SORTERBOT_DETECTOR": str(folder / "detector"),
        "SORTERBOT_EMBEDDER": str(folder / "embedder"),
    }


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, models: dict[str, str]) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("a stack's Ordner")
    environment = models | {"CONTROL_PANEL_HOST": f"127.0.0.1:{free_port()}"}
    settings = StackSettings(folder, port=0, is_durable=False, environment=environment)
    with LocalStack(settings) as stack:
        yield stack


def is_restarted(stack: LocalStack, name: str, killed: int) -> bool:
    try:
        return stack.supervisor.pid(name) != killed
    except ConflictError:
        return False


def test_a_started_stack_takes_pictures_and_has_workers(stack: LocalStack) -> None:
    assert stack.supervisor.names() == [*NAMES, "feeds"]
    ready = httpx.get(f"{stack.gateway_url}/readyz").json()
    assert (ready["ready"], ready["n_gpu_workers"], ready["n_sort_workers"]) == (True, 1, 1)


def test_a_key_opens_its_arm_s_sessions(stack: LocalStack) -> None:
    headers = {"Authorization": f"Bearer {stack.make_key('ARM001')}"}
    opened = httpx.post(f"{stack.gateway_url}/sessions", json={"arm_id": "ARM001"}, headers=headers)
    assert opened.status_code == 201


def test_other_processes_can_join_by_the_connection_file(stack: LocalStack) -> None:
    connection = load_connection(stack.folder)
    assert connection["SORTERBOT_DATABASE_URL"] == stack.database_url
    assert (stack.folder / "stack.env").stat().st_mode & 0o077 == 0


def test_nobody_else_can_start_in_a_folder_that_is_held(stack: LocalStack) -> None:
    with pytest.raises(ConflictError, match="another stack already runs in"):
        LocalStack(StackSettings(stack.folder, port=0)).start()


def test_a_taken_port_is_refused_and_leaves_nothing_running(
    stack: LocalStack, tmp_path: Path
) -> None:
    port = int(stack.gateway_url.rpartition(":")[2])
    with pytest.raises(ConflictError, match=f"port {port}, wanted for the gateway, is taken"):
        LocalStack(StackSettings(tmp_path, port=port)).start()
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize("name", ["postgres", "redis", "gateway", "beat", "feeds"])
def test_whatever_is_killed_comes_back(stack: LocalStack, name: str) -> None:
    killed = stack.kill(name)
    eventually(lambda: is_restarted(stack, name, killed))
    eventually(lambda: gateway_is_ready(stack), within_s=60)


def gateway_is_ready(stack: LocalStack) -> bool:
    try:
        return httpx.get(f"{stack.gateway_url}/readyz").json()["ready"] is True
    except httpx.TransportError:
        return False


@contextmanager
def running_up(folder: Path, models: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``sorterbot up`` until it says how to stop it; give the process and what it said."""
    argv = [sys.executable, "-m", "cli.main", "up", f"--port={free_port()}"]
    with subprocess.Popen(
        [*argv, f"--folder={folder}", "--arm=LEFT", "--arm=RIGHT"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **models},
    ) as process:
        try:
            yield process, read_until(process, "Ctrl-C stops everything.")
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            break
    return said


def keys_in(said: str) -> list[str]:
    return re.findall(r"shown this once: (sb_[0-9a-f]{12}_[\w-]{43})", said)


@pytest.mark.timeout(900)  # two whole starts, on a machine that may be busy
def test_a_killed_stack_leaves_nothing_running_and_starts_again_with_its_keys(
    tmp_path: Path, models: dict[str, str]
) -> None:
    with running_up(tmp_path, models) as (process, first):
        assert len(keys_in(first)) == 2
        pids = family(process.pid)
        assert len(pids) > len(NAMES)
        process.kill()
        eventually(lambda: not any(lives(pid) for pid in pids))
    with running_up(tmp_path, models) as (process, second):
        assert keys_in(second) == []
        assert "LEFT has a key from an earlier run" in second
        assert can_open_session(second, arm_id="LEFT", key=keys_in(first)[0])
        pids = family(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert not any(lives(pid) for pid in pids)


def can_open_session(said: str, *, arm_id: str, key: str) -> bool:
    url = re.search(r"http://127.0.0.1:\d+", said)
    assert url is not None
    answer = httpx.post(
        f"{url[0]}/sessions",
        json={"arm_id": arm_id},
        headers={"Authorization": f"Bearer {key}"},
    )
    return answer.status_code == 201


def test_a_process_that_cannot_start_is_quoted_in_one_sentence(tmp_path: Path) -> None:
    before = set(family(os.getpid()))
    environment = {"SORTERBOT_MAX_IMAGE_PIXELS": "many"}
    settings = StackSettings(tmp_path, port=0, is_durable=False, environment=environment)
    with pytest.raises(SorterBotError, match=r"ended at once: .*'many' \(log: "):
        LocalStack(settings).start()
    # Eventually: a database of other tests starts and ends workers of its own at any time.
    eventually(lambda: set(family(os.getpid())) <= before)
