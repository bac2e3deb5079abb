"""Brings a version of SorterBot to ECS: ``roll_out.py VALUES TAG [--without SERVICE ...]``.

``VALUES`` is a JSON file like ``values.example.json``, for the placeholders of the files beside
this one; ``TAG`` is the images' tag. The schema comes first, then the workers, then who publishes
for them, each once the ones before it stand. Services that exist are changed, and keep as many
tasks as they have; run again, nothing happens but a new deployment.

Keys and region are found as everywhere at AWS.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PLACEHOLDER = re.compile(r"\$\{([A-Z_]+)\}")
ROUNDS = (("gpu-worker", "sort-worker"), ("gateway", "robot-door", "beat"))
"""Workers know the messages of the version before, and not those of the next; so they are first."""

ONLY_AT_CREATION = (
    "cluster",
    "serviceName",
    "desiredCount",
    "launchType",
    "capacityProviderStrategy",
    "tags",
)
"""Of a service's parameters, what its update does not take, or must leave as it is."""

Document = dict[str, Any]


class RollOutError(Exception):
    """The version cannot be brought there."""


def rendered(path: str, values: Mapping[str, Any]) -> Document:
    """Return a file's document with its placeholders filled in.

    A text that is one placeholder and nothing else becomes the value itself, such as a list.

    Raises:
        RollOutError: A placeholder has no value.
    """
    document: Document = json.loads((FOLDER / path).read_text())
    try:
        filled: Document = _filled(document, values)
    except KeyError as error:
        raise RollOutError(f"{path} needs a value for {error.args[0]}") from error
    return filled


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(part, dict):
        return {key: _filled(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, values) for value in part]
    if not isinstance(part, str):
        return part
    whole = PLACEHOLDER.fullmatch(part)
    if whole is not None:
        return values[whole[1]]
    return PLACEHOLDER.sub(lambda found: values[found[1]], part)


class RollOut:
    """One version, brought to one cluster.

    Args:
        session: A boto3 session.
        values: For the placeholders; ``TAG`` among them.
    """

    def __init__(self, session: Any, values: Mapping[str, Any]) -> None:
        self._ecs = session.client("ecs")
        self._scaling = session.client("application-autoscaling")
        self._values = values
        self._cluster = values["CLUSTER"]

    def run(self, without: Sequence[str] = ()) -> None:
        """Do all of it.

        Raises:
            RollOutError: The schema was not brought to the newest, and nothing else was changed; or
                ECS took a service back, and those after it were not changed.
        """
        self.migrate()
        for names in ROUNDS:
            put = {name: self.put_service(name) for name in names if name not in without}
            if put:
                self._wait("services_stable", services=list(put))
                self._check(put)
        if "gpu-worker" not in without:
            self.put_scaling("gpu-worker")

    def migrate(self) -> None:
        """Bring the schema to the newest, by a task that ends.

        Raises:
            RollOutError: It did not end well.
        """
        network = rendered("services/gateway.json", self._values)["networkConfiguration"]
        answer = self._ecs.run_task(
            cluster=self._cluster,
            taskDefinition=self._register("migrate"),
            launchType="FARGATE",
            networkConfiguration=network,
        )
        if not answer["tasks"]:
            raise RollOutError(f"the schema was not changed: {answer['failures']}")
        arns = [task["taskArn"] for task in answer["tasks"]]
        self._wait("tasks_stopped", tasks=arns)
        (task,) = self._ecs.describe_tasks(cluster=self._cluster, tasks=arns)["tasks"]
        if any(container.get("exitCode") != 0 for container in task["containers"]):
            reason = task.get("stoppedReason", "its log says why")
            raise RollOutError(f"the schema was not changed: {reason}")

    def put_service(self, name: str) -> str:
        """Make a service, or bring the one that is there to this version; return its task's ARN."""
        parameters = rendered(f"services/{name}.json", self._values)
        parameters["taskDefinition"] = arn = self._register(name)
        found = self._ecs.describe_services(cluster=self._cluster, services=[name])["services"]
        if any(service["status"] == "ACTIVE" for service in found):
            changes = {k: v for k, v in parameters.items() if k not in ONLY_AT_CREATION}
            self._ecs.update_service(cluster=self._cluster, service=name, **changes)
        else:
            self._ecs.create_service(**parameters)
        return arn

    def put_scaling(self, name: str) -> None:
        """Let the number of a service's tasks follow what waits."""
        document = rendered(f"scaling/{name}.json", self._values)
        self._scaling.register_scalable_target(**document["target"])
        self._scaling.put_scaling_policy(**document["policy"])

    def _check(self, put: Mapping[str, str]) -> None:
        """Make sure that services run what they were given: one taken back stands, too.

        Raises:
            RollOutError: One of them runs another version.
        """
        found = self._ecs.describe_services(cluster=self._cluster, services=list(put))["services"]
        running = {service["serviceName"]: service["taskDefinition"] for service in found}
        back = [name for name, arn in put.items() if running.get(name) != arn]
        if back:
            raise RollOutError(f"{', '.join(back)} was taken back; its events at ECS say why")

    def _register(self, name: str) -> str:
        parameters = rendered(f"tasks/{name}.json", self._values)
        answer = self._ecs.register_task_definition(**parameters)
        arn: str = answer["taskDefinition"]["taskDefinitionArn"]
        return arn

    def _wait(self, state: str, **what: Sequence[str]) -> None:
        self._ecs.get_waiter(state).wait(cluster=self._cluster, **what)


def main() -> None:
    """Read the command line, and end with one sentence where something is wrong."""
    parser = argparse.ArgumentParser(description="Bring a version of SorterBot to ECS.")
    parser.add_argument("values", type=Path, help="a JSON file like values.example.json")
    parser.add_argument("tag", help="the images' tag")
    parser.add_argument("--without", action="append", default=[], metavar="SERVICE")
    chosen = parser.parse_args()
    boto3, refusals = import_module("boto3"), import_module("botocore.exceptions")
    try:
        values = {**json.loads(chosen.values.read_text()), "TAG": chosen.tag}
        RollOut(boto3.Session(region_name=values["REGION"]), values).run(chosen.without)
    except (RollOutError, OSError, ValueError, KeyError) as error:
        sys.exit(f"roll_out: {error}")
    except (refusals.BotoCoreError, refusals.ClientError) as error:
        sys.exit(f"roll_out: AWS says: {error}")


if __name__ == "__main__":
    main()
