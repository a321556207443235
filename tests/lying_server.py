"""A real HTTP server on loopback that answers as it is told to: truthfully, or not."""

from __future__ import annotations

import hashlib
import select
import socket
import struct
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from tests.certificates import Certificate

MODIFIED: Final = "Sat, 21 Nov 2026 10:00:00 GMT"
_PIECE: Final = 64 * 1024
_SLOW_PIECE: Final = 16 * 1024
_MAX_HEAD: Final = 64 * 1024
_SECONDS: Final = 30.0  # that a connection may last: a test that hangs is to fail


@dataclass(frozen=True, slots=True)
class Manner:
    """How one connection is answered. As it stands: truthfully.

    Attributes:
        status: Instead of 200 or 206, with no body.
        headers: Besides, or instead of what it would say; an empty value: it says nothing.
        body: Another file than the server's; its ETag is another one, too.
        same_etag: It says that it is the same file all the same.
        cut_at: Bytes of this answer's body after which the connection is closed.
        reset: It is reset then, not closed.
        stall_at: Bytes of this answer's body after which nothing more comes.
        more: Bytes that come after the body's end.
        ignore_range: The whole file, whatever was asked for.
        ignore_condition: The range, though the condition does not hold.
        chunked: In chunks, so that the head names no length.
        trickle: Seconds between two pieces of 16 KiB.
        raw: Bytes instead of any answer of HTTP.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    same_etag: bool = False
    cut_at: int | None = None
    reset: bool = False
    stall_at: int | None = None
    more: int = 0
    ignore_range: bool = False
    ignore_condition: bool = False
    chunked: bool = False
    trickle: float = 0.0
    raw: bytes | None = None


TRUTH: Final = Manner()


@dataclass(slots=True)
class Asked:
    """One request that came.

    Attributes:
        offset: First byte that was asked for.
        condition: ``If-Range``; empty: there was none.
        sent: Bytes of a body that were given to the system to send.
    """

    path: str
    offset: int
    condition: str
    headers: Mapping[str, str]
    sent: int = 0


class LyingServer:
    """Serves one file. Use as a context manager.

    Args:
        body: The file.
        manners: For each connection the next one; afterwards the truth.
        certificate: For TLS; None: plain HTTP.
    """

    def __init__(
        self,
        body: bytes,
        manners: Iterable[Manner] = (),
        certificate: Certificate | None = None,
    ) -> None:
        self.body = body
        self.manners = list(manners)
        self.asked: list[Asked] = []
        self.stalled = threading.Semaphore(0)
        """Released whenever it stops in the middle of a body."""
        self._context = certificate.context() if certificate else None
        self._scheme = "https" if certificate else "http"
        self._lock = threading.Lock()
        self._closing, self._ring = socket.socketpair()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._threads: list[threading.Thread] = []

    def url(self, path: str = "/model.gguf", host: str = "127.0.0.1") -> str:
        """Where its file is."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    @property
    def sent(self) -> int:
        """Bytes of bodies that were sent, all connections together."""
        return sum(asked.sent for asked in self.asked)

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Answer nobody any more."""
        self._ring.close()
        for thread in list(self._threads):
            thread.join(_SECONDS)
        for one in (self._closing, self._listening):
            one.close()

    def _begin(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type] # a callable of these
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._wait(self._listening):
            connection, _ = self._listening.accept()
            self._begin(self._serve, connection)

    def _wait(self, connection: socket.socket, seconds: float | None = None) -> bool:
        """Wait until there is something to read, or it is to end: whether that."""
        ready, _, _ = select.select([connection, self._closing], [], [], seconds)
        return self._closing in ready or not ready

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(_SECONDS)
            with suppress(OSError, ValueError):  # the client went, or was told to distrust us
                if self._context is None:
                    self._answer(connection)
                    return
                with self._context.wrap_socket(connection, server_side=True) as wrapped:
                    self._answer(wrapped)

    def _answer(self, connection: socket.socket) -> None:
        asked = _read_head(connection)
        if asked is None:
            return
        with self._lock:
            manner = self.manners.pop(0) if self.manners else TRUTH
            self.asked.append(asked)
        if manner.raw is not None:
            connection.sendall(manner.raw)
            return
        if manner.status:
            connection.sendall(_head(manner.status, {"Content-Length": "0", **manner.headers}))
            return
        self._give(connection, asked, manner)

    def _give(self, connection: socket.socket, asked: Asked, manner: Manner) -> None:
        body = self.body if manner.body is None else manner.body
        etag = _etag(self.body if manner.same_etag else body)
        offset = 0 if manner.ignore_range else asked.offset
        if asked.condition not in {"", etag, MODIFIED} and not manner.ignore_condition:
            offset = 0
        if offset >= len(body) > 0:
            told = {"Content-Range": f"bytes */{len(body)}", "Content-Length": "0"}
            connection.sendall(_head(416, {**told, **manner.headers}))
            return
        rest = body[offset:]
        head = {"Content-Length": str(len(rest)), "ETag": etag, "Last-Modified": MODIFIED}
        if offset:
            head["Content-Range"] = f"bytes {offset}-{len(body) - 1}/{len(body)}"
        if manner.chunked:
            head |= {"Content-Length": "", "Transfer-Encoding": "chunked"}
        connection.sendall(_head(206 if offset else 200, {**head, **manner.headers}))
        self._pour(connection, asked, rest + bytes(manner.more), manner)

    def _pour(self, connection: socket.socket, asked: Asked, rest: bytes, manner: Manner) -> None:
        """Send a body, as far as it is to be sent."""
        ends = [end for end in (manner.cut_at, manner.stall_at) if end is not None]
        end = min([*ends, len(rest)])
        step = _SLOW_PIECE if manner.trickle else _PIECE
        for at in range(0, end, step):
            piece = rest[at : min(at + step, end)]
            framed = b"%x\r\n%s\r\n" % (len(piece), piece) if manner.chunked else piece
            connection.sendall(framed)
            asked.sent += len(piece)
            if manner.trickle:
                select.select([self._closing], [], [], manner.trickle)
        if manner.stall_at is not None:
            self.stalled.release()
            self._wait(connection, _SECONDS)  # until the client goes
        elif manner.cut_at is None and manner.chunked:
            connection.sendall(b"0\r\n\r\n")
        if manner.reset:
            how = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, how)


def _read_head(connection: socket.socket) -> Asked | None:
    head = b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(4096)
        if not more or len(head) > _MAX_HEAD:
            return None
        head += more
    first, *lines = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    wanted = headers.get("range", "")
    offset = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
    return Asked(first.split()[1], offset, headers.get("if-range", ""), headers)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} So", *(f"{key}: {said}" for key, said in headers.items() if said)]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def shaken(body: bytes) -> bytes:
    """Another file of the same size: a bit of its last byte is another one."""
    return body[:-1] + bytes([body[-1] ^ 1])
