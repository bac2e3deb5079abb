"""Who stops a process of ours gives it the time that it takes; who sees it die, starts it again."""

from __future__ import annotations

import pytest

from api import gunicorn_settings
from cli.programs import Programs
from tests.unit.deploy.files import ROOT, own_services, services
from workers.draining import END_WITHIN_S, GIVE_BACK_WITHIN_S

ENDS_WITHIN_S = {
    "gateway": float(gunicorn_settings.graceful_timeout),
    "gpu-worker": END_WITHIN_S + GIVE_BACK_WITHIN_S,
    "cpu-worker": END_WITHIN_S + GIVE_BACK_WITHIN_S,
    "sort-worker": END_WITHIN_S + GIVE_BACK_WITHIN_S,
}


@pytest.mark.parametrize("name", ENDS_WITHIN_S)
def test_compose_kills_no_process_before_the_time_in_which_it_ends_by_itself(name: str) -> None:
    granted = services()[name]["stop_grace_period"]
    assert granted.endswith("s")
    assert float(granted.removesuffix("s")) >= ENDS_WITHIN_S[name] + 5


def test_the_local_stack_kills_none_either() -> None:
    programs = Programs(ROOT, {}, n_gpu_workers=1)
    for program in (programs.gateway(8000), programs.gpu_worker(1), programs.sort_worker()):
        assert program.stop_within_s >= ENDS_WITHIN_S[program.name] + 1


@pytest.mark.parametrize("name", own_services())
def test_what_dies_is_started_again_but_for_what_is_done_when_it_ends(name: str) -> None:
    assert services()[name]["restart"] == ("no" if name == "migrate" else "unless-stopped")
