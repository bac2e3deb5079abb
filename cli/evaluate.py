"""The command ``sorterbot evaluate``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.evaluate_embedder import crops_of_photographs, measured_embedder, print_embedder
from cli.photographs import opened

if TYPE_CHECKING:
    from vision.ports import DetectionDataset

EPILOG = """
**Examples**

  $ sorterbot evaluate

  $ sorterbot evaluate --model runs/detector/package --views 300 --seed 9000 --json scores.json

  $ sorterbot evaluate --views 50 --crops 1000 --embedder runs/embedder/package

  $ sorterbot evaluate --views 0 --photograph-crops nuts=voc:nuts --photograph-crops cards=voc:cards

  $ sorterbot evaluate --views 0 --photographs yolo:bench:last=0.2:ignore=Hand

Average precision is COCO's, by pycocotools, with boxes scored in pixels of full pictures.
Precision, recall and the error of box centres are those at the package's own score threshold.
With `--crops`, the embedder is measured too: `purity` is the share of items that K-Means puts
with the majority of their cluster, over 100 scenes of 3 kinds with 5 items each, once of kinds
that training knew and once of kinds held out from it. `--photograph-crops` measures the same on
what is labelled on photographs, all sets together; the classes are the kinds, unless KIND= says
that the whole set is of one.
Labelled photographs are named as for `sorterbot train detector`; items alone are scored there, and
what is ignored counts neither as right nor as false.
"""


def evaluate(
    model: Annotated[
        str,
        typer.Option(
            help="Folder of a model package, or what else names a detector; without it, the one "
            "that is shipped."
        ),
    ] = "",
    views: Annotated[int, typer.Option(min=0, help="Fresh views to render.")] = 300,
    photographs: Annotated[
        list[str] | None,
        typer.Option(metavar="SPEC", help="Labelled photographs to measure on; repeatable."),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Of the views; give one that training never saw.")
    ] = 9000,
    resolution: Annotated[
        float,
        typer.Option(min=0.2, max=1.0, help="1 renders full pictures; less is faster."),
    ] = 1.0,
    crops: Annotated[
        int, typer.Option(min=0, help="Fresh crops to measure the embedder on, 600 or more.")
    ] = 0,
    embedder: Annotated[
        str, typer.Option(help="Folder of the embedder's package; without it, the shipped one.")
    ] = "",
    photograph_crops: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[KIND=]SPEC", help="Measure the embedder on crops of photographs; repeatable."
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="`auto`, `cpu`, `cuda`, or as torch spells it.")] = (
        "auto"
    ),
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out photographs that cannot be used.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the scores there.")
    ] = None,
) -> None:
    """Measure the models on fresh rendered pictures: average precision, errors, speed, purity."""
    scores: dict[str, Any] = {}
    if views:
        scores |= _measured(model, views, seed, resolution, device)
    if photographs:
        scores["photographs"] = [
            _measured_photographs(model, text, device, skip_bad) for text in photographs
        ]
    if crops or photograph_crops:
        cut = crops_of_photographs(photograph_crops, skip_bad) if photograph_crops else None
        scores |= measured_embedder(embedder, crops, seed, cut, device)
    _print(scores)
    if json_file is not None:
        json_file.write_text(json.dumps(scores, indent=2) + "\n")


def _measured(model: str, views: int, seed: int, resolution: float, device: str) -> dict[str, Any]:
    from robot.datasets import RenderedViews

    dataset = RenderedViews(views, seed, resolution=resolution)
    return {"views": views, "seed": seed, **_detected(model, dataset, device)}


def _measured_photographs(
    model: str, specification: str, device: str, skip_bad: bool
) -> dict[str, Any]:
    """Measure on photographs: only items are labelled on most, so only these are scored."""
    from vision.labelled.specification import spec_from_text

    spec = spec_from_text(specification)
    dataset = opened(spec, skip_bad)
    return {"title": spec.title, "pictures": len(dataset), **_detected(model, dataset, device)}


def _detected(model: str, dataset: DetectionDataset, device: str) -> dict[str, Any]:
    from cli.training_run import progress_bar
    from vision.evaluation import (
        EVALUATION_THRESHOLD,
        detect_all,
        match_detections,
        score_detections,
    )
    from vision.load import load_detector

    threshold = load_detector(model, device).score_threshold
    detector = load_detector(model, device, score_threshold=EVALUATION_THRESHOLD)
    with progress_bar("Detecting", len(dataset)) as advance:
        found, truth, seconds = detect_all(detector, dataset, advance)
    return {
        "model": detector.version,
        **score_detections(found, truth).to_mapping(),
        "at_threshold": asdict(match_detections(found, truth, threshold)),
        "seconds_per_view": seconds / len(dataset),
    }


def _print(scores: dict[str, Any]) -> None:
    if "views" in scores:
        _print_detector(scores, f"{scores['views']} views")
    for measured in scores.get("photographs", ()):
        _print_detector(measured, f"{measured['pictures']} photographs ({measured['title']})")
    print_embedder(scores)


def _print_detector(scores: dict[str, Any], pictures: str) -> None:
    from rich.console import Console
    from rich.table import Table

    typer.echo(f"{scores['model']}, {pictures}")
    table = Table("label", "AP50", "AP50-95")
    table.add_row("both", f"{scores['ap50']:.4f}", f"{scores['ap50_95']:.4f}")
    for label, ap50 in scores["ap50_by_label"].items():
        if ap50 >= 0:  # -1 where the label never occurs
            table.add_row(label, f"{ap50:.4f}", f"{scores['ap50_95_by_label'][label]:.4f}")
    Console().print(table)
    match = scores["at_threshold"]
    typer.echo(
        f"At score {match['threshold']:.2f}: precision {match['precision']:.4f}, "
        f"recall {match['recall']:.4f}, {match['false_boxes_a_picture']:.2f} false boxes a "
        f"picture, box centres off by {match['centre_error_median_px']:.1f} px in half of the "
        f"cases, by less than {match['centre_error_p95_px']:.1f} px in 95 of 100."
    )
    typer.echo(f"{scores['seconds_per_view'] * 1000:.0f} ms a picture.")
