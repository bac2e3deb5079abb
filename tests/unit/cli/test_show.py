from __future__ import annotations

from io import StringIO

from rich.console import Console

from cli.show import (
    ProgressWatcher,
    aside_sentence,
    clearing_sentences,
    commands_table,
    left_sentence,
    make_progress,
    score_table,
)
from robot.answers import SessionStatus
from robot.clearing import Clearing
from robot.judge import Score
from robot.leftovers import Leftover
from tests.unit.cli.sessions import finished_session


def shown(*things: object) -> str:
    console = Console(file=StringIO(), width=80)
    console.print(*things)
    return console.file.getvalue()


def test_every_command_is_a_row_with_its_outcome_within_80_columns():
    report = finished_session()
    text = shown(commands_table(report, "Commands"))
    assert text.count("picked") == len(report.plan["commands"]) == 4
    assert "…" not in text
    for command in report.plan["commands"]:
        assert f"{command['pick']['servo0_pw']:.1f}" in text


def test_a_command_that_missed_is_shown_as_such():
    assert shown(commands_table(finished_session(misses=True), "x")).count("missed") == 4


def test_what_was_left_alone_is_told_with_its_reason():
    assert aside_sentence(finished_session()) == "Left where they lie: 1 in container."


def test_what_is_not_where_it_belongs_is_told_with_its_kind():
    left = (Leftover(3, "hex_nut", "missed 2 times"),)
    clearing = Clearing((finished_session(),), 1.0, left)
    wanted = "Not in their kind's container: hex nut (missed 2 times)."
    assert left_sentence(clearing) == wanted
    assert left_sentence(Clearing((finished_session(),), 1.0, ())) is None


def test_flags_leftovers_and_passes_are_told_where_there_are_any():
    result = {
        "sessions": 9,
        "right_rate": 1.0,
        "first_pass": {"right_rate": 0.5},
        "median_passes": 2.0,
        "median_arm_seconds": 40.0,
        "flagged": 2,
        "flags": {"calibration_bad": 2},
        "left": {"not found": 1},
    }
    told = " ".join(clearing_sentences(result, until_clear=True))
    assert "first pass 50.0% were right, in the end 100.0%" in told
    assert "2 of 9 tables flag: calibration bad 2" in told
    assert "1 not found" in told
    assert clearing_sentences({"flagged": 0, "left": {}}, until_clear=False) == []


def test_scores_are_shown_a_row_each_and_summed_where_there_are_several():
    rows = [("table 1", Score(4, 3, 5, 4, 1)), ("table 2", Score(6, 6, 5, 5, 0))]
    text = shown(score_table(rows, "x"))
    assert "3 of 4 (75.0%)" in text
    assert "9 of 10 (90.0%)" in text
    assert "all" not in shown(score_table(rows[:1], "x"))


def test_a_session_that_is_over_has_filled_its_bar():
    report = finished_session()
    progress = make_progress(Console(file=StringIO()))
    watcher = ProgressWatcher(progress, "ARM001")
    (line,) = progress.tasks
    for position_pw in (1800.0, 1600.0):
        watcher.photographed(position_pw)
        watcher.delivered(position_pw)
    assert line.completed == 4
    watcher.waited(SessionStatus("s", "sealed", "detecting", 5, 5, 3, 0, None, ()))
    assert line.description == "3 of 5 pictures are looked at"
    watcher.waited(SessionStatus("s", "sorting", "sorting", 5, 5, 5, 0, None, ()))
    assert line.description == "the plan is being made"
    watcher.planned(report.plan)
    assert not line.finished
    for deed in report.deeds:
        watcher.done(deed)
    assert line.finished
