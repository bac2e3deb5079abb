"""What the files for ECS name exists, and says what docker-compose.yml says."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator

from deploy.aws.roll_out import ONLY_AT_CREATION, ROUNDS, RollOutError, rendered
from tests.unit.api.gateway import FakeGateway
from tests.unit.deploy.files import ROOT, environment_of, services
from tests.unit.deploy.test_environment import NEEDED, OF_OTHERS, read_by
from tests.unit.deploy.test_keda import trigger
from tests.unit.deploy.test_stopping import ENDS_WITHIN_S

FOLDER = ROOT / "deploy" / "aws"
VALUES = {**json.loads((FOLDER / "values.example.json").read_text()), "TAG": "1.2.3"}
SERVICES = tuple(name for names in ROUNDS for name in names)
TASKS = (*SERVICES, "migrate")
DOCKERFILES = {"sorterbot-api": "Dockerfile.api", "sorterbot-worker": "Dockerfile.gpu"}
LARGEST_MIB = {"256": 2048, "512": 4096, "1024": 8192, "2048": 16384}
"""Of Fargate, for each size in CPU units. Source: the developer guide of ECS, task size."""

OF_AWS = {"AWS_REGION"}


@cache
def shape_of(service: str, operation: str) -> Any:
    """Return AWS's own model of what an operation takes."""
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(operation).input_shape


def complaints(service: str, operation: str, parameters: dict[str, Any]) -> str:
    """Return what is wrong with an operation's parameters; "" where nothing is."""
    shape = shape_of(service, operation)
    report: str = ParamValidator().validate(parameters, shape).generate_report()
    return report + ", ".join(unknown_fields(shape, parameters))


def unknown_fields(shape: Any, value: Any) -> list[str]:
    """Return the fields that a shape does not have; botocore sends those that it has."""
    if shape.type_name == "structure":
        here = [name for name in value if name not in shape.members]
        below = [
            unknown_fields(shape.members[n], v) for n, v in value.items() if n in shape.members
        ]
        return here + [name for names in below for name in names]
    if shape.type_name == "list":
        return [name for each in value for name in unknown_fields(shape.member, each)]
    return []


def container(name: str) -> dict[str, Any]:
    """Return the container of a task that runs the project's code."""
    found: dict[str, Any] = rendered(f"tasks/{name}.json", VALUES)["containerDefinitions"][0]
    return found


def image(name: str) -> str:
    return str(container(name)["image"]).rpartition("/")[2].partition(":")[0]


def told(name: str) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container(name)["environment"]}


@pytest.mark.parametrize(
    ("path", "part", "service", "operation"),
    [
        *((f"tasks/{name}.json", None, "ecs", "RegisterTaskDefinition") for name in TASKS),
        *((f"services/{name}.json", None, "ecs", "CreateService") for name in SERVICES),
        ("scaling/gpu-worker.json", "target", "application-autoscaling", "RegisterScalableTarget"),
        ("scaling/gpu-worker.json", "policy", "application-autoscaling", "PutScalingPolicy"),
    ],
)
def test_every_file_holds_what_aws_takes(
    path: str, part: str | None, service: str, operation: str
) -> None:
    document = rendered(path, VALUES)
    parameters = document if part is None else document[part]
    assert complaints(service, operation, parameters) == ""
    assert "${" not in json.dumps(parameters)


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_left_of_a_service_for_its_update_is_what_an_update_takes(name: str) -> None:
    parameters = rendered(f"services/{name}.json", VALUES)
    changes = {key: value for key, value in parameters.items() if key not in ONLY_AT_CREATION}
    changes |= {"cluster": "c", "service": name, "taskDefinition": "t"}
    assert complaints("ecs", "UpdateService", changes) == ""


def test_every_file_is_used_and_every_value_of_the_example_is_asked_for() -> None:
    assert {path.stem for path in (FOLDER / "tasks").iterdir()} == set(TASKS)
    assert {path.stem for path in (FOLDER / "services").iterdir()} == set(SERVICES)
    text = "".join(path.read_text() for path in FOLDER.glob("*/*.json"))
    assert {name for name in VALUES if f"${{{name}}}" not in text} == set()


def test_a_placeholder_without_a_value_is_named() -> None:
    with pytest.raises(RollOutError, match=r"services/beat\.json needs a value for CLUSTER"):
        rendered("services/beat.json", {})


@pytest.mark.parametrize("name", TASKS)
def test_each_process_is_started_as_the_compose_file_starts_it(name: str) -> None:
    service = services()["cpu-worker" if name == "gpu-worker" else name]

    def words(command: list[str]) -> list[str]:
        return [word for word in command if not word.startswith("--hostname=")]

    assert words(container(name)["command"]) == words(service["command"])
    assert image(name) == service["image"]
    assert container(name)["name"] == name


@pytest.mark.parametrize("name", TASKS)
def test_each_process_is_told_what_it_needs_and_nothing_that_nobody_reads(name: str) -> None:
    secret = {each["name"] for each in container(name)["secrets"]}
    of_image = environment_of(DOCKERFILES[image(name)])
    assert set(NEEDED) <= secret | set(told(name)) | set(of_image)
    of_all = read_by("gateway") | read_by("beat")  # some are told to every process
    assert secret | set(told(name)) <= read_by(name) | of_all | OF_OTHERS | OF_AWS
    unpassed = [each for each in told(name).values() if "://" in each and "@" in each]
    assert unpassed == []


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_probe_asks_is_what_the_compose_file_asks(name: str) -> None:
    service = services()["cpu-worker" if name == "gpu-worker" else name]
    asked = [word.replace("$$", "$") for word in service["healthcheck"]["test"]]
    assert container(name)["healthCheck"]["command"] == asked


@pytest.mark.parametrize("name", SERVICES)
def test_a_balancer_leads_to_a_port_of_its_container(name: str) -> None:
    ports = {each["containerPort"] for each in container(name).get("portMappings", [])}
    for balancer in rendered(f"services/{name}.json", VALUES).get("loadBalancers", []):
        assert balancer["containerName"] == container(name)["name"]
        assert balancer["containerPort"] in ports
        assert f":{balancer['containerPort']}" in services()[name]["ports"][0]


@pytest.mark.parametrize("name", ENDS_WITHIN_S)
def test_no_task_is_killed_before_the_time_in_which_it_ends_by_itself(name: str) -> None:
    if name in SERVICES:
        assert container(name)["stopTimeout"] >= ENDS_WITHIN_S[name] + 5


@pytest.mark.parametrize("name", TASKS)
def test_a_task_has_a_size_that_there_is(name: str) -> None:
    task = rendered(f"tasks/{name}.json", VALUES)
    of_gpu = [each["type"] for each in container(name).get("resourceRequirements", [])] == ["GPU"]
    assert task["requiresCompatibilities"] == (["EC2"] if of_gpu else ["FARGATE"])
    assert of_gpu is (name == "gpu-worker")
    assert 2 * int(task["cpu"]) <= int(task["memory"]) <= LARGEST_MIB[task["cpu"]]


@pytest.mark.parametrize("name", SERVICES)
def test_a_bad_version_is_taken_back_and_there_is_never_a_second_beat(name: str) -> None:
    rules = rendered(f"services/{name}.json", VALUES)["deploymentConfiguration"]
    assert rules["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    if name == "beat":
        assert (rules["minimumHealthyPercent"], rules["maximumPercent"]) == (0, 100)


def test_the_metric_that_scales_is_the_one_that_the_gateway_exports_and_the_agent_sends() -> None:
    agent = rendered("tasks/gateway.json", VALUES)["containerDefinitions"][1]
    variables = {each["name"]: each["value"] for each in agent["environment"]}
    sent = json.loads(variables["CW_CONFIG_CONTENT"])["logs"]["metrics_collected"]["prometheus"]
    (job,) = yaml.safe_load(variables["PROMETHEUS_CONFIG_CONTENT"])["scrape_configs"]
    (declared,) = sent["emf_processor"]["metric_declaration"]
    policy = rendered("scaling/gpu-worker.json", VALUES)["policy"]
    metrics = policy["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    watched = next(m["MetricStat"]["Metric"] for m in metrics["Metrics"] if m["Id"] == "waiting")
    assert sent["prometheus_config_path"] == "env:PROMETHEUS_CONFIG_CONTENT"
    assert watched["Namespace"] == sent["emf_processor"]["metric_namespace"]
    assert declared["metric_selectors"] == [f"^{watched['MetricName']}$"]
    assert declared["label_matcher"] == f"^{job['job_name']}$"
    assert watched["Dimensions"] == [{"Name": "job", "Value": job["job_name"]}]
    assert declared["dimensions"] == [["job"]]
    exported = FakeGateway().client.get("/metrics").get_data(as_text=True)
    assert f"\n{watched['MetricName']} " in exported
    ports = {each["containerPort"] for each in container("gateway")["portMappings"]}
    assert {target.rpartition(":")[2] for target in job["static_configs"][0]["targets"]} == {
        str(port) for port in ports
    }


def test_the_scaling_is_that_of_kubernetes() -> None:
    policy = rendered("scaling/gpu-worker.json", VALUES)["policy"]
    target = policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"]
    assert str(target) == trigger("postgresql")["metadata"]["targetQueryValue"]
    assert policy["ResourceId"] == f"service/{VALUES['CLUSTER']}/gpu-worker"
