from __future__ import annotations

from pathlib import Path

import pytest
import typer

from cli.fleet import FleetSettings, run_fleet
from cli.robot import keys_from_texts
from cli.tables import TableSettings
from robot.errors import GatewayRefusedError
from robot.retrying import Patience
from robot.session import SessionWatcher
from tests.unit.robot.small_gateway import Fault, SmallGateway, running_gateway
from tests.unit.robot.test_session import NotingWatcher

TABLES = TableSettings(seed=3, n_items=1, n_kinds=1, n_containers=1, n_contained=0)


def settings(gateway: SmallGateway, folder: Path, n_arms: int) -> FleetSettings:
    keys = {f"ARM{number}": f"key-{number}" for number in range(n_arms)}
    return FleetSettings(gateway.url, keys, TABLES, 1, folder, Patience(total_s=0.0), (1400.0,))


def watch(_arm: str, _table: int) -> SessionWatcher:
    return NotingWatcher()


def test_every_arm_registers_with_its_own_key_and_ends_its_sessions(tmp_path):
    with running_gateway() as gateway:
        gateway.takes_any = True
        clearings = run_fleet(settings(gateway, tmp_path, 2), watch)
        assert len(clearings) == len(gateway.sessions_by_key) == 2
        assert [len(clearing.passes) for clearing in clearings] == [1, 1]
        assert clearings[0].passes[0].before == TABLES.lay(0)
        assert clearings[1].passes[0].before == TABLES.lay(1)
        assert {h["Authorization"] for h in gateway.headers} == {"Bearer key-0", "Bearer key-1"}
        assert list(tmp_path.glob("*/*")) == []


def test_a_refused_arm_ends_the_whole_fleet_with_its_reason(tmp_path):
    with running_gateway() as gateway:
        gateway.faults.extend([Fault(401)] * 50)
        with pytest.raises(GatewayRefusedError, match="401"):
            run_fleet(settings(gateway, tmp_path, 2), watch)


def test_keys_are_given_by_name_and_may_lie_in_files(tmp_path):
    (tmp_path / "left key").write_text("sb_1_abc\n")
    texts = [f"LEFT=@{tmp_path / 'left key'}", "RIGHT=sb_2_x=y"]
    assert keys_from_texts(texts) == {"LEFT": "sb_1_abc", "RIGHT": "sb_2_x=y"}


@pytest.mark.parametrize("texts", [["LEFT"], ["LEFT="], ["=key"], ["A=k", "A=k"], ["A=@/none"]])
def test_an_arm_without_a_key_or_named_twice_is_told(texts):
    with pytest.raises(typer.BadParameter):
        keys_from_texts(texts)
