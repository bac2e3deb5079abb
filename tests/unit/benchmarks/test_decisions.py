from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.decisions import main
from benchmarks.scene_cache import SceneCache
from benchmarks.seen_scene import save_seen
from robot.arm import POSITIONS_PW
from tests.unit.benchmarks.tables import TABLES, make_perfectly_seen

SCENES = 3


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Return a folder that remembers some tables, so that no network is loaded."""
    folder = tmp_path / "scenes"
    folder.mkdir()
    for number in range(SCENES):
        arm = TABLES.stand_at(number, "arm")
        file = SceneCache(folder).file_of(arm, TABLES.seed + number, POSITIONS_PW)
        save_seen(file, make_perfectly_seen(arm.scene))
    return folder


def test_tables_that_were_seen_before_are_compared_written_and_drawn(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(
        scenes=SCENES, seed=TABLES.seed, kinds_per_scene="2", items=TABLES.n_items,
        touching=0.0, covered=0.0, clutter=0, cache=cache, workers=1,
        json=tmp_path / "figures.json", png=tmp_path / "pairs.png",
    )  # fmt: skip
    written = json.loads((tmp_path / "figures.json").read_text())
    assert written["tables"] == len(written["rows"]) == SCENES
    assert (tmp_path / "pairs.png").read_bytes().startswith(b"\x89PNG")
    assert "3 tables, sorted twice" in capsys.readouterr().out
