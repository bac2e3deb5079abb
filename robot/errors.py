"""How a call to the gateway can fail: refused for good, or away for now."""

from __future__ import annotations

from sorter.errors import SorterBotError, TransientError


class GatewayRefusedError(SorterBotError):
    """The gateway understood and said no; the same call would be refused again.

    Attributes:
        status: The HTTP status.
        kind: The problem's type, such as ``urn:sorterbot:problem:conflict``; empty for none.
        detail: The gateway's own sentence.
    """

    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(f"the gateway refused ({status}): {detail}")
        self.status = status
        self.kind = kind
        self.detail = detail


class GatewayAwayError(TransientError):
    """The gateway did not answer, or answered that it cannot now; the same call may succeed.

    Attributes:
        retry_after_s: How long it asked to be left alone; 0 where it did not say.
    """

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
