"""The net child's "cloud": ask a provider once, and hand on what it answers as it comes.

The maintained ``openai`` client builds the request and takes the answer apart; ``wire`` is what it
sends through, and ``said`` reads what it found: any field may be of any type.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any, Final, cast

import httpx2
from openai import APIError, OpenAI, Stream

from assistant.net.deltas import Delta, pack
from assistant.net.patience import cut_after, ended_after
from assistant.net.policy import Address, may_join, read_address
from assistant.net.records import Failure, Purpose
from assistant.net.refusals import why_refused
from assistant.net.request import CLOUD, NetRequest
from assistant.net.said import deltas_of, whole_of
from assistant.net.telling import Broken, Telling
from assistant.net.wire import EVENTS, WHOLE, Wire, context, kind_of

_AFTER_SECONDS: Final = 5.0
"""For what may follow the end of an answer: how many tokens it took. Then it is cut."""

_NOBODY: Final = "https://nobody.invalid"
_NO_KEY: Final = "none"
"""The client wants one. The real one is among the headers that the wire sends."""


class Exchange:
    """Ready to ask: all is read that asking takes, and no connection is made.

    Args:
        join: Whom a request for one's own network may be connected to.
        after_seconds: How long to wait for what may follow the end of an answer.
    """

    def __init__(
        self, join: Callable[[str], bool] = may_join, after_seconds: float = _AFTER_SECONDS
    ) -> None:
        self._after = after_seconds
        self._trust = context()
        self._join = join
        _rehearse()

    def ask(self, request: NetRequest, telling: Telling) -> None:
        """Do what a request of this kind asks.

        Raises:
            Broken: it cannot.
            OSError: the parent is gone.
        """
        address = _address_of(request)
        telling.connecting(address.host)
        wire = Wire(request, address, telling, self._trust, self._join)
        with ended_after(request.total_seconds, telling), closing(wire), _understood():
            # A name that is looked up, or headers that trickle, know no time-out of their own.
            patience = 2 * request.connect_seconds + request.read_seconds
            with ended_after(patience, telling) as answered_in_time, _client(wire) as client:
                stream = _sent(client, request, address)
                answered_in_time()
                telling.answered(200, address.text, {})
                with stream:
                    self._hand_on(_heard(stream, wire), request, telling)
            telling.ended()

    def _hand_on(self, deltas: Iterator[Delta], request: NetRequest, telling: Telling) -> None:
        """Hand on an answer to its end.

        Raises:
            Broken: it is cut, no answer, or longer than was asked for.
        """
        left, model, is_over = request.max_bytes, "", False
        with ExitStack() as rest:
            for delta in deltas:
                if is_over and (delta.text or delta.finish):
                    continue  # after its end nothing more is of it
                if delta.model and delta.model == model:
                    continue  # each event of a stream says so anew
                model = delta.model or model
                for frame in pack(delta):
                    left -= len(frame)
                    if left < 0:
                        raise Broken(Failure.TOO_LARGE)
                    telling.data(frame)
                if delta.finish:
                    is_over = True
                    rest.enter_context(cut_after(self._after, telling))


def _address_of(request: NetRequest) -> Address:
    """Whom to ask.

    Raises:
        Broken: nobody that may be.
    """
    if not request.is_sound:
        raise Broken(Failure.NOT_HTTP)
    return read_address(request.url)


def _client(transport: httpx2.BaseTransport) -> OpenAI:
    """The client, with nothing of its own: no key, no second try, no proxy, no other host."""
    return OpenAI(
        api_key=_NO_KEY,
        base_url=_NOBODY,
        max_retries=0,
        http_client=httpx2.Client(transport=transport, trust_env=False, follow_redirects=False),
    )


def _sent(client: OpenAI, request: NetRequest, address: Address) -> Stream[object]:
    """Ask; returns once there is an answer."""
    # ``object``: as JSON has it. The client's own models would be made of it unchecked, at a
    # hundred times its size.
    return client.post(
        address.text,
        cast_to=cast("Any", object),
        content=request.body,
        stream=True,
        stream_cls=Stream[object],
        options={"follow_redirects": False, "max_retries": 0},
    )


def _heard(stream: Stream[object], wire: Wire) -> Iterator[Delta]:
    """What is said, to an end that was meant.

    Raises:
        Broken: it ends otherwise.
    """
    if kind_of(stream.response) == WHOLE:
        yield from whole_of(json.loads(stream.response.read()))
        return
    is_over = False
    try:
        for event in stream:
            for delta in deltas_of(event):
                is_over = is_over or bool(delta.finish)
                yield delta
    except (Broken, APIError, ValueError, RecursionError):
        if not is_over:  # else what was asked for has come
            raise
    if not (is_over or wire.lines.is_done):
        raise Broken(Failure.CUT)


@contextmanager
def _understood() -> Iterator[None]:
    """Say what is wrong with an answer that cannot be read.

    Raises:
        Broken: for each error of the client, and of text that is none.
    """
    try:
        yield
    except APIError as error:  # the server says in the middle that it cannot go on
        why = why_refused(0, json.dumps(error.body, default=str).encode())
        raise Broken(Failure.STATUS, why or "midway") from None
    except (ValueError, RecursionError):  # no JSON, no UTF-8
        raise Broken(Failure.NOT_HTTP, "text") from None


def _rehearse() -> None:
    """Have the client read all that it reads late, by an exchange with nobody."""
    said = httpx2.Response(200, headers={"content-type": EVENTS}, content=b"data: {}\n\n")
    request = NetRequest(Purpose.CLOUD, f"{_NOBODY}/", kind=CLOUD, method="POST", body=b"{}")
    with (
        _client(httpx2.MockTransport(lambda _: said)) as client,
        _sent(client, request, _address_of(request)) as stream,
    ):
        list(stream)
