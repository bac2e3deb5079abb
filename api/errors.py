"""What the gateway itself can object to; the rest comes from :mod:`sorter.errors`."""

from __future__ import annotations

from sorter.errors import ConflictError, InvalidInputError, SorterBotError, TransientError


class UnauthenticatedError(SorterBotError):
    """The request carries no bearer key that is valid now."""


class ForbiddenError(SorterBotError):
    """The key is valid, and belongs to another arm."""


class NotAPictureError(InvalidInputError):
    """The bytes are neither JPEG nor PNG."""


class DamagedPictureError(InvalidInputError):
    """The bytes begin as a picture and do not end as one."""


class TooManyPixelsError(InvalidInputError):
    """The picture claims more pixels than anybody will decode."""


class OutOfRangeError(InvalidInputError):
    """A position that the arm cannot have been in, or a picture that it cannot have taken."""


class SessionFailedError(ConflictError):
    """The session ended without a plan."""


class QueueFullError(TransientError):
    """So many pictures wait that one more is not taken now.

    Attributes:
        retry_after_s: When there is likely to be room again.
    """

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooManyRequestsError(SorterBotError):
    """An arm makes more requests than it may.

    Attributes:
        retry_after_s: When it may make the next.
    """

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class StreamsFullError(QueueFullError):
    """So many event streams are open that one more would starve those who post."""


class BodiesFullError(QueueFullError):
    """So many requests of one arm are being received that one more would starve other arms."""
