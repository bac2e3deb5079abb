"""Options that choose the models of a stack, and the environment that tells its workers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DETECTOR_HELP = (
    "A model package's folder; `detectron2`; a name of Detectron2's model zoo, as "
    "COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml; or a .yaml with its weights beside it."
)

Detector = Annotated[
    str,
    typer.Option(envvar="SORTERBOT_DETECTOR", help=DETECTOR_HELP, show_default="the shipped one"),
]
ScoreThreshold = Annotated[
    float | None,
    typer.Option(
        envvar="SORTERBOT_SCORE_THRESHOLD",
        help="Detections that score lower are dropped.",
        min=0.01,
        max=0.99,
        show_default="the package's own",
    ),
]


def model_environment(detector: str, score_threshold: float | None = None) -> dict[str, str]:
    """Return the variables by which workers load this detector, wherever they run.

    Raises:
        InvalidInputError: There is no such detector, or it needs a library that is missing: said
            here, before anything is started.
    """
    from vision.checking import check_detector

    check_detector(detector)
    variables = {
        "SORTERBOT_DETECTOR": _absolute(detector),
        "SORTERBOT_SCORE_THRESHOLD": "" if score_threshold is None else str(score_threshold),
    }
    return {name: text for name, text in variables.items() if text}


def _absolute(detector: str) -> str:
    """Return the source as it is named from any folder."""
    from vision.load import DETECTRON2, detector_folder

    path = detector_folder(detector) if detector == DETECTRON2 else Path(detector)
    return str(path.resolve()) if detector and path.exists() else detector
