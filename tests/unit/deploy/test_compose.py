"""What docker-compose.yml names exists, and says what the local stack says."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import check_jsonschema
import pytest
from jsonschema import Draft202012Validator

from cli.programs import Programs
from cli.services.redis import RedisServer
from storage.bootstrap import make_image_store
from tests.unit.deploy.files import (
    ROOT,
    copied,
    dockerfile_of,
    load_compose,
    own_services,
    services,
)

SCHEMA = Path(check_jsonschema.__file__).parent / "builtin_schemas/vendor/compose-spec.json"
LOCAL_ONLY = ("--config=", "--bind=", "--hostname=", "--concurrency=")
WORKERS = ("gpu-worker", "cpu-worker", "sort-worker")


def python_words(service: dict[str, Any]) -> list[str]:
    """Return what the last ``python -m`` of a command is given."""
    command: list[str] = service["command"]
    return command[len(command) - command[::-1].index("-m") :]


def program_words(name: str) -> list[str]:
    programs = Programs(Path(), {}, n_gpu_workers=1)
    by_name = {
        "gateway": programs.gateway(8000),
        "gpu-worker": programs.gpu_worker(1),
        "cpu-worker": programs.gpu_worker(1),
        "sort-worker": programs.sort_worker(),
        "beat": programs.beat(),
    }
    return list(by_name[name].argv[2:])


def test_it_follows_the_compose_specification() -> None:
    validator = Draft202012Validator(json.loads(SCHEMA.read_text()))
    assert [error.message for error in validator.iter_errors(load_compose())] == []


@pytest.mark.parametrize("name", ["gateway", *WORKERS, "beat"])
def test_each_process_is_started_as_the_local_stack_starts_it(name: str) -> None:
    def common(words: list[str]) -> list[str]:
        return [word for word in words if not word.startswith(LOCAL_ONLY)]

    assert common(python_words(services()[name])) == common(program_words(name))


@pytest.mark.parametrize("name", own_services())
def test_the_modules_that_a_command_runs_exist(name: str) -> None:
    module, *rest = python_words(own_services()[name])
    assert importlib.util.find_spec(module) is not None
    for word in rest:
        named = re.match(r"--app=(.+)|--config=python:(.+)|([a-z_.]+):[a-z_]+\(\)$", word)
        if named is not None:
            assert importlib.util.find_spec(named[named.lastindex or 0]) is not None


@pytest.mark.parametrize("name", own_services())
def test_the_scripts_that_a_command_runs_are_in_its_image(name: str) -> None:
    service = own_services()[name]
    here = {target + Path(source).name for source, target in copied(dockerfile_of(service))}
    assert {word for word in service["command"] if word.startswith("/")} <= here


def test_the_gateways_port_is_the_one_that_is_published_and_probed() -> None:
    gateway = services()["gateway"]
    bound = next(word for word in gateway["command"] if word.startswith("--bind="))
    port = bound.rpartition(":")[2]
    assert [text.rpartition(":")[2] for text in gateway["ports"]] == [port]
    assert f":{port}/healthz" in gateway["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", services())
def test_a_service_waits_for_what_can_come_about(name: str) -> None:
    for other, rule in services()[name].get("depends_on", {}).items():
        awaited = services()[other]
        if rule["condition"] == "service_completed_successfully":
            assert awaited["restart"] == "no"
        else:
            assert rule["condition"] in {"service_healthy", "service_started"}
            assert "test" in awaited["healthcheck"]
        assert "profiles" not in awaited


@pytest.mark.parametrize("kind", ["secrets", "configs"])
def test_secrets_and_configs_are_declared_where_they_are_used(kind: str) -> None:
    used = {
        each if isinstance(each, str) else each["source"]
        for service in services().values()
        for each in [*service.get(kind, []), *service.get("build", {}).get(kind, [])]
    }
    assert used == set(load_compose()[kind])


def test_volumes_are_declared_and_those_of_the_project_belong_to_its_user() -> None:
    declared = set(load_compose()["volumes"])
    for service in services().values():
        for volume in service.get("volumes", []):
            source, target = re.sub(r"\$\{.*?\}", "./folder", volume).split(":")[:2]
            assert source.startswith("./") or source in declared
            if source in declared and "build" in service:
                assert target in (ROOT / dockerfile_of(service)).read_text()


def test_gateway_and_workers_keep_pictures_where_the_shared_volume_is() -> None:
    for name in ("gateway", *WORKERS):
        service = services()[name]
        default = service["environment"]["SORTERBOT_IMAGE_STORE"].partition(":-")[2]
        folder = default.removesuffix("}").removeprefix("file://")
        assert f"images:{folder}" in service["volumes"]
        assert folder in (ROOT / dockerfile_of(service)).read_text()


def test_each_worker_serves_the_profile_of_its_machine() -> None:
    profiles = {name: service.get("profiles") for name, service in services().items()}
    assert {name: found for name, found in profiles.items() if found} == {
        "gpu-worker": ["gpu"],
        "cpu-worker": ["cpu"],
        "object-store": ["bucket"],
        "feeds": ["feeds"],
        "robot-door": ["door"],
        "replays": ["replays"],
    }
    resources = {name: service["deploy"]["resources"] for name, service in services().items()}
    assert [name for name, each in resources.items() if "reservations" in each] == ["gpu-worker"]


@pytest.mark.parametrize("name", services())
def test_no_service_can_take_the_whole_machine_or_fill_its_disk_with_logs(name: str) -> None:
    limits = services()[name]["deploy"]["resources"]["limits"]
    assert limits["memory"]
    assert limits["pids"] > 0
    assert services()[name]["logging"]["options"].keys() == {"max-size", "max-file"}


@pytest.mark.parametrize("name", sorted(set(services()) - {"migrate"}))
def test_whether_a_service_works_can_be_asked(name: str) -> None:
    assert services()[name]["healthcheck"]["test"]


def test_only_the_gateway_can_be_reached_from_other_machines() -> None:
    here = ("127.0.0.1:", "${DOOR_ADDRESS:-127.0.0.1}:")
    open_to_all = {
        name
        for name, service in services().items()
        if any(not port.startswith(here) for port in service.get("ports", []))
    }
    assert open_to_all == {"gateway"}


@pytest.mark.parametrize("name", services())
def test_every_version_of_what_others_made_is_named(name: str) -> None:
    service = services()[name]
    assert "build" in service or re.search(r":v?\d+\.?\d*", service["image"])


def test_redis_refuses_what_is_too_much_before_it_is_ended_for_it() -> None:
    said = re.search(r"maxmemory (\d+)mb", services()["redis"]["command"][-1])
    limit = services()["redis"]["deploy"]["resources"]["limits"]["memory"]
    assert said is not None
    assert 2 * int(said[1]) <= int(limit.removesuffix("g")) * 1024


def test_the_bucket_is_asked_for_by_one_file_and_its_keys_come_from_files() -> None:
    lines = (ROOT / "deploy" / "bucket.env").read_text().splitlines()
    choices = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    make_image_store(choices["SORTERBOT_IMAGE_STORE"], access_key_id="x", secret_access_key="x")
    script = services()["object-store"]["entrypoint"][-1]
    named = parse_qs(urlsplit(choices["SORTERBOT_IMAGE_STORE"]).query)["endpoint"][0]
    assert urlsplit(named).hostname == "object-store"
    assert f"-s3.port={urlsplit(named).port} " in script
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        chosen = services()["gateway"]["environment"][f"{name}_FILE"]
        path = chosen.removeprefix("${BUCKET_KEYS:+").removesuffix("}")
        assert f'export {name}="$$(cat {path})"' in script
        assert Path(path).name in services()["gateway"]["secrets"]
    assert choices["BUCKET_KEYS"]


def test_no_password_stands_in_the_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r"://[^/@\s]*:[^/@\s]*@", text) == []
    assert not re.search(r"PASSWORD: ", text)


def test_whoever_looks_for_a_sign_of_life_looks_where_it_is_given() -> None:
    for name in (*WORKERS, "beat"):
        service = services()[name]
        alive_file = service["environment"]["SORTERBOT_ALIVE_FILE"]
        assert f"find {alive_file} " in service["healthcheck"]["test"][-1]
        assert alive_file.startswith(tuple(service["tmpfs"]))
        assert service["read_only"]


def test_every_choice_is_documented_with_its_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    page = (ROOT / "docs" / "deploy.md").read_text()
    for name, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", text):
        rows = [line for line in page.splitlines() if line.startswith("|")]
        row = next((line for line in rows if f"`{name}`" in line), "")
        assert row, f"docs/deploy.md says nothing of {name}"
        assert f"`{default}`" in row or not default


def test_the_broker_keeps_the_rules_of_the_local_stack(tmp_path: Path) -> None:
    RedisServer(tmp_path, port=6379, password="x").prepare()
    of_machine = ("bind", "port", "requirepass", "daemonize", "dir", "#")

    def rules(path: Path) -> set[str]:
        lines = path.read_text().splitlines()
        return {line for line in lines if line and not line.startswith(of_machine)}

    assert rules(ROOT / "deploy" / "redis.conf") == rules(tmp_path / "redis.conf")
