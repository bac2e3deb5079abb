"""Labelled photographs that a command was pointed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from vision.labelled.photographs import LabelledPhotographs
    from vision.labelled.specification import PhotographSpec


def opened(spec: PhotographSpec) -> LabelledPhotographs:
    """Read what a specification names, and tell which photographs were left out and why."""
    photographs = spec.open()
    for reason in photographs.skipped:
        typer.echo(f"Left out: {reason}", err=True)
    return photographs
