"""The broker of compose file and manifests, started by its own command with its own settings."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from cli.services.network import LOOPBACK, free_port
from cli.services.process import Child, Leash, Program, await_ready
from cli.services.redis import RedisServer, redis_program
from tests.unit.deploy.files import ROOT, services
from tests.unit.deploy.manifests import containers_of, workloads

pytestmark = pytest.mark.services

PASSWORD = "0123456789abcdef"


SCRIPTS = {
    "compose": services()["redis"]["command"][-1].replace("$$", "$"),
    "kubernetes": containers_of(workloads()["redis"])[0]["command"][-1],
}


@pytest.fixture(params=SCRIPTS)
def broker(request: pytest.FixtureRequest, tmp_path: Path, leash: Leash) -> Iterator[RedisServer]:
    """A Redis as it is started there, its paths and port changed to ones that a test may use."""
    server = RedisServer(tmp_path, free_port(), PASSWORD)
    settings = (ROOT / "deploy" / "redis.conf").read_text()
    (tmp_path / "redis.conf").write_text(settings.replace("dir /data", f"dir {tmp_path}"))
    (tmp_path / "password").write_text(PASSWORD)
    script = SCRIPTS[request.param].replace("dir /data", f"dir {tmp_path}")
    script = re.sub(r"/run/secrets/(sorterbot/)?redis_password", str(tmp_path / "password"), script)
    script = script.replace("exec redis-server", f"exec {redis_program()}")
    script = script.replace("/etc/redis.conf", str(tmp_path / "redis.conf"))
    script = script.replace("requirepass", f"port {server.port}\nbind {LOOPBACK}\nrequirepass")
    child = Child(Program("redis", ("sh", "-c", script), tmp_path, tmp_path / "log"), leash)
    try:
        await_ready(child, server.is_ready, within_s=60)
        yield server
    finally:
        assert child.stop() == 0, "it does not end in good order when it is asked to"


def test_it_keeps_what_it_is_given_and_lets_nobody_in_without_the_password(
    broker: RedisServer,
) -> None:
    with Redis.from_url(broker.url()) as client:
        client.set("kept", "1")
        settings = client.config_get("*")
    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "everysec"
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["maxmemory"] == str(512 * 2**20)
    with Redis(host=LOOPBACK, port=broker.port) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_list_of_processes_shows_the_password(broker: RedisServer) -> None:
    with Redis.from_url(broker.url()) as client:
        pid = client.info("server")["process_id"]
    assert PASSWORD not in Path(f"/proc/{pid}/cmdline").read_text()
