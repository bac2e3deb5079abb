"""The files that deploy the project, read as what they say."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parents[3]
DOCKERFILES = ("Dockerfile.api", "Dockerfile.gpu")


@cache
def load_compose() -> dict[str, Any]:
    """Return docker-compose.yml with its anchors filled in."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


def services() -> dict[str, dict[str, Any]]:
    """Return every service by its name."""
    found: dict[str, dict[str, Any]] = load_compose()["services"]
    return found


def own_services() -> dict[str, dict[str, Any]]:
    """Return the services that run this project's code."""
    return {name: service for name, service in services().items() if "build" in service}


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile, in the stage where it stands."""

    name: str
    value: str
    stage: int

    def words(self) -> list[str]:
        """Return its value's words; a JSON list is one as it stands."""
        return json.loads(self.value) if self.value.startswith("[") else shlex.split(self.value)


@cache
def instructions(dockerfile: str) -> tuple[Instruction, ...]:
    """Return what a Dockerfile says, comments left out."""
    parser = DockerfileParser(fileobj=BytesIO((ROOT / dockerfile).read_bytes()))
    return tuple(_in_stages(parser.structure))


def _in_stages(structure: list[dict[str, Any]]) -> Iterator[Instruction]:
    stage = -1
    for line in structure:
        if line["instruction"] == "COMMENT":
            continue
        stage += line["instruction"] == "FROM"
        yield Instruction(line["instruction"], line["value"], stage)


def last_stage(dockerfile: str) -> list[Instruction]:
    """Return the instructions of the stage that becomes the image."""
    found = instructions(dockerfile)
    return [each for each in found if each.stage == found[-1].stage]


def copied(dockerfile: str, stage: int | None = None) -> Iterator[tuple[str, str]]:
    """Return what a Dockerfile copies out of the checkout: source and target."""
    for each in instructions(dockerfile):
        if each.name == "COPY" and "--from=" not in each.value and stage in {None, each.stage}:
            *sources, target = each.words()
            for source in sources:
                yield source, target


def environment_of(dockerfile: str) -> dict[str, str]:
    """Return the variables that an image sets."""
    pairs = [word for each in last_stage(dockerfile) if each.name == "ENV" for word in each.words()]
    return dict(pair.split("=", 1) for pair in pairs)


def dockerfile_of(service: dict[str, Any]) -> str:
    """Return the name of the Dockerfile that a service is built from."""
    name: str = service["build"]["dockerfile"]
    return name
