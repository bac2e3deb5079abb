"""Labelled photographs that a command was pointed at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from vision.labelled.photographs import LabelledPhotographs
    from vision.labelled.specification import PhotographSpec


def opened(spec: PhotographSpec, skip_bad: bool = False) -> LabelledPhotographs:
    """Read what a specification names, and tell which photographs were left out and why.

    Args:
        spec: Says where the photographs lie, and which ones are meant.
        skip_bad: Leaves bad ones out even where the specification does not say so.
    """
    photographs = replace(spec, skip_bad=spec.skip_bad or skip_bad).open()
    for reason in photographs.skipped:
        typer.echo(f"Left out: {reason}", err=True)
    return photographs
