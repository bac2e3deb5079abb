"""What a person sees while virtual arms work, and when they are done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from cli.canvas import colour_of, letter_of
from robot.answers import SessionStatus
from robot.arm import POSITIONS_PW, Deed
from robot.clearing import Clearing
from robot.judge import Score
from robot.session import SessionReport

N_PICTURES = len(POSITIONS_PW)
STEPS_BEFORE_PLAN = 3 * N_PICTURES + 1
"""Each picture is taken, kept by the gateway, and looked at; then there is the plan."""

OUTCOME_STYLES = {"picked": "green", "missed": "red", "dropped": "yellow"}


def make_progress(console: Console) -> Progress:
    """Return a progress display with a line an arm."""
    return Progress(
        SpinnerColumn(),
        TextColumn("[bold]{task.fields[arm]}"),
        BarColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
    )


class ProgressWatcher:
    """Shows one session as a line of a progress display."""

    def __init__(self, progress: Progress, arm: str) -> None:
        self._progress = progress
        self._line = progress.add_task("lays its table", total=STEPS_BEFORE_PLAN, arm=arm)
        self._n_taken = self._n_kept = self._n_seen = self._n_done = 0
        self._n_commands = 0

    def photographed(self, position_pw: float) -> None:
        self._n_taken += 1
        self._tell(f"photographed at {position_pw:g} ({self._n_taken} of {N_PICTURES})")

    def delivered(self, position_pw: float) -> None:
        self._n_kept += 1
        self._tell(f"the gateway has {position_pw:g} ({self._n_kept} of {N_PICTURES})")

    def waited(self, status: SessionStatus) -> None:
        self._n_seen = status.n_finished
        looked_at = f"{status.n_finished} of {status.n_images} pictures are looked at"
        self._tell("the plan is being made" if status.stage == "sorting" else looked_at)

    def planned(self, plan: Mapping[str, Any]) -> None:
        self._n_commands = len(plan["commands"])
        self._n_taken = self._n_kept = self._n_seen = N_PICTURES
        self._tell(f"got {self._n_commands} commands", has_plan=True)

    def done(self, deed: Deed) -> None:
        self._n_done += 1
        number, result = deed.order + 1, deed.outcome["result"]
        self._tell(f"{result} command {number} of {self._n_commands}", has_plan=True)

    def _tell(self, text: str, *, has_plan: bool = False) -> None:
        self._progress.update(
            self._line,
            description=text,
            completed=self._n_taken + self._n_kept + self._n_seen + has_plan + self._n_done,
            total=STEPS_BEFORE_PLAN + self._n_commands,
        )


def commands_table(report: SessionReport, title: str) -> Table:
    """Return a session's commands and what each truly came to."""
    table = _table(title)
    for name in ("#", "group", "pick", "into", "drop", "score", "outcome"):
        table.add_column(name, justify="right" if name in {"#", "score"} else "left", no_wrap=True)
    table.caption = "Places are pulse widths of servo 0 and servo 1, in microseconds."
    deeds = {deed.order: deed for deed in report.deeds}
    for command in report.plan["commands"]:
        number = int(command["container"])
        style = "rgb({},{},{})".format(*colour_of(number))
        outcome = deeds[int(command["order"])].outcome
        table.add_row(
            str(int(command["order"]) + 1),
            Text(f"● {int(command['cluster']) + 1}", style=style),
            _servo(command["pick"]),
            Text(letter_of(number), style=style),
            _servo(command["drop"]),
            f"{command['confidence']:.2f}",
            Text(str(outcome["result"]), style=OUTCOME_STYLES[str(outcome["result"])]),
        )
    return table


def _servo(place: Mapping[str, float]) -> str:
    return f"{place['servo0_pw']:6.1f} {place['servo1_pw']:6.1f}"


def aside_sentence(report: SessionReport) -> str | None:
    """Return one sentence about the items that were left where they lie, if any were."""
    reasons = [str(aside["reason"]).replace("_", " ") for aside in report.plan["set_aside"]]
    if not reasons:
        return None
    told = ", ".join(f"{reasons.count(reason)} {reason}" for reason in sorted(set(reasons)))
    return f"Left where they lie: {told}."


def left_sentence(clearing: Clearing) -> str | None:
    """Return one sentence about the items that are not where they belong, if any are not."""
    told = ", ".join(f"{one.kind.replace('_', ' ')} ({one.why})" for one in clearing.left)
    return f"Not in their kind's container: {told}." if told else None


def score_table(rows: Iterable[tuple[str, Score]], title: str) -> Table:
    """Return how well tables were sorted, a row each, and all together."""
    rows = list(rows)
    table = _table(title)
    table.show_footer = len(rows) > 1
    footers = ("all", *_score_cells(Score.total(score for _, score in rows)))
    headers = ("", "in the right container", "picks that hit", "out of a container")
    for header, footer in zip(headers, footers, strict=True):
        table.add_column(header, footer, justify="right" if header else "left", no_wrap=True)
    for name, score in rows:
        table.add_row(name, *_score_cells(score))
    return table


def _score_cells(score: Score) -> tuple[str, str, str]:
    return (
        f"{score.items_right} of {score.items} ({score.right_rate:.1%})",
        f"{score.picks_hit} of {score.picks} ({score.hit_rate:.1%})",
        str(score.picked_from_container),
    )


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", caption_justify="left", header_style="bold")


def clearing_sentences(result: Mapping[str, Any], *, until_clear: bool) -> list[str]:
    """Return what a result says beyond the scores, a sentence a matter.

    Args:
        result: With what :func:`cli.report.tables_document` returns.
    """
    told = []
    if until_clear:
        told.append(
            f"After the first pass {result['first_pass']['right_rate']:.1%} were right, in the end "
            f"{result['right_rate']:.1%}; the median table took {result['median_passes']:g} passes "
            f"and {result['median_arm_seconds']:.0f} s of the arm's time."
        )
    if result["flagged"]:
        flags = ", ".join(f"{flag.replace('_', ' ')} {n}" for flag, n in result["flags"].items())
        told.append(f"Plans of {result['flagged']} of {result['sessions']} tables flag: {flags}.")
    if result["left"]:
        left = ", ".join(f"{n} {why}" for why, n in result["left"].items())
        told.append(f"Not right in the end: {left}.")
    return told
