"""What the gateway and the sweeper may ask of the queue. Messages carry ids, never pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class QueueLengths:
    """Messages that wait, a queue each, and those that workers have in hand."""

    gpu: int
    sort: int
    unacknowledged: int = 0


class WorkQueue(Protocol):
    """Moves the work. Publishing the same thing twice is harmless.

    Raises:
        TransientError: The broker did not take the message; from every method.
    """

    def publish_image(
        self, session_id: str, image_id: str, index: int, request_id: str | None
    ) -> None:
        """Ask for one picture to be detected, as member ``index`` of its session's chord."""
        ...

    def publish_closing(self, session_id: str, n_images: int, request_id: str | None) -> None:
        """Set the chord's size to ``n_images + 1`` and publish its light last member."""
        ...

    def publish_sort(self, session_id: str, request_id: str | None) -> None:
        """Ask for a session to be sorted without its chord; for the sweeper only."""
        ...

    def load_lengths(self) -> QueueLengths: ...
