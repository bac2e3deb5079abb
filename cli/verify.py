"""The command ``sorterbot verify``."""

from __future__ import annotations

import typer

from cli.verify_faults import FAULTS_EPILOG, faults
from cli.verify_sort import SORT_EPILOG, sort

EPILOG = """
**Examples**

  $ sorterbot verify sort --scenes 200 --kinds-per-scene 2-4

  $ sorterbot verify faults --scenario all --seed 1
"""

app = typer.Typer(
    help="Measure how well whole tables are sorted, and what faults do to the service.",
    epilog=EPILOG,
    no_args_is_help=True,
)
app.command(epilog=SORT_EPILOG)(sort)
app.command(epilog=FAULTS_EPILOG)(faults)
