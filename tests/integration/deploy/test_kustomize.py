"""The overlays, built by kubectl where there is one."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.unit.deploy.keda import SCALED_OBJECT
from tests.unit.deploy.manifests import FOLDER, OVERLAYS, all_manifests, manifests

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl here")


def built(overlay: str) -> list[dict[str, Any]]:
    command = ["kubectl", "kustomize", str(FOLDER / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_becomes_valid_manifests_and_nothing_is_lost(overlay: str) -> None:
    documents = built(overlay)
    left_out = len(manifests("components/door"))
    assert len(documents) == len(list(all_manifests())) - left_out + 1  # the settings
    keda = [each for each in documents if each["apiVersion"].startswith("keda.sh/")]
    for document in (each for each in documents if each not in keda):
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
    for document in (each for each in keda if each["kind"] == "ScaledObject"):
        document["metadata"] = {"name": document["metadata"]["name"]}
        assert list(Draft202012Validator(SCALED_OBJECT).iter_errors(document)) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_worker_of_an_overlay_keeps_its_variables_and_gets_its_limits(overlay: str) -> None:
    worker = next(
        each
        for each in built(overlay)
        if each["kind"] == "Deployment" and each["metadata"]["name"] == "detect-worker"
    )
    (container,) = worker["spec"]["template"]["spec"]["containers"]
    told = {each["name"] for each in container["env"]}
    assert {"SORTERBOT_ALIVE_FILE", "SORTERBOT_METRICS_PORT", "SORTERBOT_DEVICE"} <= told
    assert container["resources"]["limits"]["memory"]
    assert container["image"].startswith("registry.example/sorterbot-worker:")
    assert container["livenessProbe"]["exec"] == container["startupProbe"]["exec"]
