"""What the ``openai`` client sends through: exactly what was approved, once, and with limits.

The client is the maintained one of its interface; it builds the request and takes the answer's
events apart. But it adds headers that tell of this computer, it would ask again and follow a
server elsewhere, and it keeps as much as a server sends. So it is given this for a connection: what
it built is compared with what was approved, the approved bytes go out under Hush's own headers, and
an answer passes only as far as it may.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Final

import httpx2

from assistant.net.connection import (
    ALONE,
    Join,
    patience_of,
    proxy_to,
    told_apart,
    url_of,
    watching,
)
from assistant.net.lines import EventLines
from assistant.net.own_headers import OURS
from assistant.net.patience import at_pace, cut_after, retry_after
from assistant.net.policy import Address, may_join
from assistant.net.records import Failure
from assistant.net.refusals import MAX_REFUSAL, why_refused
from assistant.net.request import NetRequest
from assistant.net.telling import Broken, Telling
from assistant.net.tls import Trust, read_ahead, trusted_context

MAX_RESPONSE: Final = 32 * 1024 * 1024
MAX_WHOLE: Final = 1024 * 1024
"""Of an answer that does not come as a stream: it is read whole, and grows as it is read."""

EVENTS: Final = "text/event-stream"
WHOLE: Final = "application/json"
_OK: Final = 200
_ELSEWHERE: Final = range(300, 400)
_REFUSAL_SECONDS: Final = 3.0


def context() -> Trust:
    """What trusts as the system does; see ``trusted_context``.

    All that a connection reads from the disk is read here, before anybody waits for it.
    """
    made = trusted_context()
    read_ahead(made)
    # httpx2 reads what speaks HTTP when it is first to, and Python what spells names.
    httpx2.HTTPTransport(verify=made, trust_env=False).close()
    "localhost".encode("idna")
    return made


class Wire(httpx2.BaseTransport):
    """A transport for one request.

    Args:
        request: What was approved.
        address: Of it.
        telling: Counts the connection's bytes.
        trust: See ``context``.
        join: Whom a request for one's own network may be connected to.

    Attributes:
        lines: What came of a stream's lines.
    """

    def __init__(
        self,
        request: NetRequest,
        address: Address,
        telling: Telling,
        trust: Trust,
        join: Join = may_join,
    ) -> None:
        self.lines = EventLines()
        self._request = request
        self._address = address
        self._telling = telling
        self._trust = trust
        self._join = join if request.own_network else None
        self._inner: httpx2.HTTPTransport | None = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send what was approved, in place of what is given; what was answered, its body unread.

        Raises:
            Broken: it is not what was approved, or was sent before; or it failed.
        """
        approved = self._request
        url = url_of(self._address)
        if (
            self._inner is not None
            or (request.method, request.url) != (approved.method, url)
            or url.raw_path.decode("ascii") != self._address.target
            or request.read() != approved.body
        ):
            raise Broken(Failure.CHILD)
        proxy = proxy_to(self._address, own_network=self._request.own_network)
        with told_apart(is_proxied=bool(proxy)):
            self._inner = httpx2.HTTPTransport(
                verify=self._trust,
                trust_env=False,
                proxy=proxy,
                limits=ALONE,
                retries=0,
            )
            response = self._inner.handle_request(self._message(url))
            return self._looked_at(response, is_proxied=bool(proxy))

    def close(self) -> None:
        """Let go of the connection."""
        if self._inner:
            self._inner.close()

    def _message(self, url: httpx2.URL) -> httpx2.Request:
        """The request as it goes over the line. httpx2 adds ``Host`` and ``Content-Length``."""
        approved, count = self._request, self._telling.count
        count.note(out=len(self._address.text) + len(approved.body))
        return httpx2.Request(
            approved.method,
            url,
            headers=[*OURS.items(), *approved.headers],
            content=approved.body,
            extensions={
                "timeout": patience_of(approved).as_dict(),
                "trace": watching(count, self._join),
            },
        )

    def _looked_at(self, response: httpx2.Response, *, is_proxied: bool) -> httpx2.Response:
        """The same where it is an answer, its body limited.

        Raises:
            Broken: it is none.
        """
        body = _Body(response, self, is_proxied=is_proxied)
        if response.status_code in _ELSEWHERE:
            raise Broken(Failure.REDIRECT)
        if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise Broken(Failure.NOT_HTTP, "packed")
        if response.status_code != _OK:
            with cut_after(_REFUSAL_SECONDS, self._telling):
                why = why_refused(response.status_code, body.beginning(MAX_REFUSAL))
            wait = retry_after(response.headers)
            raise Broken(Failure.STATUS, why, response.status_code, wait)
        kind = kind_of(response)
        if kind not in {EVENTS, WHOLE}:
            raise Broken(Failure.NOT_HTTP, "page")
        # Not the server's own headers: the client has no use for any, and some of them tell it
        # what to do.
        return httpx2.Response(_OK, headers={"content-type": kind}, stream=body)

    def raw(self, response: httpx2.Response, *, is_proxied: bool) -> Generator[bytes, None, None]:
        """A body as it comes over the line, at the pace that it has to; for ``_Body`` alone.

        Raises:
            Broken: it is too long, too slow or cut.
        """
        left = MAX_RESPONSE
        with told_apart(is_proxied=is_proxied):
            for piece in at_pace(response.iter_raw(), self._request.stall):
                self._telling.count.note(received=len(piece))
                left -= len(piece)
                if left < 0:
                    raise Broken(Failure.TOO_LARGE)
                yield piece


class _Body(httpx2.SyncByteStream):
    """An answer's body, limited; once.

    Args:
        response: Of which it is.
        wire: Reads it.
        is_proxied: See ``told_apart``.
    """

    def __init__(self, response: httpx2.Response, wire: Wire, *, is_proxied: bool) -> None:
        self._response = response
        self._wire = wire
        self._pieces = wire.raw(response, is_proxied=is_proxied)

    def __iter__(self) -> Iterator[bytes]:
        if kind_of(self._response) == EVENTS:
            return self._wire.lines.passed(self._pieces)
        return self._whole()

    def beginning(self, most: int) -> bytes:
        """The first bytes of it; what more there is, or how it breaks off, is of no interest."""
        begun = bytearray()
        try:
            for piece in self._pieces:
                begun += piece
                if len(begun) >= most:
                    break
        except Broken:
            pass
        return bytes(begun[:most])

    def close(self) -> None:
        self._pieces.close()
        self._response.close()

    def _whole(self) -> Iterator[bytes]:
        left = MAX_WHOLE
        for piece in self._pieces:
            left -= len(piece)
            if left < 0:
                raise Broken(Failure.TOO_LARGE)
            yield piece


def kind_of(response: httpx2.Response) -> str:
    """What an answer says that it is, without its parameters."""
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()
