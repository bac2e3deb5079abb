"""Who may look at the console, as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OperatorKey:
    """One operator's key, without its secret; ``name`` says whose it is."""

    key_id: str
    name: str
    secret_sha256: str
    created_at: datetime
    revoked_at: datetime | None
