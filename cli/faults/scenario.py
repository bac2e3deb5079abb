"""What a scenario is, and what it needs of the site that it runs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.faults.trial import Trial

Run = Callable[["Trial"], None]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a site must be. Scenarios with equal needs share one, one after the other.

    Attributes:
        detector: A source of :mod:`vision.stand_in`, such as ``stand-in:delay_s=0.2``.
        environment: Further variables of every process, as pairs, so that needs can be hashed.
        has_proxies: Whether a TCP proxy stands before Redis and one before PostgreSQL.
        is_durable: Whether Redis keeps its append-only file.
    """

    n_gpu_workers: int = 1
    detector: str = "stand-in"
    environment: tuple[tuple[str, str], ...] = ()
    has_proxies: bool = False
    is_durable: bool = False

    def variables(self) -> Mapping[str, str]:
        """Return the variables of every process, the networks' among them."""
        networks = {"SORTERBOT_DETECTOR": self.detector, "SORTERBOT_EMBEDDER": "stand-in"}
        return {**networks, **dict(self.environment)}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of fault.

    Attributes:
        name: As the issue and the report have it, such as ``R2``.
        title: What is done, in one sentence.
        run: Injects the faults and states with :meth:`Trial.expect` what must hold beside the
            promises, which are checked afterwards for every session in the ledger.
        is_soak: Whether it takes as many minutes as one gives it, and is left out of ``all``.
    """

    name: str
    title: str
    run: Run
    needs: Needs = field(default_factory=Needs)
    is_soak: bool = False
