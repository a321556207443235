"""What the network's rooms hand to each other and to whoever shows it. Values, no logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from assistant.errors import NetworkError


class Purpose(StrEnum):
    """What something is fetched or sent for."""

    MODEL = "model"
    CATALOGUE = "catalogue"
    CLOUD = "cloud"


class By(StrEnum):
    """Who approved. A setting only ever approves a look at the catalogue.

    ``TRUST``: a person's press, at a box of their own that they trust, with nothing shown before.
    """

    PERSON = "person"
    SETTING = "setting"
    TRUST = "trust"


class Failure(StrEnum):
    """How a transfer failed."""

    NO_NAME = "no-name"
    REFUSED = "refused"
    TLS = "tls"
    TIMEOUT = "timeout"
    STALLED = "stalled"
    CUT = "cut"
    REDIRECT = "redirect"
    TOO_LARGE = "too-large"
    STATUS = "status"
    PROXY = "proxy"
    NOT_HTTP = "not-http"
    CHILD = "child"
    CANCELLED = "cancelled"
    LOCAL_ONLY = "local-only"


class TransferFailed(NetworkError):
    """A transfer that was begun did not come to its end.

    Attributes:
        failure: How.
        status: Of HTTP; 0 where there was none.
        retry_after: Seconds that the server asks to wait; 0 where it does not.
        bytes_out: Sent until then; None: not known.
        bytes_in: Received until then; None: not known.
    """

    code: ClassVar[str] = "transfer"

    def __init__(
        self,
        message: str,
        advice: str = "",
        *,
        failure: Failure,
        status: int = 0,
        retry_after: float = 0.0,
        bytes_out: int | None = None,
        bytes_in: int | None = None,
    ) -> None:
        super().__init__(message, advice)
        self.failure = failure
        self.status = status
        self.retry_after = retry_after
        self.bytes_out = bytes_out
        self.bytes_in = bytes_in


@dataclass(frozen=True, slots=True)
class Answered:
    """The server answered; what follows is its body.

    Attributes:
        status: 200, 206 or 304.
        headers: Lower-case names, of a short list: length, range, tag, date, type.
        url: Where it came from in the end. It may be signed and expire: ask the first one again.
    """

    status: int
    headers: Mapping[str, str]
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Data:
    """More of the body, at most 256 KiB."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """The body came to its end.

    Attributes:
        bytes_out: Sent, with TLS; names that were looked up are not counted.
        bytes_in: Received, likewise.
        exact: False where only HTTP's own bytes could be counted.
    """

    bytes_out: int
    bytes_in: int
    exact: bool = True


TransferEvent = Answered | Data | Done


@dataclass(frozen=True, slots=True)
class NetworkSummary:
    """What ever went over the network, in short.

    Attributes:
        transfers: Connections since Hush was set up, those under way included.
        bytes_out: Sent by those that ended.
        bytes_in: Received by those that ended.
        since: When the first one began, in milliseconds since 1970; 0: there was none.
        under_way: How many run now.
        intact: The ledger is as Hush wrote it.
        can_send: Whether something could be asked for now.
        why_not: Where it could not: the reason, as a sentence.
        unknown: Transfers that were interrupted, so that nobody counted their bytes.
    """

    transfers: int
    bytes_out: int
    bytes_in: int
    since: int
    under_way: int
    intact: bool
    can_send: bool
    why_not: str
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One transfer. Times in milliseconds since 1970.

    Attributes:
        ended: None while it runs.
        what: An entry's name, never content.
        bytes_out: None: not known, for nobody was there to count.
        result: Empty while it runs. "ok", a ``Failure`` ("cancelled" only where a person stopped
            it), "stopped" by Hush itself, "not-begun" or "interrupted". Earlier versions wrote
            "cancelled" for "stopped", too, and "refused" for "not-begun".
        number: Of its beginning in the ledger, counted from 1.
        reached: Whom it reached in the end, where a redirect led to another host; else empty.
    """

    transfer_id: str
    began: int
    ended: int | None
    purpose: Purpose
    host: str
    what: str
    by: By
    approval_id: str
    payload_sha256: str
    bytes_out: int | None
    bytes_in: int | None
    result: str
    number: int = 0
    reached: str = ""


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """Whether the ledger is as Hush wrote it.

    Attributes:
        rows: How many were looked at; each transfer has two, its beginning and its end.
        first_bad: Number of the first row that is not as it was, counted from 1; one past the
            last where rows are missing at the end. None where all is well.
    """

    intact: bool
    rows: int
    first_bad: int | None
