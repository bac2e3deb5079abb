from __future__ import annotations

import pytest

from storage.rules import CLAIM_LEASE_S, MAX_DEADLINE_S
from workers.celery_app import make_celery
from workers.chord_backend import GrowingChordBackend
from workers.services import Rules
from workers.settings import SORT_TIME_LIMIT_S, celery_settings
from workers.watchdog import LONGEST_S

WORKER = celery_settings("redis://broker/0", "redis://results/1", is_gateway=False)
GATEWAY = celery_settings("redis://broker/0", "redis://results/1", is_gateway=True)


@pytest.mark.parametrize("is_gateway", [False, True])
def test_both_sides_count_members_with_the_patient_backend(is_gateway: bool) -> None:
    app = make_celery("redis://broker/0", "redis://results/1", is_gateway=is_gateway)
    assert isinstance(app.backend, GrowingChordBackend)
    assert app.backend.connparams["host"] == "results"
    assert app.backend.connparams["db"] == 1


@pytest.mark.parametrize("settings", [WORKER, GATEWAY])
def test_only_json_is_spoken(settings: dict[str, object]) -> None:
    assert settings["accept_content"] == ["json"]
    assert settings["task_serializer"] == settings["result_serializer"] == "json"


def test_a_chords_counters_outlive_the_longest_session() -> None:
    assert WORKER["result_chord_expires"] > 1.5 * MAX_DEADLINE_S


def test_what_hangs_is_ended_before_its_claim_runs_out() -> None:
    assert SORT_TIME_LIMIT_S < CLAIM_LEASE_S
    assert LONGEST_S < CLAIM_LEASE_S


def test_a_worker_gives_up_an_answer_of_redis_before_it_counts_as_dead_itself() -> None:
    options = WORKER["broker_transport_options"]
    assert options["socket_timeout"] <= Rules().dead_after_s
    assert WORKER["redis_socket_timeout"] <= Rules().dead_after_s
    assert options["health_check_interval"] < Rules().dead_after_s
