"""A TCP relay before a server, whose connections can be cut, refused, silenced or slowed."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self

from cli.services.network import LOOPBACK, free_port

CHUNK_BYTES = 65_536
ANSWER_WITHIN_S = 30.0
"""The relay's own thread does next to nothing, but may have to wait for a core."""

# Closing then sends RST instead of FIN. Source: socket(7), SO_LINGER with a time of zero.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """Relays connections from a port of its own to another port of the loopback address.

    It passes on what comes until it is told otherwise; :meth:`pass_on` ends any fault. Every
    method may be called from any thread and has taken effect when it returns.
    """

    def __init__(self, to_port: int, taken: frozenset[int] = frozenset()) -> None:
        self.port = free_port(taken | {to_port})
        self._to_port = to_port
        self._delay_s = 0.0
        self._links: set[asyncio.Task[None]] = set()
        self._through: set[asyncio.Task[None]] = set()
        self._forgotten: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._may_pass = asyncio.Event()
        self._listener: asyncio.Server | None = None
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"proxy-{to_port}", daemon=True
        )

    def start(self) -> None:
        """Listen.

        Raises:
            OSError: The port was taken meanwhile.
        """
        self._thread.start()
        self.pass_on()

    def stop(self) -> None:
        """Cut every connection and listen no more."""
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def n_connections(self) -> int:
        """How many connections are held now, silenced ones included."""
        return len(self._links)

    def pass_on(self) -> None:
        """End every fault; what was held back while silent flows on, as TCP would deliver it."""
        self._do(self._pass_on())

    def reset(self) -> None:
        """Cut every connection that there is with RST; new ones are taken as before."""
        self._do(self._reset())

    def refuse(self) -> None:
        """Cut every connection, and refuse new ones as a port does on which nobody listens."""
        self._do(self._close())

    def forget(self) -> None:
        """Pass on, but never again on the connections that there are.

        So does a firewall that lost its table: either end waits for the other, and neither is
        told. A connection that had not come through to the server yet does so now.
        """
        self._do(self._forget())

    def silence(self) -> None:
        """Be a black hole: connections stay, new ones are taken, and nothing moves on any."""
        self._do(self._silence())

    def slow_down(self, delay_s: float) -> None:
        """Hold each piece of data back for so long, either way."""
        self._do(self._slow_down(delay_s))

    def _do(self, change: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(change, self._loop).result(ANSWER_WITHIN_S)

    async def _pass_on(self) -> None:
        self._delay_s = 0.0
        self._may_pass.set()
        if self._listener is None:
            self._listener = await asyncio.start_server(
                self._relay, LOOPBACK, self.port, reuse_address=True, backlog=512
            )

    async def _forget(self) -> None:
        self._forgotten |= self._through
        await self._pass_on()

    async def _silence(self) -> None:
        self._may_pass.clear()

    async def _slow_down(self, delay_s: float) -> None:
        self._delay_s = delay_s

    async def _reset(self) -> None:
        links = list(self._links)
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def _close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        await self._reset()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either end closes it or it is cut."""
        link = asyncio.current_task()
        assert link is not None  # noqa: S101 - start_server runs this in a task
        self._links.add(link)
        ends = [writer]
        try:
            await self._may_pass.wait()
            far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._to_port)
            ends.append(far_writer)
            self._through.add(link)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(link, reader, far_writer))
                both.create_task(self._pump(link, far_reader, writer))
        except* (OSError, asyncio.CancelledError):
            for end in ends:
                _cut(end)
        finally:
            for end in ends:
                end.close()
            for links in (self._links, self._through, self._forgotten):
                links.discard(link)

    async def _pump(
        self,
        link: asyncio.Task[None],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Pass on one direction; its end is passed on as well."""
        while data := await reader.read(CHUNK_BYTES):
            await asyncio.sleep(self._delay_s)
            await self._may_move(link)
            writer.write(data)
            await writer.drain()
        await self._may_move(link)
        with suppress(OSError):
            writer.write_eof()

    async def _may_move(self, link: asyncio.Task[None]) -> None:
        """Wait until data may move on a connection; on one that is forgotten, until it is cut."""
        await self._may_pass.wait()
        if link in self._forgotten:
            await asyncio.Future()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _cut(writer: asyncio.StreamWriter) -> None:
    """Close a connection with RST, whatever is still to be sent."""
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE
        )
    writer.transport.abort()
