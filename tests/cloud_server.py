"""A server on loopback that speaks OpenAI's way of chatting: as it should, or in any other way.

It keeps what came, to the byte, and tells which payloads those were: what is in no ledger was not
approved. ``hosted`` and ``own`` are how a net child reaches it.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import ClassVar, Final, Self

from assistant.net.policy import read_address
from assistant.net.records import Purpose
from assistant.net.request import NetRequest
from assistant.net.starting import DirectStarter
from tests.certificates import Certificate
from tests.tunnel import Tunnel

HOSTED: Final = "api.hosted.test"
"""Nobody's name. A child reaches it through a ``Tunnel``; the certificate has to be of it."""

MODEL: Final = "small-1"
_WORDS: Final = ("Lis", "bon", " is the capital", " of Portugal.")
_MAX_HEAD: Final = 64 * 1024
_MAX_BODY: Final = 64 * 1024 * 1024
_SECONDS: Final = 30.0  # that a connection may last: a test that hangs is to fail
_NOT_APPROVED: Final = frozenset(
    {"host", "content-length", "accept", "accept-encoding", "connection", "user-agent"}
)
"""Headers that are not of the request but of every request of the net child."""


@dataclass(slots=True)
class Asked:
    """One request that came.

    Attributes:
        method: As it was written.
        path: With the query.
        lines: Headers as they came, in order.
        headers: By their names in lower case.
        body: To the byte.
        came: When its last byte was read, in seconds of ``time.perf_counter``.
        answered: When the first byte of an answer was written; 0: none was.
        secure: Whether it came over TLS.
        sent: Bytes of the answer's body that were given to the system to send.
    """

    method: str
    path: str
    lines: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    came: float
    secure: bool
    answered: float = 0.0
    sent: int = 0

    @property
    def url(self) -> str:
        """Whom it was for, as its ``Host`` says."""
        return f"http{'s' * self.secure}://{self.headers.get('host', '')}{self.path}"

    @property
    def request(self) -> NetRequest:
        """The request that must have been approved for this to come, but for its time-outs."""
        own = read_address(self.url).is_own_network
        return NetRequest(
            Purpose.CLOUD,
            self.url,
            kind="cloud" if self.method == "POST" else "fetch",
            method=self.method,
            headers=tuple(one for one in self.lines if one[0].lower() not in _NOT_APPROVED),
            body=self.body,
            own_network=own,
        )


Pieces = Callable[[Asked], Iterable[bytes]]
"""The pieces of an answer's body; may go on for ever."""


def event(said: object) -> bytes:
    """One event of a stream."""
    return b"data: " + json.dumps(said).encode() + b"\n\n"


def delta(text: str | None = None, finish: str | None = None, **more: object) -> bytes:
    """An event with a bit of an answer."""
    said = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
    kind = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    return event({**kind, "choices": [said], **more})


DONE: Final = b"data: [DONE]\n\n"


def saying(
    *texts: str,
    finish: str | None = "stop",
    usage: tuple[int, int] | None = (12, 7),
    done: bool = True,
) -> Pieces:
    """A whole answer, or one without one of its ends.

    Args:
        texts: A delta each.
        finish: Its ``finish_reason``; None: it names none.
        usage: Tokens in and out, told last of all.
        done: It says ``[DONE]``.
    """
    told = {"prompt_tokens": usage[0], "completion_tokens": usage[1]} if usage else {}

    def pieces(_: Asked) -> Iterator[bytes]:
        yield from map(delta, texts)
        if finish is not None:
            yield delta(finish=finish)
        if usage:
            yield event({"model": MODEL, "choices": [], "usage": told})
        if done:
            yield DONE

    return pieces


_TRUTHFUL: Final = saying(*_WORDS)


def echoing(asked: Asked) -> Iterator[bytes]:
    """An answer that says what the last message said."""
    return iter(saying(json.loads(asked.body)["messages"][-1]["content"])(asked))


def just(*pieces: bytes) -> Pieces:
    """These bytes."""
    return lambda _: pieces


def for_ever(*pieces: bytes) -> Pieces:
    """These bytes, again and again."""
    return lambda _: itertools.cycle(pieces)


@dataclass(frozen=True, slots=True)
class Manner:
    """How one connection is answered. As it stands: truthfully.

    Attributes:
        status: Of HTTP.
        headers: Besides, or instead of what it would say; an empty value: it says nothing.
        pieces: Of the body.
        chunked: In chunks; else it ends where the connection does.
        cut_at: Pieces after which the connection is closed, with no end.
        reset: It is reset then, not closed.
        stall_at: Pieces after which nothing more comes.
        wait: Seconds before it answers at all.
        trickle: Seconds between two pieces.
        farewell: It ends TLS as it should; else like a cut wire.
        raw: Bytes instead of any answer of HTTP.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: Pieces = _TRUTHFUL
    chunked: bool = True
    cut_at: int | None = None
    reset: bool = False
    stall_at: int | None = None
    wait: float = 0.0
    trickle: float = 0.0
    farewell: bool = True
    raw: bytes | None = None


TRUTH: Final = Manner()
ANSWER: Final = "".join(_WORDS)


def refusing(
    status: int, *, code: str = "", kind: str = "", retry_after: str = "", message: str = "No."
) -> Manner:
    """It refuses, as these servers do, with an error in JSON."""
    error = {"message": message, "type": kind or None, "code": code or None}
    headers = {"Content-Type": "application/json", "Retry-After": retry_after}
    body = json.dumps({"error": error}).encode()
    return Manner(status=status, headers=headers, pieces=just(body))


def leading(to: str, status: int = 307) -> Manner:
    """It leads on to another address."""
    return Manner(status=status, headers={"Location": to}, pieces=just())


def page(text: str = "<html><body>Sign in to this network</body></html>") -> Manner:
    """A web page instead of an answer, with status 200: what a hotel's network does."""
    return Manner(headers={"Content-Type": "text/html"}, pieces=just(text.encode()))


def at_once(content: object = ANSWER, finish: object = "stop") -> Manner:
    """The whole answer as one JSON: a box that does not stream."""
    said = {
        "object": "chat.completion",
        "model": MODEL,
        "choices": [{"index": 0, "message": {"content": content}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 7},
    }
    body = json.dumps(said, ensure_ascii=False).encode()
    return Manner(headers={"Content-Type": "application/json"}, pieces=just(body))


def packed() -> Manner:
    """The answer, packed, though nobody said that it may be."""
    body = gzip.compress(b"".join(TRUTH.pieces(_NOBODY)))
    return Manner(headers={"Content-Encoding": "gzip"}, pieces=just(body))


_NOBODY: Final = Asked("POST", "/", (), {}, b"", 0.0, secure=False)


class CloudServer:
    """Answers chats and lists its models. Use as a context manager.

    Args:
        certificate: For TLS; None: plain HTTP.
        manners: For each connection the next one; afterwards the truth.
        models: Whom it lists.

    Attributes:
        asked: What came, in order.
        reached: How many connections came, those included that said nothing.
        stalled: Released whenever it stops in the middle of an answer.
    """

    made: ClassVar[list[CloudServer]] = []
    """Every one since somebody cleared this: for who counts what came without an approval."""

    def __init__(
        self,
        certificate: Certificate | None = None,
        manners: Iterable[Manner] = (),
        models: Iterable[str] = (MODEL, "large-1"),
    ) -> None:
        self.manners = list(manners)
        self.models = tuple(models)
        self.asked: list[Asked] = []
        self.reached = 0
        self.stalled = threading.Semaphore(0)
        self._context = certificate.context() if certificate else None
        self._lock = threading.Lock()
        self._closing, self._ring = socket.socketpair()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._threads: list[threading.Thread] = []
        self.made.append(self)

    @property
    def own(self) -> str:
        """Its address as a box on one's own network, for a ``Provider``."""
        return f"http{'s' * bool(self._context)}://127.0.0.1:{self.port}/v1"

    @property
    def hosted(self) -> str:
        """Its address as a service on the internet; see ``HOSTED``."""
        return f"https://{HOSTED}/v1"

    def payloads(self) -> list[str]:
        """SHA-256 of each payload that must have been approved for what came."""
        return [asked.request.payload_sha256 for asked in self.asked]

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

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._is_over(self._listening, None):
            connection, _ = self._listening.accept()
            self.reached += 1
            self._begin(self._serve, connection)

    def _is_over(self, connection: socket.socket, seconds: float | None) -> bool:
        """Wait until there is something to read, or the time is over, or this is to end."""
        ready, _, _ = select.select([connection, self._closing], [], [], seconds)
        return self._closing in ready

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
        asked = _read(connection)
        if asked is None:
            return
        with self._lock:
            self.asked.append(asked)
            if asked.method == "GET" and asked.path.endswith("/models"):
                manner = self._listing()
            else:
                manner = self.manners.pop(0) if self.manners else TRUTH
        self._pause(manner.wait)
        asked.answered = time.perf_counter()
        if manner.raw is not None:
            connection.sendall(manner.raw)
        else:
            connection.sendall(_head(manner))
            self._pour(connection, asked, manner)
        if manner.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif manner.farewell and isinstance(connection, ssl.SSLSocket):
            connection.settimeout(1.0)
            connection.unwrap()

    def _listing(self) -> Manner:
        said = {"object": "list", "data": [{"id": one, "object": "model"} for one in self.models]}
        body = json.dumps(said).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        return Manner(headers=headers, pieces=just(body), chunked=False)

    def _pour(self, connection: socket.socket, asked: Asked, manner: Manner) -> None:
        """Send a body, as far as it is to be sent."""
        for number, piece in enumerate(manner.pieces(asked)):
            if number == manner.cut_at:
                return
            if number == manner.stall_at:
                self.stalled.release()
                self._is_over(connection, _SECONDS)  # until the client goes
                return
            framed = b"%x\r\n%s\r\n" % (len(piece), piece) if manner.chunked else piece
            connection.sendall(framed)
            asked.sent += len(piece)
            self._pause(manner.trickle)
        if manner.chunked:
            connection.sendall(b"0\r\n\r\n")

    def _pause(self, seconds: float) -> None:
        if seconds:
            select.select([self._closing], [], [], seconds)


def _read(connection: socket.socket) -> Asked | None:
    """A request, whole; None where none came."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(4096)
        if not more or len(data) > _MAX_HEAD:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    parted = [line.partition(":") for line in rest]
    lines = tuple((name.strip(), value.strip()) for name, _, value in parted)
    headers = {name.lower(): value for name, value in lines}
    length = min(int(headers.get("content-length", "0")), _MAX_BODY)
    pieces = [body]
    left = length - len(body)
    while left > 0:
        more = connection.recv(65_536)
        if not more:
            return None
        pieces.append(more)
        left -= len(more)
    secure = isinstance(connection, ssl.SSLSocket)
    return Asked(method, path, lines, headers, b"".join(pieces), time.perf_counter(), secure)


def _head(manner: Manner) -> bytes:
    said = {"Content-Type": "text/event-stream", "Connection": "close"}
    if manner.chunked:
        said["Transfer-Encoding"] = "chunked"
    said |= manner.headers
    lines = [f"HTTP/1.1 {manner.status} So", *(f"{key}: {it}" for key, it in said.items() if it)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def starter(certificate: Certificate | None, tunnel: Tunnel | None = None) -> DirectStarter:
    """Starts net children that trust this certificate's authority, and go through this tunnel.

    Args:
        certificate: None: they trust nobody; for a server without TLS.
        tunnel: None: no proxy.
    """
    return DirectStarter(environment=environment(certificate, tunnel))


def environment(certificate: Certificate | None, tunnel: Tunnel | None = None) -> dict[str, str]:
    """The variables of such children; see ``starter``."""
    known = {"PATH": os.environ["PATH"], "SSL_CERT_FILE": os.devnull}
    if certificate:
        known["SSL_CERT_FILE"] = str(certificate.authority)
    if tunnel:
        known["HTTPS_PROXY"] = tunnel.url
    return known


@contextmanager
def hosted(
    certificate: Certificate, manners: Iterable[Manner] = ()
) -> Iterator[tuple[CloudServer, DirectStarter]]:
    """A service on the internet as a child sees it, and what starts such children.

    Args:
        certificate: Of ``HOSTED``, as ``Authority.sign(host=HOSTED)`` makes it.
        manners: See ``CloudServer``.
    """
    with CloudServer(certificate, manners) as server, Tunnel(server.port) as tunnel:
        yield server, starter(certificate, tunnel)
