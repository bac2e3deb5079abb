"""The command ``sorterbot export``."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sorter.errors import InvalidInputError

if TYPE_CHECKING:
    from vision.package import ModelPackage

EPILOG = """
**Examples**

  $ sorterbot export detector --out runs/exported

  $ sorterbot export runs/detectron2/package --out runs/exported --on cpu --on openvino
  --photographs coco:bench:last=0.2 --json agreement.json

  $ sorterbot export runs/embedder/package --out runs/embedder-onnx --crops 200

  $ sorterbot export runs/detector/package --beside

MODEL is the folder of a package, or `detector` or `embedder` for the shipped ones. The exported
package holds `model.json` and `model.onnx`, runs where neither torch nor Detectron2 is installed
(`pip install 'sorterbot[onnx]'`), and is named like any other, as by `SORTERBOT_DETECTOR`.
With `--beside` the graph goes into the package itself, without weights, and onnxruntime runs the
package on CPUs from then on; GPUs still run it by torch.
Then original and export answer the same pictures in turn: rendered views or crops, photographs.
`--on` says what runs the export: `cpu`, `cuda`, `openvino`; again for another comparison.
"""

SHIPPED = ("detector", "embedder")


class Format(StrEnum):
    """What a network can be written down as."""

    ONNX = "onnx"


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The package to export.")],
    to: Annotated[Format, typer.Option(help="The format.")] = Format.ONNX,
    out: Annotated[Path | None, typer.Option(help="Folder of the exported package.")] = None,
    beside: Annotated[
        bool, typer.Option("--beside", help="Put the graph into the package itself instead.")
    ] = False,
    on: Annotated[
        list[str] | None, typer.Option(metavar="DEVICE", help="What runs it; repeatable.")
    ] = None,
    views: Annotated[
        int, typer.Option(min=0, help="Rendered views to compare a detector on.")
    ] = 20,
    photographs: Annotated[
        list[str] | None,
        typer.Option(metavar="SPEC", help="Labelled photographs to do so; repeatable."),
    ] = None,
    crops: Annotated[
        int, typer.Option(min=0, help="Rendered crops to compare an embedder on.")
    ] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Of what is rendered.")] = 9000,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the comparisons there.")
    ] = None,
) -> None:
    """Write a model down for runtimes other than torch, and tell how well and fast it runs."""
    from cli.export_comparison import Order, compared
    from vision.export.packages import exported, with_graph
    from vision.package import save_package

    if beside == (out is not None):
        raise InvalidInputError("say where the export goes: either --out FOLDER or --beside")
    folder = _folder(model)
    package = _package(folder)
    made = with_graph(package) if beside else exported(package)
    save_package(made, out or folder)
    typer.echo(f"{package.card.full_name} as {to}: {out or folder}")
    order = Order(views, tuple(photographs or ()), crops, seed, tuple(on or ("cpu",)))
    rows = []
    for comparison in compared(package, made, order):
        typer.echo(comparison.sentence)
        rows.append(comparison.document)
    if json_file is not None:
        json_file.write_text(json.dumps(rows, indent=2) + "\n")


def _folder(model: str) -> Path:
    if model not in SHIPPED or Path(model).exists():
        return Path(model)
    import vision

    return Path(vision.__path__[0]) / "packages" / model


def _package(folder: Path) -> ModelPackage:
    from vision.package import load_card, load_package

    return load_package(folder, load_card(folder).kind)
