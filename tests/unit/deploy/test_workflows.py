"""What the workflows of GitHub run exists, and keys stay where they belong."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import check_jsonschema
import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.unit.deploy.files import DOCKERFILES, ROOT, instructions

FOLDER = ROOT / ".github" / "workflows"
NAMES = ("check", "deploy")
SCHEMAS = Path(check_jsonschema.__file__).parent / "builtin_schemas"
SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSWORD")


def workflow(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    return document


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the jobs that run steps, with the name of their workflow before theirs."""
    for name in NAMES:
        for job, content in workflow(name)["jobs"].items():
            if "steps" in content:
                yield f"{name}/{job}", content


def scripts() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in jobs():
        for number, step in enumerate(job["steps"]):
            if "run" in step:
                yield f"{name}/{number}", step


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "schema", ["vendor/github-workflows.json", "custom/github-workflows-require-timeout.json"]
)
def test_it_follows_the_schema_of_workflows(name: str, schema: str) -> None:
    document = workflow(name)
    document["on"] = document.pop(True)  # type: ignore[call-overload]  # YAML 1.1 reads it so
    validator = Draft202012Validator(json.loads((SCHEMAS / schema).read_text()))
    assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize(("name", "step"), list(scripts()))
def test_a_script_is_one_that_a_shell_reads_and_takes_nothing_from_outside_as_words(
    name: str, step: dict[str, Any]
) -> None:
    done = subprocess.run(
        ["bash", "-n"], input=step["run"], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert "${{" not in step["run"], "expressions come as variables, which no shell parses"


@pytest.mark.parametrize(("name", "step"), list(scripts()))
def test_the_files_that_a_script_names_exist(name: str, step: dict[str, Any]) -> None:
    named = re.findall(
        r"(?<![\w$/])((?:\.ci|deploy)/[\w./]+|requirements-\w+\.lock|Dockerfile\.\w+)", step["run"]
    )
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_changes_are_checked_by_what_a_person_runs() -> None:
    assert ".ci/run" in [step["run"] for _, step in scripts()]
    called = workflow("deploy")["jobs"]["check"]["uses"]
    assert (ROOT / called).resolve() == FOLDER / "check.yml"


def test_nothing_is_built_before_it_is_tested_or_brought_there_before_it_is_built() -> None:
    order = workflow("deploy")["jobs"]
    assert (order["build"]["needs"], order["roll-out"]["needs"]) == ("check", "build")


@pytest.mark.parametrize("name", ["check/images", "deploy/build"])
def test_both_images_are_built(name: str) -> None:
    matrix = dict(jobs())[name]["strategy"]["matrix"]["include"]
    assert tuple(each["dockerfile"] for each in matrix) == DOCKERFILES


def test_keys_reach_a_build_as_a_secret_that_the_dockerfile_mounts() -> None:
    build = next(step for _, step in scripts() if "WEIGHTS_URL=" in step["run"])
    (secret,) = re.findall(r"--secret \"id=(\w+),", build["run"])
    mounts = [each.value for each in instructions("Dockerfile.gpu") if each.name == "RUN"]
    assert any(f"--mount=type=secret,id={secret} " in mount for mount in mounts)
    arguments = re.findall(r"--build-arg \"?(\w+)=", build["run"])
    declared = {
        each.value.partition("=")[0]
        for each in instructions("Dockerfile.gpu")
        if each.name == "ARG"
    }
    assert set(arguments) <= declared
    assert not any(SECRET.search(each) for each in arguments)


def test_no_workflow_holds_a_key_and_only_who_signs_in_at_aws_may_ask_for_a_token() -> None:
    for name in NAMES:
        assert workflow(name)["permissions"] == {"contents": "read"}
    for _, job in jobs():
        signs_in = any("configure-aws-credentials" in step.get("uses", "") for step in job["steps"])
        assert (job.get("permissions", {}).get("id-token") == "write") is signs_in
        assert "secrets." not in json.dumps(job)
