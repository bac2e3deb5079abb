"""KEDA watches the queue that there is, and scales the workers that there are."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator

from tests.unit.deploy.keda import SCALED_OBJECT, TRIGGER_AUTHENTICATION
from tests.unit.deploy.manifests import (
    containers_of,
    kustomization,
    of_kind,
    pod_of,
    settings,
    workloads,
)
from workers.bootstrap import DEFAULT_BATCH, THREADS_PER_PICTURE
from workers.settings import GPU_QUEUE


def scaled() -> dict[str, Any]:
    (found,) = of_kind("ScaledObject").values()
    spec: dict[str, Any] = found["spec"]
    return spec


def trigger(kind: str) -> dict[str, Any]:
    return next(each for each in scaled()["triggers"] if each["type"] == kind)


@pytest.mark.parametrize(
    ("kind", "schema"),
    [("ScaledObject", SCALED_OBJECT), ("TriggerAuthentication", TRIGGER_AUTHENTICATION)],
)
def test_every_field_is_one_that_keda_documents(kind: str, schema: dict[str, Any]) -> None:
    validator = Draft202012Validator(schema)
    assert of_kind(kind)
    for manifest in of_kind(kind).values():
        assert [error.message for error in validator.iter_errors(manifest)] == []


def test_it_scales_the_workers_that_detect_and_nobody_else_says_how_many() -> None:
    target = workloads()[scaled()["scaleTargetRef"]["name"]]
    assert f"--queues={GPU_QUEUE}" in containers_of(target)[0]["args"]
    assert "replicas" not in target["spec"]
    assert scaled()["minReplicaCount"] <= scaled()["maxReplicaCount"]


def test_it_looks_at_the_list_that_the_gateway_publishes_on() -> None:
    watched = trigger("redis")["metadata"]
    broker = urlsplit(settings()["SORTERBOT_BROKER_URL"])
    namespace = kustomization("base")["namespace"]
    assert watched["address"] == f"{broker.hostname}.{namespace}.svc.cluster.local:{broker.port}"
    assert watched["databaseIndex"] == broker.path.strip("/")
    assert watched["listName"] == GPU_QUEUE


def test_it_looks_into_the_database_that_the_gateway_writes() -> None:
    asked = trigger("postgresql")["metadata"]
    database = urlsplit(settings()["SORTERBOT_DATABASE_URL"])
    namespace = kustomization("base")["namespace"]
    assert asked["host"] == f"{database.hostname}.{namespace}.svc.cluster.local"
    assert asked["port"] == str(database.port)
    assert asked["userName"] == database.username
    assert asked["dbName"] == database.path.strip("/")


def test_a_worker_has_its_hands_full_before_another_is_started() -> None:
    in_hand = THREADS_PER_PICTURE * DEFAULT_BATCH.max_pictures
    for kind, field in (("redis", "listLength"), ("postgresql", "targetQueryValue")):
        assert int(trigger(kind)["metadata"][field]) >= in_hand + DEFAULT_BATCH.max_pictures
    assert settings()["SORTERBOT_MAX_BATCH"] == str(DEFAULT_BATCH.max_pictures)


def test_it_signs_in_with_the_secrets_that_the_pods_mount() -> None:
    for each in scaled()["triggers"]:
        reference = of_kind("TriggerAuthentication")[each["authenticationRef"]["name"]]
        (secret,) = reference["spec"]["secretTargetRef"]
        volumes = [pod_of(workload)["volumes"] for workload in workloads().values()]
        assert all(
            {"secretName": secret["name"]} in [v.get("secret") for v in volume]
            for volume in volumes
        )
        assert secret["parameter"] == "password"
        assert any(text.endswith(f"/{secret['key']}") for text in settings().values())
