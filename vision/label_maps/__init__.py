"""Label maps: what the classes of a network are to the robots.

A label map is a JSON object: every class that the network knows, in the order of its outputs,
with ``item``, ``container`` or ``ignore``.
"""

from __future__ import annotations

import json
from pathlib import Path

from sorter.errors import InvalidInputError
from vision.model_card import Role

COCO = Path(__file__).parent / "coco.json"
"""Of the 80 classes of COCO: open vessels are containers, what a gripper lifts is an item."""

_MAX_BYTES = 1_000_000


def load_label_map(path: Path) -> dict[str, Role]:
    """Read a label map.

    Returns:
        The role of each class by its name, in the order of the network's outputs.

    Raises:
        InvalidInputError: The file is missing, is no JSON object of roles, names a class twice,
            or makes none an item or a container.
    """
    pairs = _read_pairs(path)
    roles = [str(role) for _, role in pairs]
    for (name, _), role in zip(pairs, roles, strict=True):
        if role not in list(Role):
            raise InvalidInputError(f"{path}: {name} is {role}, and not {', '.join(Role)}")
    if len({name for name, _ in pairs}) != len(pairs):
        raise InvalidInputError(f"{path}: a class is named twice")
    if not {Role.ITEM, Role.CONTAINER} & set(roles):
        raise InvalidInputError(f"{path}: no class is an item or a container")
    return {name: Role(role) for (name, _), role in zip(pairs, roles, strict=True)}


def _read_pairs(path: Path) -> list[tuple[str, object]]:
    """Return names and values in the order of the file, the same name twice included."""
    try:
        data = path.read_bytes()
        if len(data) > _MAX_BYTES:
            raise InvalidInputError(f"{path}: larger than {_MAX_BYTES} bytes")
        pairs = json.loads(data, object_pairs_hook=list)
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path}: not JSON: {error}") from error
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        raise InvalidInputError(f"{path}: not an object of classes and roles")
    return pairs
