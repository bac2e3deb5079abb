"""The commands ``sorterbot train detector`` and ``sorterbot train embedder``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cli.training_run import Order

EPILOG = """
**Examples**

  $ sorterbot train detector --views 5000 --out runs/detector

  $ sorterbot train embedder --crops 20000 --out runs/embedder

  $ sorterbot train detector --views 5000 --out runs/detector --resume

On two CPU cores the detector takes an hour and the embedder half of that; with a GPU, minutes.
The best net so far is always in the folder's `package`, ready for `SORTERBOT_DETECTOR` or
`SORTERBOT_EMBEDDER`; `curves.png` and `history.json` show how training goes.
"""

DETECTOR_EPILOG = """
**Examples**

  $ sorterbot train detector --views 5000 --out runs/detector

  $ sorterbot train detector --from runs/detector/package --out runs/real
  --photographs yolo:bench:first=0.8:ignore=Hand --judge-photographs yolo:bench:last=0.2:ignore=Hand

  $ sorterbot train detector --kind detectron2 --views 5000 --patience 4 --out runs/detectron2

  $ sorterbot train detector --kind detectron2 --from COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml
  --input 896x672 --photographs coco:bench:first=0.8 --judge-photographs coco:bench:last=0.2

  $ sorterbot train detector --views 0 --judges 0 --photograph-share 1 --steps 2000
  --photographs voc:bench:first=0.8 --judge-photographs voc:bench:last=0.2

`--kind detectron2` needs Detectron2, starts small and by chance, and takes `--from` a package, a
name of its model zoo, or an own `.yaml` with the weights beside it.

SPEC is `coco:FOLDER` (or its JSON file), `voc:FOLDER` or `yolo:FOLDER` and any of
`:first=0.8`, `:last=0.2` (parts by file name),
`:item=A,B`, `:container=C`, `:ignore=D` (classes by name or number; what is not named is an item),
`:window=0.4` (learn from windows of that share of the sides), `:images=`, `:labels=`, `:names=`
(paths below FOLDER, where they cannot be guessed) and `:skip_bad`.
"""

EMBEDDER_EPILOG = """
**Examples**

  $ sorterbot train embedder --crops 24000 --out runs/embedder

  $ sorterbot train embedder --from vision/packages/embedder --photographs yolo:bench:ignore=Hand

SPEC is what `sorterbot train detector --help` says; every class that is not ignored is a kind.
"""

app = typer.Typer(
    help="Train the detector or the embedder on rendered pictures.\n\n"
    "Pictures are rendered once, made small and kept in the folder. Ctrl-C or a crash costs at "
    "most the steps since the last checkpoint: the same command with `--resume` goes on with "
    "the same pictures in the same order.",
    epilog=EPILOG,
    no_args_is_help=True,
)

Seed = Annotated[int, typer.Option(min=0, help="Determines pictures, their order and chance.")]
Out = Annotated[Path, typer.Option(help="Folder for pictures, checkpoints, curves and package.")]
Steps = Annotated[
    int | None, typer.Option(min=1, help="Steps to take; without it, as many as --epochs need.")
]
Epochs = Annotated[float, typer.Option(min=0.01, help="How often each picture is learnt from.")]
Batch = Annotated[int, typer.Option(min=2, help="Pictures a step.")]
Device = Annotated[str, typer.Option(help="`auto`, `cpu`, `cuda`, or as torch spells it.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where the folder's run stopped.")]
Workers = Annotated[int, typer.Option(min=0, max=64, help="More processes that render.")]
Patience = Annotated[
    int,
    typer.Option(min=0, help="Stop after so many evaluations without a better score; 0: never."),
]
Precision = Annotated[
    str,
    typer.Option(help="`float32`, `bfloat16` or `float16`; without it, what suits the device."),
]
Every = Annotated[
    int | None, typer.Option("--evaluate-every", min=1, help="Steps between evaluations.")
]
SkipBad = Annotated[
    bool, typer.Option("--skip-bad", help="Leave out photographs that cannot be used.")
]
Version = Annotated[str, typer.Option("--model-version", help="Version the package will bear.")]
Json = Annotated[Path | None, typer.Option("--json", help="Write the measured scores there.")]


@app.command(epilog=DETECTOR_EPILOG)
def detector(
    views: Annotated[
        int, typer.Option(min=0, help="Training views to render; 0 learns from photographs alone.")
    ] = 5000,
    judges: Annotated[int, typer.Option(min=0, help="Validation views to render.")] = 100,
    photographs: Annotated[
        list[str] | None,
        typer.Option(metavar="SPEC", help="Labelled photographs to learn from; repeatable."),
    ] = None,
    judge_photographs: Annotated[
        list[str] | None,
        typer.Option(metavar="SPEC", help="Photographs to judge by; repeatable."),
    ] = None,
    photograph_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of photographs in each batch.")
    ] = 0.3,
    kind: Annotated[str, typer.Option(help="`torchvision`, or `detectron2`.")] = "torchvision",
    start: Annotated[str, typer.Option("--from", help="Package whose weights to start from.")] = "",
    input_size: Annotated[
        str, typer.Option("--input", help="What the net is fed; sides are multiples of 16.")
    ] = "448x336",
    learning_rate: Annotated[
        float | None,
        typer.Option(min=1e-6, help="Highest rate; without it 0.001, with --from 0.0004."),
    ] = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for pictures, checkpoints, curves and package; without it, "
            "runs/detector, or runs/detectron2."
        ),
    ] = None,
    steps: Steps = None,
    epochs: Epochs = 4.0,
    batch: Batch = 8,
    device: Device = "auto",
    workers: Workers = 0,
    resume: Resume = False,
    patience: Patience = 0,
    precision: Precision = "",
    evaluate_every: Every = None,
    skip_bad: SkipBad = False,
    model_version: Version = "1.0.0",
    json_file: Json = None,
) -> None:
    """Teach a Faster R-CNN to find items and containers, on rendered views and photographs."""
    from cli.detector_run import DetectorOrder, kind_from_text, train_detector
    from cli.sizes import size_from_text
    from cli.training_run import Order

    n_steps = steps or round(views * epochs / batch) or min(1, views)
    folder = out or Path("runs") / ("detector" if kind == "torchvision" else kind)
    order = Order(
        views, judges, seed, folder, n_steps, batch, device, workers, resume, model_version
    )
    order = replace(order, patience=patience, precision=precision, evaluate_every=evaluate_every)
    asked = DetectorOrder(
        photographs or (),
        judge_photographs or (),
        photograph_share,
        start,
        size_from_text(input_size),
        learning_rate,
        kind_from_text(kind),
        skip_bad,
    )
    _tell(train_detector(order, asked), order, json_file)


@app.command(epilog=EMBEDDER_EPILOG)
def embedder(
    crops: Annotated[int, typer.Option(min=1, help="Training crops to render.")] = 24000,
    judges: Annotated[int, typer.Option(min=100, help="Validation crops to render.")] = 1200,
    made_up: Annotated[
        int, typer.Option(min=0, help="Kinds made up by chance to learn beside the table's own.")
    ] = 800,
    known_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of crops of the table's own kinds.")
    ] = 0.3,
    photographs: Annotated[
        list[str] | None,
        typer.Option(metavar="SPEC", help="Photographs whose classes are kinds; repeatable."),
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--from", help="Package whose weights to start from.")
    ] = None,
    learning_rate: Annotated[float, typer.Option(min=1e-6, help="Highest rate.")] = 1e-3,
    seed: Seed = 0,
    out: Out = Path("runs/embedder"),
    steps: Steps = None,
    epochs: Epochs = 4.0,
    batch: Batch = 64,
    device: Device = "auto",
    workers: Workers = 0,
    resume: Resume = False,
    patience: Patience = 0,
    precision: Precision = "",
    evaluate_every: Every = None,
    skip_bad: SkipBad = False,
    model_version: Version = "1.0.0",
    json_file: Json = None,
) -> None:
    """Teach a ResNet18 to put crops of one kind close together, also of kinds it never saw."""
    from cli.embedder_run import EmbedderOrder, train_embedder
    from cli.training_run import Order

    n_steps = steps or max(1, round(crops * epochs / batch))
    order = Order(crops, judges, seed, out, n_steps, batch, device, workers, resume, model_version)
    order = replace(order, patience=patience, precision=precision, evaluate_every=evaluate_every)
    asked = EmbedderOrder(made_up, known_share, photographs or (), start, learning_rate, skip_bad)
    _tell(train_embedder(order, asked), order, json_file)


def _tell(scores: dict[str, Any], order: Order, json_file: Path | None) -> None:
    for name, value in scores.items():
        typer.echo(f"{name}: {value:.4f}")
    typer.echo(f"Package: {order.package}")
    typer.echo(f"Curves:  {order.out / 'curves.png'}")
    if json_file is not None:
        json_file.write_text(json.dumps(scores, indent=2) + "\n")
