"""The gateway in the robot's own process: its whole application, with a line that can break."""

from __future__ import annotations

from random import Random

import httpx
import numpy as np
from flask import Flask

from api.app import create_app
from api.context import EXTENSION, Services, Settings, make_context
from cli.faults.simulated.odds import Odds
from cli.faults.simulated.turns import Turns
from robot.client import GatewayClient
from robot.retrying import Patience, Retrying

PATIENCE = Patience(total_s=120.0, longest_pause_s=4.0)
ADDRESS = "http://gateway"


class GatewayKilledError(BaseException):
    """Ends a gateway in the midst of a request; its robot lives on."""


class Gateways:
    """As many gateway processes as robots; their applications, slow to make, outlast a run."""

    def __init__(self) -> None:
        self._apps: dict[int, Flask] = {}

    def start(self, number: int, services: Services) -> Flask:
        """Return one of them as it is after its start, having served nobody."""
        if number not in self._apps:
            self._apps[number] = create_app(services, Settings())
        self._apps[number].extensions[EXTENSION] = make_context(services, Settings())
        return self._apps[number]


class BreakingLine(httpx.BaseTransport):
    """Loses requests and answers, and lets the gateway die while it works on one.

    Attributes:
        statuses: Every status that the gateway answered with, whether or not it arrived.
        n_deaths: How often the gateway died.
    """

    def __init__(self, app: Flask, turns: Turns, rng: np.random.Generator, odds: Odds) -> None:
        self._line = httpx.WSGITransport(app)
        self._turns = turns
        self._rng = rng
        self._odds = odds
        self._is_at_work = False
        self.statuses: list[int] = []
        self.n_deaths = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the gateway does, if it lives through it and the line holds.

        Raises:
            httpx.TransportError: It did not, or the line broke.
        """
        self._turns.pause()
        self._break_at_times("the request")
        self._is_at_work = True
        try:
            response = self._line.handle_request(request)
            response.read()
        except GatewayKilledError as error:
            self.n_deaths += 1
            raise httpx.RemoteProtocolError("the gateway died") from error
        finally:
            self._is_at_work = False
        self.statuses.append(response.status_code)
        self._break_at_times("the answer")
        return response

    def befall(self) -> None:
        """Let the dice kill the gateway while it works; called at each turn of its thread.

        Raises:
            GatewayKilledError: They did.
        """
        if self._is_at_work and self._rng.random() < self._odds.kill:
            self._is_at_work = False
            raise GatewayKilledError

    def _break_at_times(self, what: str) -> None:
        if self._rng.random() < self._odds.error / 2:
            raise httpx.ReadError(f"the dice took {what} away")


def connect(line: BreakingLine, key: str, turns: Turns, rng: np.random.Generator) -> GatewayClient:
    """Return a robot's client at the end of a line, as patient as a real one, in virtual time."""
    http = httpx.Client(
        base_url=ADDRESS, headers={"Authorization": f"Bearer {key}"}, transport=line
    )
    dice = Random(int(rng.integers(1 << 30)))
    return GatewayClient(http, Retrying(turns.sleep, lambda: turns.now_s, dice), PATIENCE)
