"""Counts what went over the net child's connections, and cuts them.

Linux tells for each TCP connection how many bytes went out and came in, TLS included (``tcp_info``
of ``linux/tcp.h``). Each socket is watched through a descriptor of our own, so that it can be asked
after its owner closed it, and cut from another thread. Elsewhere only what HTTP wrote is known.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

_ACKED: Final = struct.Struct("=120xQQ")  # tcpi_bytes_acked, tcpi_bytes_received; Linux 4.1
_SENT: Final = struct.Struct("=200xQQ")  # tcpi_bytes_sent, tcpi_bytes_retrans; Linux 4.19
_ROOM: Final = 256
_ENDED_BY_PEER: Final = frozenset({8, 9, 11})  # TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_CLOSING


@dataclass(frozen=True, slots=True)
class Bytes:
    """What went out and came in. ``exact``: as TCP counts it."""

    out: int
    received: int
    exact: bool


class ByteCount:
    """The connections of one transfer. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []
        self._cut = False
        self._http_out = 0
        self._http_in = 0

    def watch(self, connection: socket.socket) -> None:
        """Count a connection from now on; one that comes after ``cut`` is cut at once."""
        copy = connection.dup()
        with self._lock:
            self._watched.append(copy)
            was_cut = self._cut
        if was_cut:
            self.cut()

    def note(self, *, out: int = 0, received: int = 0) -> None:
        """Count what HTTP wrote or read, for where TCP does not tell."""
        with self._lock:
            self._http_out += out
            self._http_in += received

    def cut(self) -> None:
        """End all connections, at once: nothing more goes out."""
        with self._lock:
            self._cut = True
            watched = list(self._watched)
        for one in watched:
            with suppress(OSError):  # it is at its end already
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> Bytes:
        """All connections together, until now; they are not watched any more."""
        with self._lock:
            watched, self._watched = self._watched, []
            told = [_told(one) for one in watched]
            for one in watched:
                one.close()
            if sys.platform == "linux" and None not in told:
                known = [one for one in told if one]
                out, received = (sum(one[place] for one in known) for place in (0, 1))
                return Bytes(out, received, exact=True)
            return Bytes(self._http_out, self._http_in, exact=not watched)


def _told(connection: socket.socket) -> tuple[int, int] | None:
    """What the kernel counted of one connection; None where it does not."""
    if sys.platform != "linux":
        return None
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ROOM)
    except OSError:
        return None
    if len(info) < _ACKED.size:
        return None
    out, received = _ACKED.unpack_from(info)
    if len(info) >= _SENT.size:
        sent, again = _SENT.unpack_from(info)
        out = sent - again
    else:
        out = max(0, out - 1)  # its SYN is acknowledged as a byte
    # The other side's FIN counts as a byte that was received.
    return out, max(0, received - (info[0] in _ENDED_BY_PEER))
