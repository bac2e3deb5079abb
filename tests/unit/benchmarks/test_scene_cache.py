from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.scene_cache import NetworkEyes, SceneCache
from benchmarks.seen_scene import SeenScene
from cli.tables import TableSettings
from robot.arm import VirtualArm
from tests.unit.benchmarks.scenes import make_seen

EMPTY = TableSettings(seed=6000, n_items=0, n_containers=0)


class FakeEyes:
    """Sees the same on every table, and counts the tables."""

    def __init__(self, *models: str) -> None:
        self.models = models
        self.n_tables = 0

    def see(self, arm: VirtualArm, positions_pw: Sequence[float]) -> SeenScene:
        self.n_tables += 1
        return make_seen([(1500.0, 1500.0)])


def test_a_table_is_looked_at_once(tmp_path: Path) -> None:
    eyes = FakeEyes()
    cache = SceneCache(tmp_path / "scenes", eyes)
    first, second = cache.load(EMPTY, 3), cache.load(EMPTY, 3)
    assert eyes.n_tables == 1
    np.testing.assert_array_equal(first.embeddings[0], second.embeddings[0])


def test_another_table_and_other_positions_are_other_scenes(tmp_path: Path) -> None:
    eyes = FakeEyes()
    cache = SceneCache(tmp_path, eyes)
    cache.load(EMPTY, 0)
    cache.load(EMPTY, 1)
    cache.load(EMPTY, 0, positions_pw=(1500.0,))
    assert eyes.n_tables == 3


def test_another_model_looks_again(tmp_path: Path) -> None:
    old, new = FakeEyes("embedder@1"), FakeEyes("embedder@2")
    SceneCache(tmp_path, old).load(EMPTY, 0)
    SceneCache(tmp_path, new).load(EMPTY, 0)
    assert new.n_tables == 1


def test_the_table_of_a_seed_is_found_again_under_another_number(tmp_path: Path) -> None:
    eyes = FakeEyes()
    cache = SceneCache(tmp_path, eyes)
    cache.load(EMPTY, 5)
    cache.load(TableSettings(seed=6005, n_items=0, n_containers=0), 0)
    assert eyes.n_tables == 1


def test_the_shipped_networks_are_told_apart_by_their_checksums() -> None:
    assert all("weights_sha256" in card for card in NetworkEyes().models)
