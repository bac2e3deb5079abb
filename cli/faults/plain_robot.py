"""A robot that asks once, writes down how it was answered, and forgives nothing."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import httpx

from cli.faults.ledger import Offer, Receipt
from cli.faults.robots import OpenSession
from cli.faults.tables import picture
from cli.faults.trial import Trial

GIVES_UP_AFTER_S = 90.0
"""Beyond any limit of the gateway's: how long an answer takes is measured, not cut short."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How the gateway answered.

    Attributes:
        status: 0 where the connection broke instead.
        seconds: From the request's first byte to the answer's last.
    """

    call: str
    status: int
    seconds: float
    headers: Mapping[str, str]
    document: Mapping[str, Any]

    @property
    def is_honest_refusal(self) -> bool:
        """Whether it is a 503 that says when to come back."""
        return (
            self.status == HTTPStatus.SERVICE_UNAVAILABLE
            and self.headers.get("retry-after", "").isdecimal()
        )


class PlainRobot:
    """One arm whose client never tries again, as a context manager; its ledger is the trial's."""

    def __init__(self, trial: Trial) -> None:
        self._robot = trial.robot()
        self._trial = trial
        self._http = httpx.Client(
            base_url=trial.site.gateway_url,
            headers={"Authorization": f"Bearer {self._robot.key}"},
            timeout=GIVES_UP_AFTER_S,
        )

    def open_session(self, table: int, n_pictures: int) -> OpenSession:
        """Open a session, tried again as often as it takes."""
        return self._robot.open_session(table, n_pictures)

    def complete(self, session: OpenSession) -> None:
        """Say that no more pictures come, as often as it takes."""
        self._robot.complete(session)

    def post(self, session: OpenSession, position_pw: float) -> Answer:
        """Post one picture once; what was promised stands in the ledger."""
        data = picture(session.table, position_pw)
        sha256 = hashlib.sha256(data).hexdigest()
        self._trial.ledger.note_offer(Offer(session.session_id, position_pw, sha256))
        answer = self.ask(
            "POST", f"/sessions/{session.session_id}/images/{position_pw:g}", content=data
        )
        if answer.status == HTTPStatus.ACCEPTED:
            image_id = str(answer.document["image_id"])
            self._trial.ledger.note_receipt(
                Receipt(session.session_id, position_pw, sha256, image_id)
            )
        return answer

    def post_quickly(
        self, session: OpenSession, position_pw: float, within_s: float, when: str
    ) -> None:
        """Post one picture once; whatever but an acceptance in that time is unexpected."""
        answer = self.post(session, position_pw)
        self._trial.expect(
            answer.status == HTTPStatus.ACCEPTED and answer.seconds <= within_s,
            f"{when} a picture was answered {answer.status} after {answer.seconds:.1f} s",
            session.session_id,
        )

    def ask(self, method: str, path: str, **body: Any) -> Answer:
        """Send one request, once."""
        began_s = time.monotonic()
        try:
            response = self._http.request(method, path, **body)
        except httpx.HTTPError as error:
            seconds = time.monotonic() - began_s
            return Answer(f"{method} {path}", 0, seconds, {}, {"detail": repr(error)})
        seconds = time.monotonic() - began_s
        document = response.json() if response.content else {}
        return Answer(f"{method} {path}", response.status_code, seconds, response.headers, document)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
