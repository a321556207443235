"""Words for what goes wrong on the network. They name the host, which the person approved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from assistant.net.records import Failure, TransferFailed

_LATER: Final = "Try again later."
_CONNECTION: Final = "Look at your connection, then try again."

_WORDS: Final[Mapping[Failure, tuple[str, str]]] = {
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
_DETAILS: Final[Mapping[tuple[Failure, str], tuple[str, str]]] = {
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
}
_STATUSES: Final[Mapping[int, tuple[str, str]]] = {
    401: ("{host} wants to know who you are, and was not told.", ""),
    403: ("{host} does not give this out.", ""),
    404: ("{host} does not have this any more.", ""),
    410: ("{host} does not have this any more.", ""),
    429: ("{host} has had too many requests for now.", _LATER),
}


def transfer_failed(
    failure: Failure,
    host: str,
    detail: str = "",
    *,
    status: int = 0,
    retry_after: float = 0.0,
    bytes_out: int | None = None,
    bytes_in: int | None = None,
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
    """
    words = _DETAILS.get((failure, detail), _WORDS[failure])
    if failure is Failure.STATUS:
        words = _STATUSES.get(status, words)
    message, advice = (text.format(host=host, status=status) for text in words)
    return TransferFailed(
        message,
        advice,
        failure=failure,
        status=status,
        retry_after=retry_after,
        bytes_out=bytes_out,
        bytes_in=bytes_in,
    )
