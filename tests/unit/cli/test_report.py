from __future__ import annotations

import json

import pytest

from cli.report import score_document, session_row, write_json
from robot.judge import Score
from sorter.errors import StorageFullError
from tests.unit.cli.sessions import finished_session


def test_a_result_sums_the_sessions():
    document = score_document([Score(4, 3, 5, 4, 1), Score(6, 6, 5, 5, 0)], 1.239)
    assert document == {
        "sessions": 2,
        "items": 10,
        "items_right": 9,
        "picks": 10,
        "picks_hit": 9,
        "picked_from_container": 1,
        "right_rate": 0.9,
        "hit_rate": 0.9,
        "seconds": 1.24,
    }


def test_a_sessions_row_tells_what_each_command_came_to_and_is_json():
    row = session_row(finished_session())
    assert row["items_right"] == row["items"] == 4
    assert [command["outcome"] for command in row["commands"]] == ["picked"] * 4
    assert row["set_aside"] == ["in_container"]
    assert json.loads(json.dumps(row)) == row


def test_a_document_is_written_into_folders_that_did_not_exist(tmp_path):
    write_json(tmp_path / "a" / "b.json", {"x": 1})
    assert json.loads((tmp_path / "a" / "b.json").read_text()) == {"x": 1}


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFullError, match=r"x\.json"):
        write_json(tmp_path / "file" / "x.json", {})
