"""A proxy of the tests: lets connections through to where they ask, or to one place, or refuses."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

_SECONDS: Final = 20.0
_PIECE: Final = 65_536


class Tunnel:
    """A proxy that knows CONNECT. A context manager.

    Args:
        to: Port of loopback that every name leads to; None: to where it asks. Names that nobody
            has can be asked for so, and nobody looks them up.
        refuses: It lets nobody through.

    Attributes:
        asked: The head of each request that came.
    """

    def __init__(self, to: int | None = None, *, refuses: bool = False) -> None:
        self.asked: list[bytes] = []
        self._to = to
        self._refuses = refuses
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        """Where it is: for ``HTTPS_PROXY``."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            for one in (self._listening, *self._open):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(_SECONDS)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # it is closed
            while True:
                connection, _ = self._listening.accept()
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, IndexError, ValueError):
            self._list(connection)
            try:
                self._lead(connection)
            finally:
                self._open.discard(connection)

    def _lead(self, connection: socket.socket) -> None:
        connection.settimeout(_SECONDS)
        head = b""
        while b"\r\n\r\n" not in head:
            more = connection.recv(4096)
            if not more:
                return
            head += more
        self.asked.append(head)
        if self._refuses:
            connection.sendall(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
            return
        host, _, port = head.split()[1].decode().rpartition(":")
        place = (host, int(port)) if self._to is None else ("127.0.0.1", self._to)
        with socket.create_connection(place, _SECONDS) as onward:
            self._list(onward)
            connection.sendall(b"HTTP/1.1 200 So\r\n\r\n")
            back = threading.Thread(target=_pump, args=(onward, connection), daemon=True)
            back.start()
            _pump(connection, onward)
            back.join(_SECONDS)
            self._open.discard(onward)

    def _list(self, one: socket.socket) -> None:
        with self._lock:
            self._open.add(one)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_PIECE):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
