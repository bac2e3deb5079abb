"""One stack that is watched in every way: Prometheus asks, Flower looks, traces are sent."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest

from cli.faults.tables import POSITIONS_PW, arm_named, picture
from cli.programs import FLOWER_USER
from cli.services.network import free_port
from cli.stack import LocalStack, StackSettings
from cli.stack_folder import load_passwords
from robot.client import SessionRequest, connect
from robot.retrying import Patience
from tests.e2e.collector import Collector, SentSpan, running_collector
from tests.integration.workers.processes import wait_until
from tests.unit.deploy.watching import names_and_labels, watched_names
from vision.memory import GpuMemory
from workers.metrics import WorkerMetrics

pytest.importorskip("flower", reason="the extra 'flower' is not installed")
pytest.importorskip("opentelemetry.sdk", reason="the extra 'tracing' is not installed")

pytestmark = pytest.mark.e2e

ARM_ID = "WATCHED"


@dataclass(frozen=True)
class Watched:
    """The stack, what it sent, what it told Prometheus, and the session that was sorted."""

    stack: LocalStack
    collector: Collector
    told: dict[str, str]
    session_id: str
    image_ids: list[str]

    def spans(self) -> list[SentSpan]:
        return [span for span in self.collector.spans if span.trace_id == self.session_id]

    def ask_flower(self, path: str) -> httpx.Response:
        auth = (FLOWER_USER, self.stack.flower_password)
        return httpx.get(f"{self.stack.flower_url}{path}", auth=auth, timeout=20)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    port = free_port()
    with running_collector() as collector:
        environment = {
            "SORTERBOT_DETECTOR": "stand-in",
            "SORTERBOT_EMBEDDER": "stand-in",
            "SORTERBOT_METRICS_PORT": str(port),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        settings = StackSettings(
            tmp_path_factory.mktemp("watched"),
            port=0,
            flower_port=0,
            is_durable=False,
            environment=environment,
        )
        with LocalStack(settings) as stack:
            session_id, image_ids = sort_a_table(stack)
            urls = {
                "gateway": f"{stack.gateway_url}/metrics",
                "gpu-worker": f"http://127.0.0.1:{port}/metrics",
                "sort-worker": f"http://127.0.0.1:{port + 1}/metrics",
            }
            told = {name: httpx.get(url, timeout=20).text for name, url in urls.items()}
            yield Watched(stack, collector, told, session_id, image_ids)


def sort_a_table(stack: LocalStack) -> tuple[str, list[str]]:
    key = stack.make_key(ARM_ID)
    patience = Patience(total_s=120.0)
    with connect(stack.gateway_url, key, rng=Random(1), patience=patience) as client:
        client.register_arm(arm_named(ARM_ID))
        session = client.open_session(SessionRequest(ARM_ID), uuid.uuid4().hex)
        for position_pw in POSITIONS_PW:
            client.post_image(session.session_id, position_pw, picture(3, position_pw))
        client.complete_session(session.session_id)
        plan = client.await_plan(session.session_id, within_s=120.0, wait_s=5.0)
        assert plan["commands"]
    images = stack.store.load_images(session.session_id)
    return session.session_id, [image.image_id for image in images]


def test_one_trace_leads_from_the_robots_requests_to_its_commands(watched: Watched) -> None:
    asked = "GET /sessions/<session_id>/commands"
    wait_until(lambda: asked in {s.name for s in watched.spans()}, 60, "the last request's span")
    wanted = {"sorterbot.sort_session", "store.save_plan", "sorterbot.close_session"}
    wait_until(lambda: wanted <= {s.name for s in watched.spans()}, 60, "the workers' spans")
    spans = {span.span_id: span for span in watched.spans()}
    (root,) = [span for span in spans.values() if not span.parent_id]
    assert (root.service, root.name) == ("sorterbot-gateway", "POST /sessions")
    assert {span.parent_id for span in spans.values()} <= {*spans, ""}

    def named(name: str) -> list[SentSpan]:
        return [span for span in spans.values() if span.name == name]

    posts = named("POST /sessions/<session_id>/images/<position_pw>")
    detected = named("sorterbot.detect_image")
    assert len(posts) == len(detected) == len(POSITIONS_PW)
    for span in detected:
        assert span.service == "sorterbot-worker"
        within = [each.name for each in spans.values() if each.parent_id == span.span_id]
        assert {"store.claim_image", "images.load_image", "detector.detect_one"} <= set(within)
    parents = {spans[span.parent_id].name for span in detected}
    assert parents <= {posts[0].name, "sorterbot.detect_image"}
    (sort,) = named("sorterbot.sort_session")
    assert sort.parent_id == root.span_id
    assert [span.parent_id for span in named("store.save_plan")] == [sort.span_id]


def test_every_name_on_the_dashboard_and_in_the_rules_is_exported(watched: Watched) -> None:
    pytest.importorskip("promql_parser", reason="promql-parser is not installed")
    with_gpu = WorkerMetrics()
    with_gpu.watch_gpu(lambda: GpuMemory(used=1, reserved=1, total=2))  # this machine may have none
    told = [*watched.told.values(), generate_latest(with_gpu.registry).decode()]
    exported = [names_and_labels(text) for text in told]
    for name, labels in watched_names():
        found = [each[name] for each in exported if name in each]
        assert any(labels <= each for each in found), f"{name} with {sorted(labels)}: nobody"


def test_what_was_done_is_what_is_told(watched: Watched) -> None:
    gateway, gpu, sort = watched.told.values()
    assert 'sorterbot_sessions{state="done"} 1.0' in gateway
    assert 'sorterbot_workers{queue="gpu"} 1.0' in gateway
    assert "sorterbot_images_waiting 0.0" in gateway
    assert f'sorterbot_attempts_total{{attempt="1",of="image"}} {len(POSITIONS_PW)}.0' in gpu
    assert 'sorterbot_model_info{model="stand-in' in gpu
    assert 'sorterbot_tasks_total{state="SUCCESS",task="sorterbot.sort_session"} 1.0' in sort
    assert 'sorterbot_sort_stage_seconds_count{stage="embed"} 1.0' in sort


def test_flower_shows_each_task_with_session_and_picture(watched: Watched) -> None:
    def tasks() -> dict[str, dict[str, Any]]:
        shown: dict[str, dict[str, Any]] = watched.ask_flower("/api/tasks").json()
        return shown

    def has_ended(name: str) -> Callable[[], bool]:
        return lambda: any(t["name"] == name and t["state"] == "SUCCESS" for t in tasks().values())

    wait_until(has_ended("sorterbot.sort_session"), 60, "the sort in Flower")
    shown = tasks()
    assert "sorterbot.sweep" not in {task["name"] for task in shown.values()}
    for index, image_id in enumerate(watched.image_ids):
        task = shown[f"{watched.session_id}:{index}"]
        assert task["name"] == "sorterbot.detect_image"
        assert task["args"] == f"session={watched.session_id} picture={index} image={image_id}"
        assert task["state"] == "SUCCESS"
    assert shown[f"{watched.session_id}:sort"]["args"] == f"session={watched.session_id}"


def test_flower_asks_for_a_password_and_changes_nothing(watched: Watched) -> None:
    url = watched.stack.flower_url
    for path in ("/", "/api/tasks", "/api/workers", "/workers", "/broker"):
        assert httpx.get(f"{url}{path}", timeout=20).status_code == 401, path
        assert httpx.get(f"{url}{path}", auth=("operator", "x"), timeout=20).status_code == 401
    auth = (FLOWER_USER, watched.stack.flower_password)
    revoked = httpx.post(f"{url}/api/task/revoke/{watched.session_id}:0", auth=auth, timeout=20)
    assert revoked.status_code == 403


def test_flower_shows_no_secret(watched: Watched) -> None:
    refreshed = watched.ask_flower("/api/workers?refresh=1")
    names = json.loads(refreshed.text)
    assert len(names) == 2
    pages = ["/workers", "/broker", "/tasks", "/api/tasks", *(f"/worker/{name}" for name in names)]
    text = refreshed.text + "".join(watched.ask_flower(page).text for page in pages)
    passwords = load_passwords(watched.stack.folder)
    assert "sorterbot.detect_image" in text
    for server, password in passwords.items():
        assert password not in text, server
