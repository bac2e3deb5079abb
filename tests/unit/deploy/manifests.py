"""The Kubernetes manifests, read as what they say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.unit.deploy.files import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("gpu", "cpu")
COMPONENTS = ("servers", "flower", "door")
OURS = ("sorterbot-api", "sorterbot-worker")

Manifest = dict[str, Any]


def kustomization(folder: str) -> Manifest:
    """Return what a folder's kustomization.yaml says."""
    document: Manifest = yaml.safe_load((FOLDER / folder / "kustomization.yaml").read_text())
    return document


@cache
def manifests(folder: str) -> tuple[Manifest, ...]:
    """Return every manifest that a folder lists, each with its anchors filled in."""
    texts = [(FOLDER / folder / name).read_text() for name in kustomization(folder)["resources"]]
    return tuple(manifest for text in texts for manifest in yaml.safe_load_all(text))


def all_manifests() -> Iterator[Manifest]:
    """Return those of the base and of every component."""
    for folder in ("base", *(f"components/{name}" for name in COMPONENTS)):
        yield from manifests(folder)


def of_kind(*kinds: str) -> dict[str, Manifest]:
    """Return the manifests of some kinds by name."""
    return {each["metadata"]["name"]: each for each in all_manifests() if each["kind"] in kinds}


def workloads() -> dict[str, Manifest]:
    """Return whatever runs pods, by name."""
    return of_kind("Deployment", "StatefulSet")


def pod_of(workload: Manifest) -> Manifest:
    """Return the pod that a workload runs."""
    pod: Manifest = workload["spec"]["template"]["spec"]
    return pod


def containers_of(workload: Manifest) -> list[Manifest]:
    """Return a pod's containers, those that run first before the others."""
    pod = pod_of(workload)
    return [*pod.get("initContainers", []), *pod["containers"]]


def settings() -> dict[str, str]:
    """Return the variables that every process is given."""
    (generator,) = kustomization("base")["configMapGenerator"]
    return dict(literal.split("=", 1) for literal in generator["literals"])


def own_containers() -> dict[str, Manifest]:
    """Return the containers of the project's images by name."""
    every = [each for workload in workloads().values() for each in containers_of(workload)]
    return {each["name"]: each for each in every if each["image"] in OURS}


def files() -> list[Path]:
    """Return every file below the folder."""
    return sorted(FOLDER.rglob("*.yaml"))
