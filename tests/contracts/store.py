"""The whole contract of a store."""

from __future__ import annotations

from tests.contracts.arms import ArmsContract
from tests.contracts.check_ins import CheckInsContract
from tests.contracts.figures import FiguresContract
from tests.contracts.images import ImageClaimsContract, LostImageClaimsContract
from tests.contracts.intake import (
    AcceptingContract,
    EventsContract,
    OpeningContract,
    OutcomesContract,
)
from tests.contracts.operators import OperatorsContract
from tests.contracts.overview import OverviewContract
from tests.contracts.quarantine import QuarantineContract
from tests.contracts.robots import RobotsContract
from tests.contracts.session_view import ReplaysContract, SessionViewContract
from tests.contracts.sorting import LostSessionClaimsContract, SessionClaimsContract
from tests.contracts.sweeping import OverdueContract, PublishingContract, SortingAgainContract
from tests.contracts.turns import TurnsContract


class StoreContract(
    ArmsContract,
    OpeningContract,
    AcceptingContract,
    OutcomesContract,
    EventsContract,
    ImageClaimsContract,
    LostImageClaimsContract,
    SessionClaimsContract,
    LostSessionClaimsContract,
    PublishingContract,
    SortingAgainContract,
    OverdueContract,
    QuarantineContract,
    TurnsContract,
    FiguresContract,
    OperatorsContract,
    OverviewContract,
    RobotsContract,
    CheckInsContract,
    SessionViewContract,
    ReplaysContract,
):
    """Everything that :class:`storage.ports.Store` promises; needs a fixture ``memory``."""
