"""What can be wrong, as one class for each answer that a caller gives."""

from __future__ import annotations


class SorterBotError(Exception):
    """Base of every error that this project raises on purpose."""


class InvalidInputError(SorterBotError):
    """A value that was handed in breaks its contract; sending it again cannot help."""


class InvalidBoxError(InvalidInputError):
    """A bounding box is empty, inverted or not finite."""


class NotFoundError(SorterBotError):
    """The thing that was asked for does not exist."""


class ConflictError(SorterBotError):
    """The request contradicts what is already stored, or the state that it is in."""


class TransientError(SorterBotError):
    """A service did not answer; the same call may succeed later."""


class StorageFullError(TransientError):
    """There is no room left to keep something."""
