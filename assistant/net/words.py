"""Words for what goes wrong on the network. They name the host, which the person approved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from assistant.net.records import Failure, Purpose, TransferFailed

_Words = Mapping[Failure, tuple[str, str]]
_Detailed = Mapping[tuple[Failure, str], tuple[str, str]]

_LATER: Final = "Try again later."
_CONNECTION: Final = "Look at your connection, then try again."

_WORDS: Final[_Words] = {
    Failure.NO_NAME: ("The name {host} could not be looked up.", _CONNECTION),
    Failure.REFUSED: ("{host} could not be reached.", _CONNECTION),
    Failure.TLS: ("The connection to {host} is not safe, so nothing was fetched.", _LATER),
    Failure.TIMEOUT: ("{host} did not answer in time.", _LATER),
    Failure.STALLED: ("Next to nothing came from {host} any more.", _LATER),
    Failure.CUT: ("The connection to {host} was cut.", "Try again: what came is kept."),
    Failure.REDIRECT: (
        "{host} sent Hush on to an address that you did not approve. It was not asked.",
        "",
    ),
    Failure.TOO_LARGE: (
        "{host} sent more than it should, so Hush stopped.",
        "This is not the file that was meant.",
    ),
    Failure.STATUS: ("{host} refused, with status {status}.", _LATER),
    Failure.PROXY: (
        "The proxy that is set on this computer did not let Hush through to {host}.",
        "Look at the proxy's settings.",
    ),
    Failure.NOT_HTTP: ("What {host} answered makes no sense.", _LATER),
    Failure.CHILD: (
        "The part of Hush that fetches ended by itself, or said what makes no sense.",
        "Try again.",
    ),
    Failure.CANCELLED: ("The transfer was stopped.", ""),
    Failure.LOCAL_ONLY: ("The transfer was stopped: Hush is set to stay on this computer.", ""),
}
_DETAILS: Final[_Detailed] = {
    (Failure.TLS, "expired"): (
        "The certificate of {host} is out of date, so nothing was fetched.",
        "See whether this computer's clock is right.",
    ),
    (Failure.TLS, "name"): (
        "The certificate that was shown is not that of {host}, so nothing was fetched.",
        "Somebody may be in between: do not sign in anywhere on this network.",
    ),
    (Failure.TLS, "issuer"): (
        "Nobody whom this computer trusts vouches for {host}, so nothing was fetched.",
        "A network that reads along does this; at work, ask who runs it.",
    ),
    (Failure.REDIRECT, "many"): ("{host} sent Hush on and on. It was given up.", _LATER),
    (Failure.PROXY, "kind"): (
        "The proxy that is set on this computer is of a kind that Hush does not know.",
        "It knows proxies of http and https.",
    ),
    (Failure.REFUSED, "elsewhere"): (
        "{host} is not on your own network: the name leads elsewhere. Nothing was sent.",
        "Look whether the address is right. On the internet it has to begin with https.",
    ),
}
_STATUSES: Final[Mapping[int, tuple[str, str]]] = {
    401: ("{host} wants to know who you are, and was not told.", ""),
    403: ("{host} does not give this out.", ""),
    404: ("{host} does not have this any more.", ""),
    410: ("{host} does not have this any more.", ""),
    429: ("{host} has had too many requests for now.", _LATER),
}

_AGAIN: Final = "Ask again: you see what is sent once more."
_ASKED: Final[_Words] = {
    Failure.TLS: ("The connection to {host} is not safe, so nothing was sent.", _LATER),
    Failure.TIMEOUT: ("{host} did not answer in time.", _AGAIN),
    Failure.CUT: ("The connection to {host} was cut before the answer ended.", _AGAIN),
    Failure.REDIRECT: (
        "{host} wanted to send Hush on to another address. It was not asked.",
        "Look whether the provider's address is right.",
    ),
    Failure.TOO_LARGE: ("{host} sent more than any answer takes, so Hush stopped.", ""),
    Failure.STATUS: ("{host} refused, with status {status}.", _LATER),
    Failure.NOT_HTTP: ("What {host} answered makes no sense.", _LATER),
    Failure.CHILD: (
        "The part of Hush that asks elsewhere ended by itself, or said what makes no sense.",
        _AGAIN,
    ),
    Failure.CANCELLED: ("You stopped it.", ""),
    Failure.LOCAL_ONLY: ("It was stopped: Hush is set to stay on this computer.", ""),
}
"""Of a question to a cloud; where nothing stands here, what is said of a file fits."""

_ASKED_DETAILS: Final[_Detailed] = {
    (Failure.TLS, "expired"): (
        "The certificate of {host} is out of date, so nothing was sent.",
        "See whether this computer's clock is right.",
    ),
    (Failure.TLS, "name"): (
        "The certificate that was shown is not that of {host}, so nothing was sent.",
        "Somebody may be in between: do not sign in anywhere on this network.",
    ),
    (Failure.TLS, "issuer"): (
        "Nobody whom this computer trusts vouches for {host}, so nothing was sent.",
        "A network that reads along does this; at work, ask who runs it.",
    ),
    (Failure.NOT_HTTP, "page"): (
        "{host} answered with a web page, not with an answer.",
        "Look at the address. A network that wants you to sign in does this, too.",
    ),
    (Failure.STATUS, "key"): (
        "{host} does not take your key. Nothing was answered.",
        "Look at the key in the list of providers.",
    ),
    (Failure.STATUS, "quota"): (
        "{host} has had too many requests, or what was paid for is used up.",
        "It asks to wait {wait}.",
    ),
    (Failure.STATUS, "model"): (
        "{host} does not have this model, or nothing at this address.",
        "Look at the model's name and the address in the list of providers.",
    ),
    (Failure.STATUS, "length"): (
        "This is too long for {host}.",
        "Leave parts of it out, and ask again.",
    ),
    (Failure.STATUS, "field"): (
        "{host} does not take a part of how Hush asks.",
        "Choose another name for an answer's limit in the list of providers, or none.",
    ),
    (Failure.STATUS, "midway"): ("{host} gave up in the middle of its answer.", _AGAIN),
}
_ASKED_STATUSES: Final[Mapping[int, str]] = {
    401: "key",
    402: "quota",
    403: "key",
    404: "model",
    413: "length",
    429: "quota",
}
"""What a status says where the answer's own words say nothing."""

_OUT_OF_ORDER: Final = ("{host} is out of order now ({status}).", _LATER)
_SLOW: Final = frozenset({408, 504})
_MINUTE: Final = 60
_HOUR: Final = 3600


def transfer_failed(
    failure: Failure,
    host: str,
    detail: str = "",
    *,
    status: int = 0,
    retry_after: float = 0.0,
    bytes_out: int | None = None,
    bytes_in: int | None = None,
    purpose: Purpose = Purpose.MODEL,
) -> TransferFailed:
    """The error, in words.

    Args:
        failure: How it failed.
        host: Who was asked.
        detail: What more is known, in a word; one that is not known says nothing.
        status: Of HTTP.
        retry_after: Seconds.
        bytes_out: Sent until then; None: not known.
        bytes_in: Received until then; None: not known.
        purpose: What it was for.
    """
    words = (_asked if purpose is Purpose.CLOUD else _fetched)(failure, detail, status)
    if not retry_after and "{wait}" in words[1]:
        words = (words[0], _LATER)
    wait = _in_words(retry_after)
    message, advice = (text.format(host=host, status=status, wait=wait) for text in words)
    return TransferFailed(
        message,
        advice,
        failure=failure,
        status=status,
        retry_after=retry_after,
        bytes_out=bytes_out,
        bytes_in=bytes_in,
    )


def _fetched(failure: Failure, detail: str, status: int) -> tuple[str, str]:
    """What there is to say of a file."""
    words = _DETAILS.get((failure, detail), _WORDS[failure])
    return _STATUSES.get(status, words) if failure is Failure.STATUS else words


def _asked(failure: Failure, detail: str, status: int) -> tuple[str, str]:
    """What there is to say of a question to a cloud."""
    if failure is Failure.STATUS:
        if status in _SLOW:
            return _ASKED[Failure.TIMEOUT]
        if status >= 500:
            return _OUT_OF_ORDER
        detail = detail or _ASKED_STATUSES.get(status, "")
    for words in (_ASKED_DETAILS, _DETAILS):
        if found := words.get((failure, detail)):
            return found
    return _ASKED.get(failure, _WORDS[failure])


def _in_words(seconds: float) -> str:
    """A time to wait, rounded up."""
    for unit, name in ((_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds > unit:
            return f"{math.ceil(seconds / unit)} {name}s"
    whole = max(1, math.ceil(seconds))
    return f"{whole} second{'s' if whole > 1 else ''}"
