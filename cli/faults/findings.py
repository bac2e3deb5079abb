"""What the checker finds, and how it is counted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Harm(StrEnum):
    """What a broken promise does to whoever relied on it."""

    LOST = "lost"
    """An accepted picture that is gone, differs from what was sent, or never comes to an end."""
    DOUBLED = "doubled"
    """Something that counts more than once: a picture, its detections, a plan."""
    UNEXPECTED = "unexpected"
    """Anything else that must not be."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise.

    Attributes:
        session_id: Whose promise it was; empty where it concerns no session.
        sentence: What is wrong.
    """

    harm: Harm
    session_id: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """A fault that was got over.

    Attributes:
        what: What had been broken; empty where the scenario breaks one thing only.
        seconds: From the fault until what it broke worked again.
    """

    what: str
    seconds: float
