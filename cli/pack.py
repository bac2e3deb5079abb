"""The command ``sorterbot pack``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sorter.errors import ConflictError, InvalidInputError

if TYPE_CHECKING:
    from vision.package import ModelPackage
    from vision.packing import Trial
    from vision.ports import RgbImage

EPILOG = """
**Examples**

  $ sorterbot pack --config net.yaml --weights model_final.pth --label-map classes.json
  --name bench-detector --input 896x672 --threshold 0.6 --out packages/bench

  $ sorterbot pack --config COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml --weights model_final.pkl
  --out packages/coco

  $ sorterbot pack --config detector.json --weights detector.safetensors --out packages/ours

  $ sorterbot pack --verify packages/bench --picture table.jpg

A `.yaml` describes a network of Detectron2. Its label map is a JSON object that gives every class
of the network, in the order of its outputs, one of `item`, `container` and `ignore`; without it,
the classes are COCO's. A `.json` holds the fields of `model.json` for a net of ours; another
package's own `model.json` will do. Weights are read as numbers, and kept in half precision.
The folder appears when the package has been loaded from it and has answered a picture.
"""

_VIEW_SEED = 31  # of the rendered view that a package is shown
_RESOLUTION = 0.5


def pack(
    config: Annotated[
        str, typer.Option(help="`.yaml` of Detectron2, or a name of its zoo; `.json` of ours.")
    ] = "",
    weights: Annotated[
        Path | None, typer.Option(help="`.safetensors` or `.pth`; for Detectron2 `.pkl`, too.")
    ] = None,
    label_map: Annotated[
        Path | None, typer.Option(help="For Detectron2: a role for every class, in order.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the package.")] = "",
    model_version: Annotated[str, typer.Option(help="Version of the package.")] = "",
    input_size: Annotated[
        str, typer.Option("--input", help="What the net is fed, such as 640x480.")
    ] = "",
    threshold: Annotated[
        float | None, typer.Option(min=0.01, max=0.99, help="Detections below it are dropped.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the package to make.")] = None,
    verify: Annotated[
        Path | None, typer.Option(help="Make nothing; load the package of this folder and try it.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="To try it on; without it, a rendered table.")
    ] = None,
    device: Annotated[str, typer.Option(help="`auto`, `cpu`, `cuda`, or as torch spells it.")] = (
        "auto"
    ),
) -> None:
    """Make a model package of a configuration and weights, or verify one, on a picture."""
    from vision.packing import Parts, make_package, try_package

    image_rgb = _picture(picture)
    if verify is not None:
        _tell(try_package(verify, image_rgb, device), verify)
        return
    if not config or weights is None or out is None:
        raise InvalidInputError("a package takes --config, --weights and --out; see --help")
    _check_free(out)
    fields = _fields(name, model_version, input_size, threshold)
    package = make_package(Parts(config, weights, label_map), **fields)
    partial = out.with_name(f".{out.name}.partial")
    try:
        trial = _tried(package, partial, image_rgb, device)
        out.parent.mkdir(parents=True, exist_ok=True)
        partial.replace(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    _tell(trial, out)


def _tried(package: ModelPackage, folder: Path, image_rgb: RgbImage, device: str) -> Trial:
    from vision.package import save_package
    from vision.packing import try_package

    save_package(package, folder)
    return try_package(folder, image_rgb, device)


def _check_free(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConflictError(f"{out} is there already; name another folder with --out")


def _fields(
    name: str, model_version: str, input_size: str, threshold: float | None
) -> dict[str, Any]:
    """Return what was said of the card, by its fields."""
    from cli.sizes import size_from_text

    said = {
        "name": name,
        "version": model_version,
        "input_size_px": size_from_text(input_size) if input_size else None,
        "score_threshold": threshold,
    }
    return {field: value for field, value in said.items() if value}


def _picture(path: Path | None) -> RgbImage:
    if path is None:
        from robot.datasets import RenderedViews

        return RenderedViews(1, _VIEW_SEED, resolution=_RESOLUTION)[0][0]
    from vision.decode import decode_rgb

    try:
        return decode_rgb(path.read_bytes())
    except (OSError, InvalidInputError) as error:
        raise InvalidInputError(f"{path}: {error}") from error


def _tell(trial: Trial, folder: Path) -> None:
    card = trial.card
    width_px, height_px = card.input_size_px
    fed = f"fed {width_px}x{height_px}"
    if card.score_threshold is not None:
        fed += f", threshold {card.score_threshold:g}"
    typer.echo(f"{card.full_name}: {card.kind}, {fed}, {trial.megabytes:.1f} MB")
    typer.echo(f"It answers a picture with {trial.answer}, in {trial.seconds * 1000:.0f} ms.")
    typer.echo(f"Package: {folder}")
