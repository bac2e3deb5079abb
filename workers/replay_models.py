"""The models that replays are made with: those of a folder, by name, and a worker's usual ones."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from sorter.errors import InvalidInputError
from vision.load import load_detector, load_embedder
from vision.ports import Detector, Embedder
from workers.bootstrap import Environment

KEPT_LOADED = 2
"""Networks of each kind: those of the last two replays, so that another session begins at once."""


def named_source(name: str, packages: Path | None, usual: str) -> str:
    """Return the source, for :func:`vision.load.load_detector`, that a wished name stands for.

    Args:
        name: Of a folder in ``packages``; empty for the ``usual`` source.

    Raises:
        InvalidInputError: There is no such package; the sentence names those that there are.
    """
    if not name:
        return usual
    there = sorted(path.name for path in packages.iterdir() if path.is_dir()) if packages else []
    if packages is None or name not in there:
        known = ", ".join(there) or "none"
        raise InvalidInputError(f"there is no package {name!r} to replay with; there are: {known}")
    return str(packages / name)


def model_loaders(
    environment: Environment, source_of: Callable[[str, str], str]
) -> tuple[Callable[[str], Detector], Callable[[str], Embedder]]:
    """Return what loads a detector, and what loads an embedder, by the name that was wished.

    Args:
        source_of: Turns a name and the usual source into a source.
    """
    chosen = environment.models

    @lru_cache(maxsize=KEPT_LOADED)
    def detector_of(name: str) -> Detector:
        source = source_of(name, environment.detector)
        return load_detector(source, chosen.device, chosen.score_threshold, chosen.input_size_px)

    @lru_cache(maxsize=KEPT_LOADED)
    def embedder_of(name: str) -> Embedder:
        return load_embedder(source_of(name, environment.embedder), chosen.device)

    return detector_of, embedder_of
