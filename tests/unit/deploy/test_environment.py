"""The variables that compose file and images set are read by the processes that they start."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest

from api.bootstrap import settings_from
from api.robot_door.bootstrap import door_settings_from
from deploy.with_passwords import ADDRESSES, SECRETS
from tests.unit.deploy.files import ROOT, dockerfile_of, environment_of, own_services
from workers.bootstrap import read_environment

NEEDED = {
    f"SORTERBOT_{name}": "x"
    for name in ("DATABASE_URL", "BROKER_URL", "RESULTS_URL", "IMAGE_STORE")
}
OF_OTHERS = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "CUDA_VISIBLE_DEVICES",
    "HOME",
    "MALLOC_ARENA_MAX",
    "OMP_NUM_THREADS",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "PATH",
    "PYTHONUNBUFFERED",
}
"""Read by obstore, CUDA, OpenMP, OpenTelemetry, Python, and the C library."""


class WatchedVariables(Mapping[str, str]):
    """Variables that know which of them were asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return NEEDED[name]

    def __iter__(self) -> Iterator[str]:
        return iter(NEEDED)

    def __len__(self) -> int:
        return len(NEEDED)


OWN_READERS = {
    "migrate": ("cli/migrate.py",),
    "flower": ("workers/flower_app.py", "workers/watching.py"),
    "feeds": ("workers/feeds.py", "storage/original_settings.py"),
}
"""Those who read their variables where their names stand."""


def named_in(*paths: str) -> set[str]:
    """Return the variables whose names stand in these files."""
    text = "".join((ROOT / path).read_text() for path in paths)
    return set(re.findall(r"(?:SORTERBOT|CONTROL_PANEL)_[A-Z_]+", text))


def read_by(name: str) -> set[str]:
    """Return the variables that a service's process reads."""
    variables = WatchedVariables()
    if name in OWN_READERS:
        return named_in(*OWN_READERS[name])
    if name in {"gateway", "robot-door"}:
        settings_from(variables)
        if name == "robot-door":
            door_settings_from(variables)
        return variables.asked | named_in("api/bootstrap.py")
    read_environment(variables)
    if name == "replays":
        return variables.asked | named_in("workers/replay_server.py")
    return variables.asked


def service_environment(name: str) -> set[str]:
    service = own_services()[name]
    return set(service["environment"])


@pytest.mark.parametrize("name", own_services())
def test_what_a_service_is_told_is_read_by_it(name: str) -> None:
    of_scripts = named_in("deploy/with_passwords.py", "deploy/one_gpu.py")
    of_scripts |= {f"{secret}_FILE" for secret in SECRETS}
    of_all = read_by("gateway") | read_by("beat")  # some are told to every service
    unread = service_environment(name) - read_by(name) - of_scripts - OF_OTHERS
    assert unread <= of_all & set(own_services()["migrate"]["environment"])


@pytest.mark.parametrize("name", own_services())
def test_what_a_service_needs_it_is_told(name: str) -> None:
    service = own_services()[name]
    told = service_environment(name) | set(environment_of(dockerfile_of(service)))
    needed = read_by(name) & set(NEEDED) if name in OWN_READERS else set(NEEDED)
    assert needed <= told
    for password, addresses in ADDRESSES.items():
        assert password in told or not told & set(addresses)


@pytest.mark.parametrize("dockerfile", ["Dockerfile.api", "Dockerfile.gpu"])
def test_what_an_image_sets_is_read(dockerfile: str) -> None:
    known = read_by("gateway") | read_by("gpu-worker") | named_in("deploy/one_gpu.py") | OF_OTHERS
    assert set(environment_of(dockerfile)) <= known


def test_whoever_runs_the_processes_elsewhere_finds_their_variables_described() -> None:
    page = (ROOT / "docs" / "operating.md").read_text()
    asked = {name for each in own_services() for name in read_by(each)}
    ours = {name for name in asked if not name.startswith("OTEL_")}  # the library's own pages say
    assert {name for name in ours if f"`{name}`" not in page} == set()
