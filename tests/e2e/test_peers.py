"""This system as the peers' comparison runs it."""

from __future__ import annotations

import pytest

from benchmarks.detector_pictures import make_pictures
from benchmarks.peers.contestants import ours
from robot.table_layout import CAMERA

pytestmark = [pytest.mark.e2e, pytest.mark.services]


def test_our_worker_runs_the_peers_network_and_loses_nothing_when_it_is_killed() -> None:
    with ours(make_pictures(1, CAMERA)) as contestant:
        answers = contestant.send(2, [0.0] * 4)
        assert len(answers.seconds) == 4
        assert 0 < answers.per_s <= 4 / min(answers.seconds)
        contestant.kill_model()
        assert contestant.send(1, [0.0]).n_lost == 0
        assert contestant.n_in_flight() == 0
