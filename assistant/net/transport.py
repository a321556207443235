"""One connection over HTTP: the only place where Hush has a client for it (decision 0015)."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx2

from assistant import __version__
from assistant.net.counting import ByteCount
from assistant.net.policy import Address, BadAddress, read_address
from assistant.net.proxies import NoSuchProxy, proxy_for
from assistant.net.records import Failure
from assistant.net.request import NetRequest
from assistant.net.telling import Broken
from assistant.net.tls import tls_fault, trusted_context

_ALONE: Final = httpx2.Limits(max_connections=1, max_keepalive_connections=0)
_CLOSED: Final = ("disconnected", "closed connection")
"""In httpx2's words for a server that hung up; it has no error of its own for that."""

_OURS: Final = {
    "accept": "*/*",
    "accept-encoding": "identity",  # a digest is of the bytes as they are stored
    "connection": "close",
    "user-agent": f"Hush/{__version__}",
}


class Answer:
    """A server's answer, its body not yet read.

    Args:
        response: httpx2's, as a stream.
        count: Counts what is read.
    """

    def __init__(self, response: httpx2.Response, count: ByteCount) -> None:
        self._response = response
        self._count = count

    @property
    def status(self) -> int:
        """The status of HTTP."""
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """By any case of their name."""
        return self._response.headers

    def pieces(self) -> Iterator[bytes]:
        """The body as it came over the line, not unpacked, some kilobytes each."""
        for piece in self._response.iter_raw():
            self._count.note(received=len(piece))
            yield piece

    def next_address(self) -> Address:
        """Where a redirect leads.

        Raises:
            BadAddress: to nowhere that Hush goes.
        """
        try:
            joined = str(self._response.url.join(self._response.headers.get("location", "")))
        except (httpx2.InvalidURL, ValueError):
            raise BadAddress from None
        return read_address(joined)


@contextmanager
def opened(request: NetRequest, address: Address, count: ByteCount) -> Iterator[Answer]:
    """Ask an address, over a connection of its own. Blocks until the headers are there.

    Args:
        request: What is asked. Its key (``Authorization``) goes to the first address only.
        address: That, or where a redirect led.
        count: Watches the connection.

    Raises:
        Broken: also for what fails inside the context, while the body is read.
    """
    try:
        proxy = proxy_for(address)
        through = httpx2.Proxy(proxy) if proxy else None
    except (NoSuchProxy, httpx2.InvalidURL, ValueError):
        raise Broken(Failure.PROXY, "kind") from None
    read = min(request.read_seconds, request.stall[1])
    timeout = httpx2.Timeout(
        connect=request.connect_seconds, read=read, write=read, pool=request.connect_seconds
    )
    with (
        _told_apart(is_proxied=bool(proxy)),
        httpx2.Client(
            verify=trusted_context(),
            trust_env=False,
            proxy=through,
            timeout=timeout,
            limits=_ALONE,
            follow_redirects=False,
        ) as client,
    ):
        message = _message(client, request, address, count)
        response = client.send(message, stream=True)
        try:
            yield Answer(response, count)
        finally:
            response.close()


def _message(
    client: httpx2.Client, request: NetRequest, address: Address, count: ByteCount
) -> httpx2.Request:
    own = read_address(request.url)
    is_own = (own.scheme, own.host, own.port) == (address.scheme, address.host, address.port)
    headers = [
        (name, value)
        for name, value in request.headers
        if is_own or name.lower() != "authorization"
    ]
    url = httpx2.URL(address.text)
    if url.host != address.host or url.userinfo:
        raise Broken(Failure.REDIRECT)  # two readers of one address must not differ
    count.note(out=len(address.text) + len(request.body) + sum(map(len, (*_OURS, *_OURS.values()))))
    return client.build_request(
        request.method,
        url,
        headers=[*_OURS.items(), *headers],
        content=request.body or None,
        extensions={"trace": _watching(count)},
    )


def _watching(count: ByteCount) -> Any:
    """What httpx2 calls at each step of a connection; see its documentation, "trace"."""

    def step(name: str, info: Mapping[str, Any]) -> None:
        if name.endswith("connect_tcp.complete"):
            connection = info["return_value"].get_extra_info("socket")
            if isinstance(connection, socket.socket):
                count.watch(connection)

    return step


@contextmanager
def _told_apart(*, is_proxied: bool) -> Iterator[None]:
    try:
        yield
    except httpx2.TimeoutException:
        raise Broken(Failure.TIMEOUT) from None
    except httpx2.ProxyError:
        raise Broken(Failure.PROXY) from None
    except httpx2.ConnectError as error:
        raise _unreached(error, is_proxied=is_proxied) from None
    except httpx2.NetworkError as error:
        fault = tls_fault(error)
        raise (Broken(Failure.TLS, fault) if fault else Broken(Failure.CUT)) from None
    except httpx2.RemoteProtocolError as error:
        hung_up = any(words in str(error) for words in _CLOSED)
        raise Broken(Failure.CUT if hung_up else Failure.NOT_HTTP) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError):
        raise Broken(Failure.NOT_HTTP) from None


def _unreached(error: httpx2.ConnectError, *, is_proxied: bool) -> Broken:
    if fault := tls_fault(error):
        return Broken(Failure.TLS, fault)
    if is_proxied:
        return Broken(Failure.PROXY)
    behind: BaseException | None = error
    while behind is not None:
        if isinstance(behind, socket.gaierror):
            return Broken(Failure.NO_NAME)
        behind = behind.__cause__ or behind.__context__
    return Broken(Failure.REFUSED)
