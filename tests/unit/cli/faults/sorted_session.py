"""One session that was sorted by the workers' own code on fakes, and the ledger of its robot."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cli.faults.evidence import Evidence, load_evidence
from cli.faults.ledger import Ledger, LedgerSession, Offer, Receipt
from cli.faults.tables import POSITIONS_PW, SIZE, arm_named, picture
from storage.records import NewImage
from tests.fakes import FakeImageStore, FakeQueue, FakeStore
from tests.unit.workers.world import OneByOne
from vision.stand_in import Mark, StandInDetector, StandInEmbedder
from workers.detecting import detect_image
from workers.services import LoadedOnce, Services
from workers.sorting import sort_session

DEADLINE_S = 60.0


class SortedSession:
    """A session of drawn pictures; ``failing`` positions hold pictures that raise each time."""

    def __init__(self, table: int = 1, n_pictures: int = 4, failing: Sequence[float] = ()) -> None:
        self.store, self.images, self.ledger = FakeStore(), FakeImageStore(), Ledger()
        self.store.save_arm(arm_named("ARM"))
        self.worker = self._make_worker()
        self.session_id = self._open()
        for position_pw in failing:
            self.ledger.declare_failing(self.session_id, position_pw)
        for position_pw in POSITIONS_PW[:n_pictures]:
            mark = Mark.RAISES if position_pw in failing else None
            self.post(position_pw, picture(table, position_pw, mark))

    @property
    def entry(self) -> LedgerSession:
        return self.ledger.sessions[self.session_id]

    @property
    def evidence(self) -> Evidence:
        evidence = load_evidence(self.session_id, self.store, self.images)
        assert evidence is not None
        return evidence

    def post(self, position_pw: float, data: bytes) -> str:
        """Take a picture in as the gateway does, and write it down as the robot does."""
        sha256 = hashlib.sha256(data).hexdigest()
        self.ledger.note_offer(Offer(self.session_id, position_pw, sha256))
        key = self.images.save_image(self.session_id, data)
        new = NewImage(position_pw, key, sha256, SIZE, len(data))
        image = self.store.accept_image(self.session_id, new, None).image
        self.ledger.note_receipt(Receipt(self.session_id, position_pw, sha256, image.image_id))
        return image.image_id

    def detect(self) -> None:
        """Read every picture, as often as it may be tried."""
        for _ in range(self.worker.rules.max_attempts + 1):
            for image in self.store.load_images(self.session_id):
                detect_image(image.image_id, self.session_id, self.worker)

    def sort(self) -> None:
        """Seal the session and sort it."""
        self.store.seal_session(self.session_id)
        sort_session(self.session_id, self.worker)

    def _open(self) -> str:
        session, _ = self.store.open_session(
            "ARM",
            expected_images=None,
            min_images=1,
            deadline_s=DEADLINE_S,
            idempotency_key=None,
            request_id=None,
        )
        self.ledger.note_session(session.session_id, session.arm, DEADLINE_S)
        return session.session_id

    def _make_worker(self) -> Services:
        self.store.beat("worker", "gpu")
        return Services(
            worker_id="worker",
            store=self.store,
            images=self.images,
            queue=FakeQueue(),
            detector=LoadedOnce(lambda: OneByOne(StandInDetector())),
            embedder=LoadedOnce(StandInEmbedder),
            sleep=lambda _: None,
        )


def sorted_session(
    table: int = 1, n_pictures: int = 4, failing: Sequence[float] = ()
) -> SortedSession:
    """Return a session that went as it should, to its end."""
    session = SortedSession(table, n_pictures, failing)
    session.detect()
    session.sort()
    return session
