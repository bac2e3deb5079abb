"""What the Dockerfiles name exists, and agrees with the rest of the project."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch

import pytest

from tests.unit.deploy.files import (
    DOCKERFILES,
    ROOT,
    copied,
    environment_of,
    instructions,
    last_stage,
    own_services,
    services,
)


def text_of(path: str) -> str:
    return (ROOT / path).read_text()


def first_match(pattern: str, path: str) -> str:
    found = re.search(pattern, text_of(path), re.MULTILINE)
    assert found is not None, f"{path} says nothing like {pattern}"
    return found[1]


def is_ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out; the last rule that fits it decides."""
    ignored = False
    for line in text_of(".dockerignore").splitlines():
        rule = line.strip().removeprefix("!")
        folders = [path.rsplit("/", depth)[0] for depth in range(path.count("/") + 1)]
        if rule and not rule.startswith("#") and any(fnmatch(name, rule) for name in folders):
            ignored = not line.startswith("!")
    return ignored


def pins(path: str) -> dict[str, set[str]]:
    """Return the versions that a lock pins, by name."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text_of(path), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def health_command(dockerfile: str) -> list[str]:
    value = next(each.value for each in last_stage(dockerfile) if each.name == "HEALTHCHECK")
    words: list[str] = json.loads(value.partition("CMD ")[2])
    return words


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_what_is_copied_exists_and_reaches_the_build(dockerfile: str) -> None:
    sources = {source for source, _ in copied(dockerfile)}
    assert {source for source in sources if not (ROOT / source).exists()} == set()
    assert {source for source in sources if is_ignored(source)} == set()


@pytest.mark.parametrize(
    "path",
    ["deploy/secrets/redis_password", "deploy/models/x", ".git", "runs/up", ".venv", "tests"],
)
def test_what_no_image_needs_stays_outside(path: str) -> None:
    assert is_ignored(path)


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_an_image_runs_as_a_user_who_is_not_root(dockerfile: str) -> None:
    users = [each.value for each in last_stage(dockerfile) if each.name == "USER"]
    assert users == ["sorterbot"]


def test_both_images_users_are_one_for_the_volume_that_they_share() -> None:
    assert len({first_match(r"useradd --uid (\d+)", name) for name in DOCKERFILES}) == 1


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_uv_is_the_one_that_makes_the_locks(dockerfile: str) -> None:
    assert first_match(r"astral-sh/uv:(\S+) ", dockerfile) == first_match(
        r"^UV_VERSION := (\S+)", "Makefile"
    )


def test_cuda_is_the_one_that_torch_brings() -> None:
    version = first_match(r"^ARG CUDA_VERSION=(\S+)", "Dockerfile.gpu")
    assert pins("requirements-worker.lock")["cuda-toolkit"] == {version}


def test_detectron2_is_built_from_the_commit_that_the_project_names() -> None:
    commit = first_match(r"^ARG DETECTRON2_COMMIT=([0-9a-f]{40})$", "Dockerfile.gpu")
    assert commit in text_of("docs/deploy.md")


def test_detectron2_brings_no_other_version_of_what_the_workers_have() -> None:
    workers = pins("requirements-worker.lock")
    for name, versions in pins("deploy/detectron2.lock").items():
        assert versions == workers.get(name, versions), name


def test_the_gateways_lock_names_no_network_library() -> None:
    assert not {"torch", "torchvision", "scipy", "scikit-learn"} & set(
        pins("requirements-api.lock")
    )


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_requirements_are_installed_with_their_hashes(dockerfile: str) -> None:
    runs = [each.value for each in instructions(dockerfile) if each.name == "RUN"]
    for run in runs:
        for step in run.split("&&"):
            assert ".lock" not in step or "--require-hashes" in step


@pytest.mark.parametrize(
    ("dockerfile", "service"), [("Dockerfile.api", "gateway"), ("Dockerfile.gpu", "gpu-worker")]
)
def test_an_image_does_by_itself_what_its_first_service_does(dockerfile: str, service: str) -> None:
    command = next(each for each in last_stage(dockerfile) if each.name == "CMD")
    assert command.words() == services()[service]["command"]
    probe = services()[service]["healthcheck"]["test"][-1].replace("$$", "$")
    assert health_command(dockerfile)[-1] == probe


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_every_command_passes_through_the_script_that_knows_the_passwords(dockerfile: str) -> None:
    entry = next(each for each in last_stage(dockerfile) if each.name == "ENTRYPOINT").words()
    targets = {target + source.rpartition("/")[2] for source, target in copied(dockerfile)}
    assert entry[0] == "python"
    assert set(entry[1:]) <= targets
    assert not any("entrypoint" in service for service in own_services().values())


def test_an_image_says_nothing_of_where_its_weights_came_from() -> None:
    for each in last_stage("Dockerfile.gpu"):
        assert "WEIGHTS_URL" not in each.value
        assert "AWS" not in each.value
        assert "type=secret" not in each.value


def test_keys_reach_the_build_by_secrets_alone() -> None:
    arguments = [each.value for each in instructions("Dockerfile.gpu") if each.name == "ARG"]
    assert not [each for each in arguments if re.search("KEY|SECRET|PASSWORD|TOKEN", each)]
    mounted = re.findall(r"--mount=type=secret,id=(\w+)", text_of("Dockerfile.gpu"))
    assert services()["gpu-worker"]["build"]["secrets"] == mounted
    copied_in = [source for source, _ in copied("Dockerfile.gpu")]
    assert not [source for source in copied_in if "aws" in source or "secret" in source]


def test_the_detector_of_the_image_lies_where_workers_look_for_it() -> None:
    folder = environment_of("Dockerfile.gpu")["SORTERBOT_DETECTOR"]
    copies = [each.value for each in last_stage("Dockerfile.gpu") if each.name == "COPY"]
    assert f"--from=package /models {folder.rpartition('/')[0]}" in copies


def test_shared_memory_is_documented_where_the_image_is_made() -> None:
    assert "--shm-size" in text_of("Dockerfile.gpu")
    assert "--shm-size" in text_of("docs/deploy.md")
