"""The command ``sorterbot verify faults``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cli.faults.results import ScenarioResult
    from cli.faults.scenario import Scenario

FAULTS_EPILOG = """
**Examples**

  $ sorterbot verify faults --scenario all --seed 1 --json runs/faults.json

  $ sorterbot verify faults --scenario R2 --seed 17

  $ sorterbot verify faults --scenario R14 --minutes 60

  $ sorterbot verify faults --scenario R3 --without-sweeper --patience 20

**What is counted**

- **attempted** different pictures that robots set out to post
- **accepted** those that the gateway said it has kept
- **lost** accepted pictures that are gone, that differ from what was sent, or that never come to an
  end, as all pictures of a session that never ends
- **doubled** what counts more than once: a picture, its detections, a plan
- **unexpected** every other broken promise, a session that ends otherwise than it must, commands
  that differ from those of an undisturbed session
- **recovered** faults of which it was measured how long they lasted, and **slowest**

The networks are stand-ins that read drawn pictures exactly; everything else is real: processes,
PostgreSQL, Redis, HTTP. `--scenario list` names the scenarios. docs/reliability.md tells what is
promised.

**Exit status**

0 when nothing was lost, doubled or unexpected; 1 otherwise.
"""

Name = Annotated[
    str,
    typer.Option("--scenario", help="Names with commas between, all, or list.", metavar="NAME"),
]
Sessions = Annotated[
    int, typer.Option(help="Of each scenario that can run any number of them.", min=1)
]
Seed = Annotated[
    int, typer.Option(help="Decides what is hit and when, scenario by scenario.", min=0)
]
Json = Annotated[Path | None, typer.Option(help="Write the result to this file, for machines.")]
Short = Annotated[bool, typer.Option("--short", help="Few sessions and short faults.")]
WithoutSweeper = Annotated[
    bool,
    typer.Option(
        "--without-sweeper", help="Let nothing repair: shows that the suite can find losses."
    ),
]
Patience = Annotated[
    float, typer.Option(help="Seconds that sessions have to end once the faults are over.", min=1)
]
Minutes = Annotated[float, typer.Option(help="How long the soak, R14, lasts.", min=0.5)]
Folder = Annotated[
    Path | None,
    typer.Option(help="Keeps the sites' logs and data.", show_default="a temporary one"),
]


def faults(
    scenario: Name = "all",
    sessions: Sessions = 20,
    seed: Seed = 1,
    json: Json = None,
    short: Short = False,
    without_sweeper: WithoutSweeper = False,
    patience: Patience = 120.0,
    minutes: Minutes = 10.0,
    folder: Folder = None,
) -> None:
    """Break the service on purpose, and count what was lost and what was doubled.

    Starts sites of its own, lets robots post pictures, kills, cuts and repeats by a seeded
    schedule, and then holds what the robots were promised against the database.
    """
    from contextlib import ExitStack
    from tempfile import TemporaryDirectory

    from rich.console import Console

    from cli.faults.report import list_table, run_shown, tell
    from cli.faults.scenarios import SCENARIOS
    from cli.faults.settings import RunSettings

    console = Console(highlight=False)
    if scenario == "list":
        console.print(list_table(SCENARIOS))
        return
    chosen = chosen_scenarios(scenario, SCENARIOS)
    with ExitStack() as held:
        where = folder or Path(held.enter_context(TemporaryDirectory(prefix="sorterbot-")))
        settings = RunSettings(where, seed, sessions, short, patience, not without_sweeper, minutes)
        results = run_shown(chosen, settings, console)
    tell(results, settings, json, console)
    check_clean(results, seed)


def chosen_scenarios(names: str, known: tuple[Scenario, ...]) -> list[Scenario]:
    """Return the scenarios that a text names, in the order in which they are known.

    ``all`` are all but the soak, which takes as long as one lets it.

    Raises:
        InvalidInputError: There is no scenario of such a name.
    """
    from sorter.errors import InvalidInputError

    if names == "all":
        return [scenario for scenario in known if not scenario.is_soak]
    wanted = {name.strip().upper() for name in names.split(",")}
    unknown = wanted - {scenario.name for scenario in known}
    if unknown:
        there_are = ", ".join(scenario.name for scenario in known)
        raise InvalidInputError(
            f"no scenario is called {', '.join(sorted(unknown))}; there are {there_are}"
        )
    return [scenario for scenario in known if scenario.name in wanted]


def check_clean(results: list[ScenarioResult], seed: int) -> None:
    """Object to a run in which a promise was broken.

    Raises:
        SorterBotError: One was; says how to run what failed again alone.
    """
    from sorter.errors import SorterBotError

    broken = [result.name for result in results if not result.is_clean]
    if broken:
        raise SorterBotError(
            f"promises were broken; again, alone: "
            f"sorterbot verify faults --scenario {','.join(broken)} --seed {seed}"
        )
