from __future__ import annotations

import json

import pytest

from cli.report import clearing_row, score_document, session_row, tables_document, write_json
from robot.clearing import Clearing
from robot.judge import Score
from robot.leftovers import Leftover
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


def test_a_tables_row_tells_first_pass_and_end_and_what_was_left():
    first, second = finished_session(misses=True), finished_session()
    left = (Leftover(0, "coin", "not found"),)
    row = clearing_row(Clearing((first, second), 3.21, left), 20)
    assert (row["seed"], row["passes"], row["seconds"]) == (20, 2, 3.21)
    assert (row["items_right"], row["first_pass"]["items_right"]) == (4, 0)
    assert (row["picks"], row["first_pass"]["picks"]) == (8, 4)
    assert row["left"] == [{"kind": "coin", "why": "not found"}]
    assert json.loads(json.dumps(row)) == row


def test_tables_are_summed_up_with_medians_flags_and_leftovers():
    left = (Leftover(0, "coin", "not found"),)
    clearings = [
        Clearing((finished_session(),), 1.0, ()),
        Clearing((finished_session(misses=True), finished_session()), 1.0, left),
    ]
    rows = [clearing_row(one, number) for number, one in enumerate(clearings)]
    rows[1]["flags"] = ["images_missing"]
    scores = [one.score for one in clearings]
    document = tables_document(rows, scores, [one.first_score for one in clearings])
    assert document["first_pass"]["right_rate"] == 0.5
    assert document["median_passes"] == 1.5
    assert document["tables_all_right"] == 2
    assert (document["flagged"], document["flags"]) == (1, {"images_missing": 1})
    assert document["left"] == {"not found": 1}
