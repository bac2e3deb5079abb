from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import httpx
import pytest

from robot.client import GatewayClient
from robot.retrying import Patience, Retrying
from tests.unit.robot.small_gateway import SmallGateway, running_gateway

SSL_CONTEXT = ssl.create_default_context()


@dataclass
class FakeTime:
    """Time that passes only while somebody sleeps."""

    now_s: float = 0.0
    pauses_s: list[float] = field(default_factory=list)

    def sleep(self, pause_s: float) -> None:
        self.pauses_s.append(pause_s)
        self.now_s += pause_s

    def monotonic_s(self) -> float:
        return self.now_s


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def gateway() -> Iterator[SmallGateway]:
    with running_gateway() as gateway:
        yield gateway


@pytest.fixture
def client(gateway: SmallGateway, fake_time: FakeTime) -> Iterator[GatewayClient]:
    with make_client(gateway, fake_time, total_s=60.0) as client:
        yield client


def make_client(gateway: SmallGateway, fake_time: FakeTime, total_s: float) -> GatewayClient:
    """Return a client like that of ``connect``, without loading certificates each time."""
    headers = {"Authorization": "Bearer sb_key"}
    http = httpx.Client(base_url=gateway.url, headers=headers, verify=SSL_CONTEXT)
    retrying = Retrying(fake_time.sleep, fake_time.monotonic_s, Random(0))
    return GatewayClient(http, retrying, Patience(total_s=total_s))
