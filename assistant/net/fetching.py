"""The net child's "fetch": ask for a file, follow the redirects that are allowed, hand it on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from assistant.net.patience import at_pace, ended_after, retry_after
from assistant.net.policy import (
    MAX_REDIRECTS,
    Address,
    BadAddress,
    may_ask,
    may_follow,
    read_address,
)
from assistant.net.records import Failure
from assistant.net.request import NetRequest
from assistant.net.telling import Broken, Telling
from assistant.net.transport import Answer, opened

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_WITH_BODY: Final = frozenset({200, 206})
_NOT_MODIFIED: Final = 304
_HANDED_ON: Final = (
    *("accept-ranges", "content-length", "content-range", "content-type"),
    *("etag", "last-modified", "retry-after"),
)
_MAX_HEADER: Final = 1024


def fetch(request: NetRequest, telling: Telling) -> None:
    """Do what a request of this kind asks.

    Raises:
        Broken: it cannot.
        OSError: the parent is gone.
    """
    try:
        first = read_address(request.url)
    except BadAddress:
        raise Broken(Failure.NOT_HTTP) from None
    if not may_ask(first, plain_allowed=request.plain_allowed, own_network=request.own_network):
        raise Broken(Failure.NOT_HTTP)
    with ended_after(request.total_seconds, telling):
        here: Address | None = first
        for _ in range(MAX_REDIRECTS + 1):
            if here is None:
                return
            here = _ask(request, first, here, telling)
        if here is not None:
            raise Broken(Failure.REDIRECT, "many")


def _ask(request: NetRequest, first: Address, here: Address, telling: Telling) -> Address | None:
    """Ask one address; where it leads on, or None where it answered."""
    telling.connecting(here.host)
    # A name that is looked up, or headers that trickle, know no time-out of their own.
    patience = 2 * request.connect_seconds + request.read_seconds
    with (
        ended_after(patience, telling) as answered_in_time,
        opened(request, here, telling.count) as answer,
    ):
        answered_in_time()
        if answer.status in _REDIRECTS:
            return _allowed(request, first, answer)
        _hand_on(request, here, answer, telling)
    return None


def _allowed(request: NetRequest, first: Address, answer: Answer) -> Address:
    """Where a redirect leads, if it may."""
    try:
        to = answer.next_address()
    except BadAddress:
        raise Broken(Failure.REDIRECT) from None
    allowed = may_follow(
        first,
        to,
        request.hosts,
        plain_allowed=request.plain_allowed,
        own_network=request.own_network,
    )
    if not allowed or request.method != "GET":
        raise Broken(Failure.REDIRECT)
    return to


def _hand_on(request: NetRequest, here: Address, answer: Answer, telling: Telling) -> None:
    if answer.status == _NOT_MODIFIED:
        telling.answered(answer.status, here.text, _known(answer.headers))
        telling.ended()
        return
    if answer.status not in _WITH_BODY:
        raise Broken(Failure.STATUS, "", answer.status, retry_after(answer.headers))
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise Broken(Failure.NOT_HTTP, "packed")
    length = answer.headers.get("content-length", "")
    if length.isascii() and length.isdecimal() and int(length) > request.max_bytes:
        raise Broken(Failure.TOO_LARGE)
    telling.answered(answer.status, here.text, _known(answer.headers))
    left = request.max_bytes
    for piece in at_pace(answer.pieces(), request.stall):
        if len(piece) > left:
            telling.data(piece[:left])
            raise Broken(Failure.TOO_LARGE)
        left -= len(piece)
        telling.data(piece)
    telling.ended()


def _known(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that a parent has a use for, none of them long."""
    found = {name: headers[name] for name in _HANDED_ON if name in headers}
    return {name: value for name, value in found.items() if len(value) <= _MAX_HEADER}
