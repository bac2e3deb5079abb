"""Dashboard, rules and page agree with each other and with what processes count."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest
import yaml
from prometheus_client.core import Metric
from prometheus_client.registry import CollectorRegistry

from tests.unit.api.gateway import FakeGateway
from tests.unit.deploy.files import ROOT
from tests.unit.deploy.watching import DEPLOY, dashboard, expressions, panels, rules, selected
from vision.memory import GpuMemory
from workers.metrics import WorkerMetrics

PAGE = (ROOT / "docs" / "metrics.md").read_text()
PROVISIONING = DEPLOY / "grafana" / "provisioning"
UNITS = {"short", "s", "reqps", "Bps", "bytes"}
"""Of those that Grafana knows. Source: grafana/grafana, packages/grafana-data/src/valueFormats."""

WIDTH = 24


def exported() -> set[str]:
    """Return the names of all metrics of ours, as their types are told to Prometheus."""
    worker = WorkerMetrics()
    worker.watch_gpu(lambda: GpuMemory(used=1, reserved=1, total=2))
    gateway = FakeGateway()
    session_id = gateway.open_session()
    gateway.post_image(session_id)
    gateway.detect(session_id)  # so that times and rates are known
    found = [*families(gateway.context.metrics.registry), *families(worker.registry)]
    return {_counted(metric) for metric in found if metric.name.startswith("sorterbot_")}


def families(registry: CollectorRegistry) -> list[Metric]:
    return list(registry.collect())


def _counted(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def test_the_page_says_what_every_metric_means_and_no_other() -> None:
    described = re.findall(r"^\| `(sorterbot_\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(described) == sorted(exported())


def test_the_page_says_what_every_alert_means_and_no_other() -> None:
    table = PAGE.partition("## Alerts")[2].partition("\n## ")[0]
    assert set(re.findall(r"`(SorterBot\w+)`", table)) == {rule["alert"] for rule in rules()}


def test_every_expression_can_be_read_and_names_what_is_exported() -> None:
    pytest.importorskip("promql_parser", reason="promql-parser is not installed")
    names = exported()
    for expression in expressions():
        found = {name for name, _ in selected(expression)}
        assert found, expression
        ours = {re.sub(r"_(bucket|sum|count)$", "", n) for n in found if n.startswith("sorterbot_")}
        assert ours <= names, expression


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_what_and_since_when(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert re.fullmatch(r"\d+m", rule.get("for", "0m"))
    assert set(rule["annotations"]) == {"summary", "description"}
    assert all(rule["annotations"].values())
    told = " ".join(rule["annotations"].values())
    for label in re.findall(r"\$labels\.(\w+)", told):
        assert re.search(rf"by \([\w, ]*\b{label}\b", rule["expr"]), f"{label} is aggregated away"
    assert told.count("{{") == told.count("}}")


def test_alerts_have_names_of_their_own() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))


def test_panels_lie_on_the_grid_and_none_on_another() -> None:
    cells: list[set[tuple[int, int]]] = []
    for panel in panels():
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= WIDTH
        columns = range(at["x"], at["x"] + at["w"])
        cells.append({(x, y) for x in columns for y in range(at["y"], at["y"] + at["h"])})
    assert not any(first & second for first, second in combinations(cells, 2))
    ids = [panel["id"] for panel in panels()]
    assert len(ids) == len(set(ids))


def test_every_panel_says_what_it_shows_in_a_unit_that_grafana_knows() -> None:
    for panel in panels():
        assert panel["title"]
        if panel["type"] == "row":
            continue
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        refs = [target["refId"] for target in panel["targets"]]
        assert refs == sorted(set(refs))


def test_every_question_goes_to_the_source_that_is_provisioned() -> None:
    text = (PROVISIONING / "datasources" / "prometheus.yml").read_text()
    (source,) = yaml.safe_load(text)["datasources"]
    asked = {(each["datasource"]["type"], each["datasource"]["uid"]) for each in questions()}
    assert asked == {(source["type"], source["uid"])}


def questions() -> list[dict[str, Any]]:
    shown = [panel for panel in panels() if panel["type"] != "row"]
    targets = [target for panel in shown for target in panel["targets"]]
    annotations: list[dict[str, Any]] = dashboard()["annotations"]["list"]
    return shown + targets + annotations


def test_values_of_a_graph_over_time_are_told_apart() -> None:
    for panel in panels():
        if panel["type"] == "timeseries" and len(panel["targets"]) > 1:
            assert all(target["legendFormat"] for target in panel["targets"]), panel["title"]


def test_prometheus_asks_services_that_there_are_and_reads_rules_that_lie_beside_it() -> None:
    settings = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    asked = [each for job in settings["scrape_configs"] for each in job["dns_sd_configs"]]
    assert {name for each in asked for name in each["names"]} <= set(services)
    for name in settings["rule_files"]:
        assert (DEPLOY / "prometheus" / name).is_file()


def test_every_job_that_somebody_looks_at_is_asked() -> None:
    settings = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    jobs = {job["job_name"] for job in settings["scrape_configs"]}
    named = {job for text in expressions() for job in re.findall(r'job="([^"]*)"', text)}
    assert named
    assert named <= jobs
