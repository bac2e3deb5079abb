from __future__ import annotations

from io import StringIO

from rich.console import Console

from cli.show import ProgressWatcher, aside_sentence, commands_table, make_progress, score_table
from robot.answers import SessionStatus
from robot.judge import Score
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
