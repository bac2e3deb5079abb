"""The roll-out runs against a stand-in of AWS that keeps what it is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploy.aws.roll_out import ROUNDS, RollOut, RollOutError
from tests.unit.deploy.files import ROOT

FOLDER = ROOT / "deploy" / "aws"
EXAMPLE: dict[str, Any] = json.loads((FOLDER / "values.example.json").read_text())
NAMES = {name for names in ROUNDS for name in names}


@dataclass(frozen=True, slots=True)
class Account:
    """A stand-in of an account, and what the placeholders stand for in it."""

    session: Any
    values: dict[str, Any]


class Watched(RollOut):
    """A roll-out whose tasks end at once and whose services stand at once; it notes the order.

    The stand-in starts no containers, so nothing would ever come about that one could wait for.
    """

    def __init__(self, session: Any, values: dict[str, Any], exit_code: int = 0) -> None:
        super().__init__(session, values)
        self.order: list[str] = []
        self._ecs.meta.events.register("after-call.ecs.DescribeTasks", self._end)
        self._exit_code = exit_code

    def put_service(self, name: str) -> str:
        self.order.append(name)
        return super().put_service(name)

    def _wait(self, state: str, **_: Any) -> None:
        self.order.append(state)

    def _end(self, parsed: dict[str, Any], **_: Any) -> None:
        for task in parsed["tasks"]:
            task["containers"] = [{"exitCode": self._exit_code}]


class TakenBack(Watched):
    """A roll-out whose GPU workers do not come up: ECS goes back to the version before."""

    def _wait(self, state: str, **what: Any) -> None:
        if "gpu-worker" in what.get("services", []):
            cluster = self._values["CLUSTER"]
            found = self._ecs.describe_services(cluster=cluster, services=["gpu-worker"])
            family, _, revision = found["services"][0]["taskDefinition"].rpartition(":")
            before = f"{family}:{int(revision) - 1}"
            self._ecs.update_service(cluster=cluster, service="gpu-worker", taskDefinition=before)
        super()._wait(state, **what)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Account]:
    """An account with a network and no cluster."""
    with mock_aws():
        session = boto3.Session(region_name=EXAMPLE["REGION"])
        ec2 = session.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        yield Account(session, {**EXAMPLE, "SUBNETS": [subnet]})


@pytest.fixture
def account(cloud: Account) -> Account:
    """The account with a cluster of the test's own."""
    cluster = f"cluster-{token_hex(4)}"
    cloud.session.client("ecs").create_cluster(clusterName=cluster)
    return Account(cloud.session, {**cloud.values, "CLUSTER": cluster})


def rolled_out(
    account: Account, tag: str, *, exit_code: int = 0, without: Sequence[str] = ()
) -> list[str]:
    """Roll a version out, and return what was done and waited for, in that order."""
    rollout = Watched(account.session, {**account.values, "TAG": tag}, exit_code)
    rollout.run(without)
    return rollout.order


def images(account: Account) -> dict[str, set[str]]:
    """Return the tags of the images that each service runs."""
    ecs = account.session.client("ecs")
    found: dict[str, set[str]] = {}
    for arn in ecs.list_services(cluster=account.values["CLUSTER"])["serviceArns"]:
        (service,) = ecs.describe_services(cluster=account.values["CLUSTER"], services=[arn])[
            "services"
        ]
        task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])
        ours = task["taskDefinition"]["containerDefinitions"][:1]
        found[service["serviceName"]] = {each["image"].rpartition(":")[2] for each in ours}
    return found


def test_schema_then_workers_then_those_who_publish_for_them(account: Account) -> None:
    assert rolled_out(account, "1") == [
        "tasks_stopped",
        "gpu-worker",
        "sort-worker",
        "services_stable",
        "gateway",
        "robot-door",
        "beat",
        "services_stable",
    ]
    assert images(account) == {name: {"1"} for name in NAMES}


def test_the_next_version_changes_what_is_there_and_leaves_the_number_of_workers(
    account: Account,
) -> None:
    rolled_out(account, "1")
    ecs = account.session.client("ecs")
    ecs.update_service(cluster=account.values["CLUSTER"], service="gpu-worker", desiredCount=3)
    rolled_out(account, "2")
    rolled_out(account, "2")
    assert images(account) == {name: {"2"} for name in NAMES}
    (worker,) = ecs.describe_services(cluster=account.values["CLUSTER"], services=["gpu-worker"])[
        "services"
    ]
    assert worker["desiredCount"] == 3


def test_workers_follow_what_waits_and_twice_said_is_said_once(account: Account) -> None:
    rolled_out(account, "1")
    rolled_out(account, "2")
    scaling = account.session.client("application-autoscaling")
    resource = f"service/{account.values['CLUSTER']}/gpu-worker"
    asked = {"ServiceNamespace": "ecs", "ResourceIds": [resource]}
    (target,) = scaling.describe_scalable_targets(**asked)["ScalableTargets"]
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=resource)
    assert len(policies["ScalingPolicies"]) == 1
    assert target["MinCapacity"] >= 1


def test_where_the_schema_cannot_be_changed_nothing_else_is(account: Account) -> None:
    with pytest.raises(RollOutError, match="the schema was not changed"):
        rolled_out(account, "1", exit_code=1)
    assert images(account) == {}


def test_a_version_that_was_taken_back_is_no_success_and_reaches_no_further(
    account: Account,
) -> None:
    rolled_out(account, "1")
    rollout = TakenBack(account.session, {**account.values, "TAG": "2"})
    with pytest.raises(RollOutError, match="gpu-worker was taken back"):
        rollout.run()
    left = {name: {"1"} for name in NAMES} | {"sort-worker": {"2"}}
    assert images(account) == left


def test_a_round_of_which_no_service_is_wanted_is_passed_over(account: Account) -> None:
    done = rolled_out(account, "1", without=ROUNDS[0])
    assert done == ["tasks_stopped", *ROUNDS[1], "services_stable"]


def test_a_service_that_is_not_wanted_is_left_out(account: Account) -> None:
    rolled_out(account, "1", without=["robot-door", "gpu-worker"])
    assert set(images(account)) == NAMES - {"robot-door", "gpu-worker"}
    scaling = account.session.client("application-autoscaling")
    resource = f"service/{account.values['CLUSTER']}/gpu-worker"
    asked = {"ServiceNamespace": "ecs", "ResourceIds": [resource]}
    assert scaling.describe_scalable_targets(**asked)["ScalableTargets"] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "Expecting"), ('{"REGION": "eu-central-1"}', "CLUSTER"), (None, "No such file")],
)
def test_values_that_cannot_be_used_end_it_with_one_sentence(
    tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "values.json"
    if content is not None:
        path.write_text(content)
    done = subprocess.run(
        [sys.executable, FOLDER / "roll_out.py", path, "1"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"},
    )
    assert done.returncode == 1
    assert done.stderr.startswith("roll_out: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
