"""What ``sorterbot evaluate`` measures of an embedder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from cli.photographs import opened

if TYPE_CHECKING:
    from vision.labelled.crops import PhotographCrops
    from vision.ports import CropDataset, Embedder

_MOST_KINDS_A_SCENE = 3


def measured_embedder(
    source: str, crops: int, seed: int, cut: PhotographCrops | None, device: str
) -> dict[str, Any]:
    """Measure purity on rendered crops, of known and of held-out kinds, and on photographs.

    Args:
        source: The embedder's package, as :func:`vision.load.load_embedder` takes it.
        crops: How many to render of either; 0 for none.
        seed: Of the rendered crops.
        cut: Crops of photographs, if any.
        device: ``auto``, or a device as torch spells it.
    """
    from robot.datasets import RenderedCrops
    from robot.kinds import HELD_OUT_KINDS, TRAINING_KINDS
    from vision.load import load_embedder

    embedder = load_embedder(source, device)
    scores: dict[str, Any] = {"embedder": embedder.version}
    if crops:
        known = RenderedCrops(crops, seed, TRAINING_KINDS)
        unknown = RenderedCrops(crops, seed, tuple(sorted(HELD_OUT_KINDS)))
        scores["crops"] = crops
        scores["purity"] = _purities(embedder, known, seed)["purity"]
        scores["purity_held_out"] = _purities(embedder, unknown, seed)["purity"]
    if cut is not None:
        measured = _purities(embedder, cut, seed)
        scores["photograph_crops"] = {"kinds": list(cut.kinds), "crops": len(cut), **measured}
    return scores


def crops_of_photographs(specifications: Sequence[str], skip_bad: bool) -> PhotographCrops:
    """Open sets of photographs, each of which may count as one kind.

    Args:
        specifications: Each with ``KIND=`` before it or not.
        skip_bad: Whether photographs that cannot be used are left out.

    Raises:
        InvalidInputError: A specification is not understood, or a file is not as it must be.
    """
    from vision.labelled.crops import PhotographCrops
    from vision.labelled.specification import spec_from_text

    sets = []
    for text in specifications:
        pool, mark, specification = text.partition("=")
        is_pooled = bool(mark) and ":" not in pool
        spec = spec_from_text(specification if is_pooled else text)
        sets.append((opened(spec, skip_bad), pool if is_pooled else None))
    return PhotographCrops(sets)


def print_embedder(scores: dict[str, Any]) -> None:
    """Tell in words what was measured of an embedder, where anything was."""
    if "purity" in scores:
        typer.echo(
            f"{scores['embedder']}: K-Means purity {scores['purity']:.4f} on known kinds, "
            f"{scores['purity_held_out']:.4f} on kinds never in training."
        )
    if "photograph_crops" in scores:
        told = scores["photograph_crops"]
        typer.echo(
            f"{scores['embedder']}: on {told['crops']} crops of {len(told['kinds'])} kinds on "
            f"photographs, purity {told['purity']:.4f} in scenes and "
            f"{told['purity_overall']:.4f} of all at once."
        )


def _purities(embedder: Embedder, crops: CropDataset, seed: int) -> dict[str, float]:
    import numpy as np

    from cli.training_run import progress_bar
    from vision.purity import embed_crops, overall_purity, sorting_purity

    with progress_bar("Embedding", len(crops)) as advance:
        values, kinds = embed_crops(embedder, crops, advance)
    n_kinds = min(_MOST_KINDS_A_SCENE, len(crops.kinds))
    rng = np.random.default_rng(seed)
    return {
        "purity": sorting_purity(values, kinds, rng, kinds_per_scene=n_kinds),
        "purity_overall": overall_purity(values, kinds),
    }
