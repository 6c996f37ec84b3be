"""A connection that does not wait for ever."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 30
"""Seconds in which a request must have arrived."""


class Connection(H11Protocol):
    """Uvicorn's connection, closed in time: by itself it would keep a request whose headers never end."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Start to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait on as long as no whole request is there."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        super().connection_lost(exc)
        self._cancel()

    def _wait(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._cancel()
        elif self._late is None:
            self._late = self.loop.call_later(PATIENCE, self.transport.close)

    def _cancel(self) -> None:
        if self._late is not None:
            self._late.cancel()
        self._late = None
