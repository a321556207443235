"""One request: all that the net child is told, and the bytes that an approval is bound to."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from assistant.net.policy import BadAddress, is_pattern, may_ask, read_address
from assistant.net.records import Purpose

CLOUD: Final = "cloud"
"""The kind that asks a provider; the other one is "fetch"."""

MAX_BODY: Final = 64 * 1024 * 1024
_MAX_HEADERS: Final = 32
_MAX_HOSTS: Final = 16
_MAX_HEADER_TEXT: Final = 8192
_UNBOUND: Final = frozenset({"authorization", "if-none-match", "if-range", "range"})
"""Headers that may differ from what was approved: where to go on, and the key that lets us in.

Each of them once, and in its one narrow form: nothing else can be said in them. That there is a
key is approved; which one is not."""

_KEY: Final = "authorization"
_RANGE: Final = re.compile(r"bytes=[0-9]{1,18}-")
_VALIDATOR: Final = re.compile(
    r'(?:W/)?"[\x21\x23-\x7e]*"'  # RFC 9110, 8.8.3: a state that the server named
    r"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} "  # or a date, 5.6.7
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
)
_MAX_VALIDATORS: Final = 1024

_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")  # RFC 9110, 5.6.2
_VALUE: Final = re.compile(r"[\x21-\x7e\t ]*")
_OURS: Final = frozenset(
    {"accept-encoding", "connection", "content-length", "cookie", "expect", "host", "referer"}
    | {"te", "transfer-encoding", "upgrade", "user-agent", "proxy-authorization"}
)
"""Headers that only the net child sets, or nobody."""

_METHODS: Final = frozenset({"GET", "POST"})


@dataclass(frozen=True, slots=True)
class NetRequest:
    """What is to be asked of whom.

    Attributes:
        purpose: What for.
        url: https; http only where ``plain_allowed`` and it is this computer, or ``own_network``.
        kind: Which handler of the child does it.
        method: GET or POST.
        headers: May hold a key: they go into no log and no ledger.
        body: To be sent.
        options: JSON for another kind; empty for "fetch" and "cloud".
        hosts: Where a redirect may lead: names, or ``*.name``; the url's own host always.
        max_bytes: Of the answer's body; past it the transfer ends. 0: no body is taken.
        connect_seconds: For the name, the connection and TLS.
        read_seconds: Between two reads.
        total_seconds: For all of it; 0: no limit.
        stall: Fewer bytes than this in so many seconds: it is given up.
        plain_allowed: For tests, and for servers on this computer.
        own_network: It is for this computer or one's own network, and for nobody else: the child
            looks whom it is connected to before it sends a byte, and asks no proxy.
    """

    purpose: Purpose
    url: str = field(repr=False)
    kind: str = "fetch"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    options: str = field(default="", repr=False)
    hosts: tuple[str, ...] = ()
    max_bytes: int = 0
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    total_seconds: float = 0.0
    stall: tuple[int, float] = (1024, 60.0)
    plain_allowed: bool = False
    own_network: bool = False

    def payload(self) -> bytes:
        """The bytes that are approved: all that leaves, and where it may go.

        One line of JSON, then the body. Two requests that differ in more than where to go on and
        in time-outs have other bytes.
        """
        bound = sorted(
            [name.lower(), value] for name, value in self.headers if name.lower() not in _UNBOUND
        )
        if any(name.lower() == _KEY for name, _ in self.headers):
            bound = sorted([*bound, [_KEY, ""]])
        head: dict[str, object] = {
            "body_bytes": len(self.body),
            "headers": bound,
            "hosts": list(self.hosts),
            "kind": self.kind,
            "method": self.method,
            "options": self.options,
            "purpose": self.purpose.value,
            "url": self.url,
        }
        if self.own_network:  # only then: what was approved and written down before it stands
            head["own_network"] = True
        text = json.dumps(head, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        return b"hush request 1\n" + text.encode("ascii") + b"\n" + self.body

    @property
    def payload_sha256(self) -> str:
        """SHA-256 of ``payload``, hexadecimal."""
        return hashlib.sha256(self.payload()).hexdigest()

    @property
    def host(self) -> str:
        """Who is asked; empty where the address is none."""
        try:
            return read_address(self.url).host
        except BadAddress:
            return ""

    @property
    def is_sound(self) -> bool:
        """Whether it may be asked at all: an address of https, and nothing odd in the rest."""
        try:
            address = read_address(self.url)
        except BadAddress:
            return False
        return (
            may_ask(address, plain_allowed=self.plain_allowed, own_network=self.own_network)
            and self._is_of_its_kind
            and self.method in _METHODS
            and len(self.body) <= MAX_BODY
            and len(self.hosts) <= _MAX_HOSTS
            and all(is_pattern(host) for host in self.hosts)
            and len(self.headers) <= _MAX_HEADERS
            and all(_is_header(name, value) for name, value in self.headers)
            and _says_no_more(self.headers)
            and self.max_bytes >= 0
            and all(
                math.isfinite(seconds) and seconds >= 0
                for seconds in (self.total_seconds, self.connect_seconds, self.read_seconds)
            )
            and self.connect_seconds > 0
            and self.read_seconds > 0
            and math.isfinite(self.stall[1])
            and self.stall[1] > 0
        )

    @property
    def _is_of_its_kind(self) -> bool:
        """Whether a question to a cloud says that it is one, and leads to one host only."""
        return self.kind != CLOUD or (
            (self.purpose, self.method) == (Purpose.CLOUD, "POST")
            and not (self.hosts or self.options)
        )

    def to_frame(self) -> dict[str, Any]:
        """All but the body, for the child."""
        said = asdict(self)
        said.pop("body")
        return {"op": "request", **said, "body_bytes": len(self.body)}

    @classmethod
    def from_frame(cls, frame: dict[str, Any], body: bytes) -> Self:
        """The request that ``to_frame`` told of.

        Raises:
            ValueError, KeyError, TypeError: it is none.
        """
        said = {name: frame[name] for name in cls.__dataclass_fields__ if name != "body"}
        said["purpose"] = Purpose(said["purpose"])
        said["headers"] = tuple((str(name), str(value)) for name, value in said["headers"])
        said["hosts"] = tuple(str(host) for host in said["hosts"])
        low, seconds = said["stall"]
        said["stall"] = (int(low), float(seconds))
        return cls(**said, body=body)


def is_validator(text: str) -> bool:
    """Whether a text may be sent back as what names a file's state: an ETag, or a date."""
    return len(text) <= _MAX_VALIDATORS and bool(_VALIDATOR.fullmatch(text))


def _says_no_more(headers: tuple[tuple[str, str], ...]) -> bool:
    """Whether the headers that no approval is bound to only say what they are for."""
    said = [(name.lower(), value) for name, value in headers if name.lower() in _UNBOUND]
    ranges = [value for name, value in said if name == "range"]
    validators = [value for name, value in said if name not in {"range", _KEY}]
    return (
        len({name for name, _ in said}) == len(said)
        and all(_RANGE.fullmatch(value) for value in ranges)
        and all(is_validator(value) for value in validators)
        and sum(map(len, validators)) <= _MAX_VALIDATORS
    )


def _is_header(name: str, value: str) -> bool:
    return (
        bool(_TOKEN.fullmatch(name))
        and name.lower() not in _OURS
        and len(value) <= _MAX_HEADER_TEXT
        and bool(_VALUE.fullmatch(value))
    )
