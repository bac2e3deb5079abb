"""Detectron2's model zoo: which configurations it names, and where their weights lie.

The library's own module of that name cannot be imported where setuptools is 82 or newer, so the
two facts that are needed of it are read from its files.
"""

from __future__ import annotations

import ast
import difflib
import importlib.resources
from functools import cache
from pathlib import Path
from typing import Any

from sorter.errors import InvalidInputError
from vision.detectron2.library import PathManager

_SUFFIX = ".yaml"


def is_zoo_name(source: str) -> bool:
    """Tell whether a text is spelled as the zoo's names are: ``FOLDER/NAME.yaml``."""
    folder, _, name = source.partition("/")
    return bool(folder.strip(".")) and name.endswith(_SUFFIX) and "/" not in name


def zoo_config_path(name: str) -> Path:
    """Return the file of a configuration that comes with the library.

    Raises:
        InvalidInputError: There is none of that name; the message names the nearest.
    """
    folder = _zoo_folder() / "configs"
    names = {str(path.relative_to(folder)) for path in folder.glob(f"*/*{_SUFFIX}")}
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.0)
        raise InvalidInputError(f"the model zoo has no {name}; the nearest name is {near[0]}")
    return folder / name


def zoo_weights_url(name: str) -> str:
    """Return where the trained weights of a configuration lie.

    Raises:
        InvalidInputError: The zoo has no trained weights for it.
    """
    prefix, suffixes = _addresses()
    stem = name.removesuffix(_SUFFIX)
    if stem not in suffixes:
        raise InvalidInputError(f"the model zoo has no trained weights of {name}")
    return f"{prefix}{stem}/{suffixes[stem]}"


def zoo_version(url: str) -> str:
    """Return the number that the zoo gave a training: the folder of its weights file."""
    return url.rsplit("/", 2)[1]


def downloaded(url: str) -> Path:
    """Return the file of an address, downloaded once into the library's cache.

    Raises:
        InvalidInputError: It cannot be downloaded.
    """
    try:
        return Path(PathManager.get_local_path(url))
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"the weights could not be downloaded from {url}; fetch them by other means, put them "
            f"beside a .yaml of their configuration, and name that ({error})"
        ) from error


def _zoo_folder() -> Path:
    return Path(str(importlib.resources.files("detectron2"))) / "model_zoo"


@cache
def _addresses() -> tuple[str, dict[str, str]]:
    """Return the zoo's address, and the rest of it by the name of each configuration."""
    tree = ast.parse((_zoo_folder() / "model_zoo.py").read_text())
    constants: dict[str, Any] = {
        target.id: ast.literal_eval(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.Dict)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return constants["S3_PREFIX"], constants["CONFIG_PATH_TO_URL_SUFFIX"]
