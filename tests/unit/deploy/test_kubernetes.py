"""What the Kubernetes manifests name exists, and says what docker-compose.yml says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import kubernetes_validate
import pytest
import yaml

from deploy.with_passwords import ADDRESSES, SECRETS
from tests.unit.deploy.files import ROOT, environment_of, load_compose, services
from tests.unit.deploy.manifests import (
    COMPONENTS,
    FOLDER,
    OURS,
    OVERLAYS,
    Manifest,
    all_manifests,
    containers_of,
    files,
    kustomization,
    of_kind,
    own_containers,
    pod_of,
    settings,
    workloads,
)
from tests.unit.deploy.test_stopping import ENDS_WITHIN_S

FOLDERS = (
    "base",
    *(f"components/{name}" for name in COMPONENTS),
    *(f"overlays/{name}" for name in OVERLAYS),
)
COMPOSE_NAMES = {"detect-worker": "cpu-worker"}
DOCKERFILES = {"sorterbot-api": "Dockerfile.api", "sorterbot-worker": "Dockerfile.gpu"}


def mounted(container: Manifest) -> str:
    """Return the folder in which a container finds its secrets."""
    (path,) = [m["mountPath"] for m in container["volumeMounts"] if m["name"] == "secrets"]
    return str(path)


def environment(container: Manifest) -> dict[str, str]:
    own = {each["name"]: each["value"] for each in container.get("env", [])}
    return {**(settings() if "envFrom" in container else {}), **own}


def secret_paths(container: Manifest) -> Iterator[str]:
    """Return the files of secrets that a container's variables and commands name."""
    texts = [*environment(container).values(), *container.get("command", [])]
    for text in texts:
        yield from re.findall(r"/run/secrets/[\w/]+", text)


def secrets_made() -> set[str]:
    return {each["file"].rpartition("/")[2] for each in load_compose()["secrets"].values()}


@pytest.mark.parametrize("version", ["1.31", kubernetes_validate.latest_version()])
def test_every_manifest_follows_the_schema_of_its_kind(version: str) -> None:
    known = [each for each in all_manifests() if not each["apiVersion"].startswith("keda.sh/")]
    assert len(known) > len(workloads())
    for manifest in known:
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_lists_what_lies_in_it_and_nothing_else(folder: str) -> None:
    document = kustomization(folder)
    patches = [each["path"] for each in document.get("patches", [])]
    named = [*document.get("resources", []), *document.get("components", []), *patches]
    here = {path for path in files() if path.parent == FOLDER / folder}
    assert {(FOLDER / folder / name).resolve() for name in named} >= {
        path for path in here if path.name != "kustomization.yaml"
    }
    assert [name for name in named if not (FOLDER / folder / name).exists()] == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_changes_what_the_base_has_and_names_its_device(overlay: str) -> None:
    patch = yaml.safe_load((FOLDER / "overlays" / overlay / "detect-worker.yaml").read_text())
    (container,) = pod_of(patch)["containers"]
    assert [container["name"]] == [
        each["name"] for each in containers_of(workloads()["detect-worker"])
    ]
    told = {each["name"]: each["value"] for each in container["env"]}
    is_gpu = overlay == "gpu"
    assert told["SORTERBOT_DEVICE"] == ("cuda" if is_gpu else "cpu")
    assert ("nvidia.com/gpu" in container["resources"]["limits"]) is is_gpu
    assert container["resources"]["limits"]["memory"]
    assert {each["name"] for each in kustomization(f"overlays/{overlay}")["images"]} == set(OURS)


@pytest.mark.parametrize("name", own_containers())
def test_each_process_is_started_as_the_compose_file_starts_it(name: str) -> None:
    service = services()[COMPOSE_NAMES.get(name, name)]
    container = own_containers()[name]

    def words(command: list[str]) -> list[str]:
        return [word for word in command if not word.startswith("--hostname=")]

    assert words(container["args"]) == words(service["command"])
    assert container["image"] == service["image"]
    assert "command" not in container  # the image's entry point knows the passwords


@pytest.mark.parametrize("name", own_containers())
def test_each_process_is_told_what_the_compose_file_tells_it(name: str) -> None:
    told = environment(own_containers()[name])
    service = services()[COMPOSE_NAMES.get(name, name)]
    image_sets = environment_of(DOCKERFILES[service["image"]])
    needed = {each for each in service["environment"] if each.startswith("SORTERBOT_")}
    optional = {each for each in needed if "${" in str(service["environment"][each])}
    empty = {each for each in needed if service["environment"][each] is None}
    of_overlay = {"SORTERBOT_DEVICE"} if name == "detect-worker" else set()
    missing = needed - optional - empty - of_overlay - set(told) - set(image_sets)
    assert missing == set()


@pytest.mark.parametrize("name", workloads())
def test_a_pod_is_not_root_may_nothing_more_and_has_limits(name: str) -> None:
    pod = pod_of(workloads()[name])
    assert pod["automountServiceAccountToken"] is False
    for container in containers_of(workloads()[name]):
        if name == "detect-worker":
            continue  # its resources are its overlay's
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"]["cpu"]
    if name == "postgres":
        return  # its image begins as root, to give the volume to its own user, and then leaves it
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in containers_of(workloads()[name]):
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_pods_of_the_projects_images_run_as_the_user_that_the_images_make() -> None:
    found = re.search(r"useradd --uid (\d+)", (ROOT / "Dockerfile.api").read_text())
    assert found is not None
    for workload in workloads().values():
        if any(each["image"] in OURS for each in containers_of(workload)):
            assert pod_of(workload)["securityContext"]["runAsUser"] == int(found[1])
            assert all(
                each["securityContext"]["readOnlyRootFilesystem"]
                for each in containers_of(workload)
            )


@pytest.mark.parametrize("name", workloads())
def test_every_secret_that_is_named_is_mounted_and_made(name: str) -> None:
    made = secrets_made()
    for container in containers_of(workloads()[name]):
        for path in secret_paths(container):
            assert path.rpartition("/")[0] == mounted(container)
            assert path.rpartition("/")[2] in made


def test_settings_name_secrets_that_the_entry_point_reads() -> None:
    told = {name for each in own_containers().values() for name in environment(each)}
    read = {*ADDRESSES, *(f"{name}_FILE" for name in SECRETS)}
    assert {name for name in told if name.endswith("_FILE")} - read == {"SORTERBOT_ALIVE_FILE"}


def test_every_address_is_a_service_and_a_port_of_it() -> None:
    ports = {
        name: {port["port"] for port in service["spec"]["ports"]}
        for name, service in of_kind("Service").items()
    }
    addresses = [text for text in settings().values() if "://" in text]
    addresses += [
        parse_qs(urlsplit(text).query)["endpoint"][0] for text in addresses if "endpoint" in text
    ]
    asked = [urlsplit(text) for text in addresses if not text.startswith("s3://")]
    assert len(asked) == 4
    for address in asked:
        assert address.port in ports[str(address.hostname)]


@pytest.mark.parametrize("name", of_kind("Service"))
def test_a_service_leads_to_a_port_of_its_pods(name: str) -> None:
    spec = of_kind("Service")[name]["spec"]
    (workload,) = [
        each
        for each in workloads().values()
        if each["spec"]["template"]["metadata"]["labels"] == spec["selector"]
    ]
    named = {
        port["name"]: port["containerPort"]
        for container in containers_of(workload)
        for port in container.get("ports", [])
    }
    for port in spec["ports"]:
        assert port["targetPort"] in named
        words = " ".join(containers_of(workload)[-1].get("args", []))
        bound = re.search(r"(?:--bind=0\.0\.0\.0:|--port=)(\d+)", words)
        assert bound is None or int(bound[1]) == named[port["targetPort"]]


@pytest.mark.parametrize("name", workloads())
def test_what_a_probe_asks_is_what_the_compose_file_asks(name: str) -> None:
    container = pod_of(workloads()[name])["containers"][0]
    health = " ".join(services()[COMPOSE_NAMES.get(name, name)]["healthcheck"]["test"])
    probe = container["startupProbe"]
    if "httpGet" in probe:
        (port,) = [
            p["containerPort"] for p in container["ports"] if p["name"] == probe["httpGet"]["port"]
        ]
        assert f":{port}{probe['httpGet']['path']}" in health
    else:
        asked = probe["exec"]["command"][-1].replace(mounted(container), "/run/secrets")
        assert asked in health.replace("$$", "$")
    lasting = container.get("livenessProbe", container.get("readinessProbe"))
    assert {key: lasting[key] for key in ("exec", "httpGet") if key in lasting} == {
        key: probe[key] for key in ("exec", "httpGet") if key in probe
    }


@pytest.mark.parametrize(
    ("name", "service"),
    [("gateway", "gateway"), ("detect-worker", "gpu-worker"), ("sort-worker", "sort-worker")],
)
def test_no_pod_is_killed_before_the_time_in_which_it_ends_by_itself(
    name: str, service: str
) -> None:
    granted = pod_of(workloads()[name])["terminationGracePeriodSeconds"]
    assert granted >= ENDS_WITHIN_S[service] + 5


def test_there_is_one_beat_and_never_two() -> None:
    spec = workloads()["beat"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


@pytest.mark.parametrize("name", ["postgres", "redis", "object-store"])
def test_servers_are_those_of_the_compose_file_and_keep_their_data(name: str) -> None:
    container = containers_of(workloads()[name])[0]
    service = services()[name]
    assert container["image"] == service["image"]
    data = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}["data"]
    assert data in {volume.partition(":")[2] for volume in service["volumes"]}


def test_redis_keeps_the_rules_of_the_compose_file() -> None:
    lines = (ROOT / "deploy" / "redis.conf").read_text().splitlines()
    script = containers_of(workloads()["redis"])[0]["command"][-1].splitlines()
    assert {line for line in lines if not line.startswith("#")} <= set(script)
    assert "maxmemory 512mb" in script


def test_the_object_store_is_started_as_in_the_compose_file() -> None:
    there = services()["object-store"]["entrypoint"][-1].replace("$$", "$")
    here = containers_of(workloads()["object-store"])[0]["command"][-1]
    assert here.replace("/run/secrets/sorterbot/", "/run/secrets/") == there
