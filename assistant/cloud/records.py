"""What the cloud's rooms hand to each other and to whoever shows it. Values, no logic."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from assistant.asking.records import Attachment, Scope
from assistant.net.policy import read_address
from assistant.net.request import NetRequest
from assistant.redaction.records import Table

KIND: Final = "cloud"
"""Which handler of the net child asks a provider."""

LimitField = Literal["max_tokens", "max_completion_tokens", ""]


@dataclass(frozen=True, slots=True)
class Provider:
    """Somebody who can be asked: a service, or a box on one's own network.

    Attributes:
        id: 16 hexadecimal digits.
        name: For people; one line of up to 60 characters.
        address: The base, as ``https://api.example.com/v1``: no query, no user, no last slash.
        model: Sent as it is; up to 200 printable ASCII characters.
        own_network: The address is on this computer or on one's own network.
        trusted: A press is enough to ask it, with nothing shown; only where
            ``can_be_trusted``.
        has_key: A key goes with each request; it lies in the system's keyring.
        price_in: For a million tokens that are sent, in ``currency``; None: not known.
        price_out: For a million tokens that come.
        is_default: Who is offered.
        limit_field: What this server calls the limit of an answer; empty: none is sent.
    """

    id: str
    name: str
    address: str = field(repr=False)
    model: str
    own_network: bool
    trusted: bool = False
    has_key: bool = False
    price_in: float | None = None
    price_out: float | None = None
    currency: str = "USD"
    is_default: bool = False
    limit_field: LimitField = "max_tokens"

    @property
    def host(self) -> str:
        """Where it is, with the port where that is not the scheme's own."""
        address = read_address(self.address)
        return address.text.removesuffix(address.target).partition("://")[2]

    @property
    def can_be_trusted(self) -> bool:
        """Whether its address names one machine only, wherever this laptop is.

        A private address is somebody else's machine on the next network. One that has to show its
        certificate, and this computer itself, are not.
        """
        is_loopback = read_address(self.address).is_loopback
        return self.own_network and (not self.is_plain or is_loopback)

    @property
    def is_plain(self) -> bool:
        """Whether what is sent can be read on the way."""
        return self.address.startswith("http:")


class PartKind(StrEnum):
    """What a part of a request is."""

    SYSTEM = "system"
    EARLIER = "earlier"
    PASSAGE = "passage"
    ATTACHMENT = "attachment"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Part:
    """Something that would be sent, and can be left out.

    Attributes:
        id: Stable while one looks: "system", "m12", "p1", "a3", "question".
        kind: What it is.
        label: For people: "Instructions", "From “Lisbon”".
        text: With the person's own words in it, never placeholders.
        role: Whose words they are.
        included: Whether it is sent.
        edited: Whether the person changed it.
    """

    id: str
    kind: PartKind
    label: str = field(repr=False)
    text: str = field(repr=False)
    role: Literal["system", "user", "assistant"] = "user"
    included: bool = True
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person is about to look at.

    Attributes:
        provider: Who would be asked.
        parts: In the order of the messages. The question is the last, and stays.
        conversation_id: None: a chat that has not begun.
        question_id: None: it is stored with the answer.
        reply_tokens: At most so long an answer.
        redact: Whether personal data is swapped.
        keep: Values that are sent as they are.
        private: Whether a chat that has not begun is a private one.
        scope: Of a question that is not stored yet.
        attachments: The same.
    """

    provider: Provider
    parts: tuple[Part, ...]
    conversation_id: int | None
    question_id: int | None
    reply_tokens: int
    redact: bool = True
    keep: frozenset[str] = field(default=frozenset(), repr=False)
    private: bool = False
    scope: Scope | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A part, and its text as it is sent; empty where it is left out."""

    part: Part
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request takes at most.

    Attributes:
        tokens_in: That are sent.
        tokens_out: That come.
        most: In ``currency``; None: not known.
        currency: Of the prices.
        is_open: Why it is not known: there are prices, but nothing limits the answer.
    """

    tokens_in: int
    tokens_out: int
    most: float | None
    currency: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Composed:
    """One version of what would be sent, to the byte.

    Attributes:
        version: Counts the changes of one preview.
        request: Its key is a stand-in; see ``composing.with_key``.
        draft: What it was made of.
        shown: Its parts as they are sent.
        table: What was swapped for what.
        cost: At most.
    """

    version: int
    request: NetRequest = field(repr=False)
    draft: Draft = field(repr=False)
    shown: tuple[Shown, ...] = field(repr=False)
    table: Table = field(repr=False)
    cost: Cost

    @property
    def body(self) -> str:
        """Exactly what is sent."""
        return self.request.body.decode()

    @property
    def size(self) -> int:
        """Of the body, in bytes."""
        return len(self.request.body)


class Reason(StrEnum):
    """Why something is offered. ``ASKED``: the person came by themselves."""

    PAUSED = "paused"
    UNSURE = "unsure"
    LONG = "long"
    BEYOND = "beyond"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Offer:
    """A quiet line: "The model is not sure of this." and "Ask Mistral instead…"."""

    reason: Reason
    sentence: str
    action: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that somebody else shall be asked once there is a network."""

    id: int
    question_id: int
    conversation_id: int
    text: str = field(repr=False)
    provider_id: str
    at: int  # milliseconds since 1970


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent for an answer, and to whom.

    ``body`` is None and ``table`` empty where the person deleted them.
    """

    answer_id: int
    provider: str
    host: str
    model: str
    at: int
    approval_id: str
    payload_sha256: str
    size: int
    body: bytes | None = field(repr=False)
    table: Table = field(repr=False)


class Topic(StrEnum):
    """Whether there is one right answer to a question."""

    FACTUAL = "factual"
    CREATIVE = "creative"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Divergence:
    """How far two answers to a question are apart. ``distance`` is 1 - cosine."""

    question_id: int
    local_id: int
    cloud_id: int
    distance: float
    topic: Topic
    told: bool
