"""One connection over HTTP, for a file (decision 0015); ``wire`` has the one to a cloud."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx2

from assistant.net.connection import ALONE, patience_of, proxy_to, told_apart, url_of, watching
from assistant.net.counting import ByteCount
from assistant.net.own_headers import OURS
from assistant.net.policy import Address, BadAddress, may_join, read_address
from assistant.net.request import NetRequest
from assistant.net.tls import trusted_context


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
    proxy = proxy_to(address, own_network=request.own_network)
    with (
        told_apart(is_proxied=bool(proxy)),
        httpx2.Client(
            verify=trusted_context(),
            trust_env=False,
            proxy=proxy,
            timeout=patience_of(request),
            limits=ALONE,
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
    url = url_of(address)
    count.note(out=len(address.text) + len(request.body) + sum(map(len, (*OURS, *OURS.values()))))
    return client.build_request(
        request.method,
        url,
        headers=[*OURS.items(), *headers],
        content=request.body or None,
        extensions={"trace": watching(count, may_join if request.own_network else None)},
    )
