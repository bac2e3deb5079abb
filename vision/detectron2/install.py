"""What is said where Detectron2 is missing: it is optional, and not in the package index."""

from __future__ import annotations

from importlib.util import find_spec

from sorter.errors import InvalidInputError

COMMIT = "02b5c4e295e990042a714712c21dc79b731e8833"
"""The state of the public repository that this project is tested with."""

COMMAND = (
    "pip install --no-build-isolation "
    f"'detectron2 @ git+https://github.com/facebookresearch/detectron2@{COMMIT}'"
)


def missing_error(reason: str) -> InvalidInputError:
    """Return the error that says in one sentence what is missing and how to get it."""
    return InvalidInputError(
        f"this detector needs Detectron2, which cannot be used here ({reason}); get it by: "
        f"{COMMAND}"
    )


def require_detectron2() -> None:
    """Check that the library is installed, without the seconds that importing it takes.

    Raises:
        InvalidInputError: It is not.
    """
    if find_spec("detectron2") is None:
        raise missing_error("it is not installed")
