"""What fetching a file and asking a cloud share: a connection is watched, its faults told apart.

A connection is watched from the moment it stands: its bytes are counted, it can be cut from another
thread, and where only one's own network is meant it is looked whom it leads to before anything is
sent.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx2

from assistant.net.counting import ByteCount
from assistant.net.policy import Address
from assistant.net.proxies import NoSuchProxy, proxy_for
from assistant.net.records import Failure
from assistant.net.request import NetRequest
from assistant.net.telling import Broken
from assistant.net.tls import tls_fault

ALONE: Final = httpx2.Limits(max_connections=1, max_keepalive_connections=0)

Join = Callable[[str], bool]
"""Whether a connection to this IP address may be used; ``policy.may_join``."""

_CLOSED: Final = ("disconnected", "closed connection")
"""In httpx2's words for a server that hung up; it has no error of its own for that."""


def patience_of(request: NetRequest) -> httpx2.Timeout:
    """How long each step of a request may take."""
    read = min(request.read_seconds, request.stall[1])
    return httpx2.Timeout(
        connect=request.connect_seconds, read=read, write=read, pool=request.connect_seconds
    )


def proxy_to(address: Address, *, own_network: bool) -> httpx2.Proxy | None:
    """What this machine's settings put between Hush and an address; None: nothing.

    Raises:
        Broken: a proxy of a kind that Hush does not speak to.
    """
    try:
        proxy = proxy_for(address, own_network=own_network)
        return httpx2.Proxy(proxy) if proxy else None
    except (NoSuchProxy, httpx2.InvalidURL, ValueError):
        raise Broken(Failure.PROXY, "kind") from None


def url_of(address: Address) -> httpx2.URL:
    """An address as httpx2 has it.

    Raises:
        Broken: it reads the address otherwise than Hush does.
    """
    url = httpx2.URL(address.text)
    if url.host != address.host or url.userinfo:
        raise Broken(Failure.REDIRECT)  # two readers of one address must not differ
    return url


def watching(count: ByteCount, join: Join | None = None) -> Any:
    """What httpx2 calls at each step of a connection; see its documentation, "trace".

    Args:
        count: Counts its bytes, and cuts it.
        join: Says of the other end whether it may be talked to; None: whoever it is.
    """

    def step(name: str, info: Mapping[str, Any]) -> None:
        if not name.endswith("connect_tcp.complete"):
            return
        stream = info["return_value"]
        connection = stream.get_extra_info("socket")
        if join and not (isinstance(connection, socket.socket) and join(_peer(connection))):
            stream.close()
            raise Broken(Failure.REFUSED, "elsewhere")
        if isinstance(connection, socket.socket):
            count.watch(connection)

    return step


def _peer(connection: socket.socket) -> str:
    try:
        return str(connection.getpeername()[0])
    except OSError:  # it has hung up already
        return ""


@contextmanager
def told_apart(*, is_proxied: bool) -> Iterator[None]:
    """Say of whatever fails inside what it was.

    Raises:
        Broken: for each error of httpx2.
    """
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
