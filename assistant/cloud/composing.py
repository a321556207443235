"""What would be sent, to the byte: pure functions from a draft to a request.

The same draft makes the same bytes. In them stand the parts that a person left in, the model's
name and the longest answer, and nothing else: no title, no date, no name of a file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from assistant.asking.questions import checked_text
from assistant.cloud.records import (
    KIND,
    Composed,
    Cost,
    Draft,
    LimitField,
    Part,
    PartKind,
    Provider,
    Shown,
)
from assistant.context.fitting import quoted
from assistant.context.given import ATTACHED, END_OF_ATTACHED, END_OF_PASSAGES, PASSAGES
from assistant.errors import InputRefused
from assistant.net.own_headers import OURS
from assistant.net.policy import read_address
from assistant.net.records import Purpose
from assistant.net.request import NetRequest
from assistant.redaction.records import Detector, Table
from assistant.redaction.swapping import swap
from assistant.text import clean

MAX_BODY: Final = 8 * 1024 * 1024
MAX_ANSWER: Final = 8 * 1024 * 1024

_READ_SECONDS: Final = 120.0  # a large model thinks before it writes
_TOTAL_SECONDS: Final = 900.0
_STALL: Final = (1, 120.0)

_BYTES_A_TOKEN: Final = 3
"""Fewer than any known tokenizer makes of prose: so there are at most so many tokens."""

_MILLION: Final = 1_000_000
_KEY: Final = "authorization"
_STAND_IN: Final = "Bearer key"
_HIDDEN: Final = "•••"


def compose(draft: Draft, detector: Detector | None, known: Table, version: int) -> Composed:
    """Make the bytes of a draft.

    Args:
        draft: What a person looks at.
        detector: Finds personal data; None: nothing is swapped.
        known: Placeholders that stand for something already.
        version: Counts the changes of one preview.

    Raises:
        InputRefused: the question has no words or is too long, or all of it is too much.
    """
    cleaned = [replace(part, text=clean(part.text)) for part in draft.parts]
    question = next((part for part in cleaned if part.kind is PartKind.QUESTION), None)
    checked_text(question.text if question else "")
    sent = [part for part in cleaned if _is_sent(part)]
    texts: Sequence[str] = [part.text for part in sent]
    table = Table()
    if draft.redact and detector:
        texts, table = swap(texts, detector, known, draft.keep)
    as_sent = dict(zip((part.id for part in sent), texts, strict=True))
    provider = draft.provider
    body = _body(
        provider.model,
        _turns([replace(part, text=as_sent[part.id]) for part in sent]),
        draft.reply_tokens,
        provider.limit_field,
    )
    return Composed(
        version,
        _request(provider, body),
        replace(draft, parts=tuple(cleaned)),
        tuple(Shown(part, as_sent.get(part.id, "")) for part in cleaned),
        table,
        cost_of(body, draft.reply_tokens, provider),
    )


def with_key(request: NetRequest, key: str) -> NetRequest:
    """The same request with the real key, where one goes with it. Its payload is the same."""
    return replace(
        request,
        headers=tuple(
            (name, f"Bearer {key}" if name.lower() == _KEY else value)
            for name, value in request.headers
        ),
    )


def head_of(request: NetRequest) -> tuple[tuple[str, str], ...]:
    """What is sent before the body, for people: method and path, then each header.

    The key is not in it.
    """
    address = read_address(request.url)
    host = address.text.removesuffix(address.target).partition("://")[2]
    headers = [
        (name, _HIDDEN if name.lower() == _KEY else value) for name, value in request.headers
    ]
    length = [("content-length", str(len(request.body)))] if request.body else []
    return (
        (request.method, address.target),
        ("host", host),
        *OURS.items(),
        *headers,
        *length,
    )


def cost_of(body: bytes, reply_tokens: int, provider: Provider) -> Cost:
    """What a request takes at most; no sum where a price, or the limit of the answer, is missing.

    Args:
        body: As it is sent. More of it than the texts: that stands for the template's tokens.
        reply_tokens: At most so long an answer.
        provider: Whose prices.
    """
    tokens = -(-len(body) // _BYTES_A_TOKEN)
    if provider.price_in is None or provider.price_out is None:
        return Cost(tokens, reply_tokens, None, provider.currency)
    if provider.price_out and not provider.limit_field:  # nobody tells the server where to end
        return Cost(tokens, reply_tokens, None, provider.currency, is_open=True)
    most = (tokens * provider.price_in + reply_tokens * provider.price_out) / _MILLION
    return Cost(tokens, reply_tokens, most, provider.currency)


@dataclass
class _Turn:
    """A message as it is sent."""

    role: str
    texts: list[str] = field(default_factory=list, repr=False)


def _turns(parts: Sequence[Part]) -> list[_Turn]:
    """Messages of parts: neighbours of one role are one, and what is given stands before them."""
    passages = [part.text for part in parts if part.kind is PartKind.PASSAGE]
    attached = [part.text for part in parts if part.kind is PartKind.ATTACHMENT]
    turns: list[_Turn] = []
    for part in parts:
        if part.kind in {PartKind.PASSAGE, PartKind.ATTACHMENT}:
            continue
        text = part.text
        if part.kind is PartKind.QUESTION:
            text = _given(passages, attached) + text
        if not turns or turns[-1].role != part.role:
            turns.append(_Turn(part.role))
        turns[-1].texts.append(text)
    return turns


def _given(passages: Sequence[str], attached: Sequence[str]) -> str:
    """What stands before the question, quoted line by line: data, whoever wrote it."""
    blocks = []
    if passages:
        numbered = (f"[{at}]\n{quoted(text)}\n" for at, text in enumerate(passages, 1))
        blocks += [PASSAGES, *numbered, END_OF_PASSAGES]
    if attached:
        blocks += [ATTACHED, *(f"{quoted(text)}\n" for text in attached), END_OF_ATTACHED]
    return "".join(blocks)


def _body(model: str, turns: Sequence[_Turn], reply_tokens: int, limit: LimitField) -> bytes:
    said: dict[str, Any] = {
        "messages": [{"content": "\n\n".join(turn.texts), "role": turn.role} for turn in turns],
        "model": model,
        "stream": True,
    }
    if limit:
        said[limit] = reply_tokens
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    body = text.encode()
    if len(body) > MAX_BODY:
        raise InputRefused(
            f"This is {len(body) / _MILLION:.1f} MB; "
            f"{MAX_BODY // _MILLION} MB can be sent at once.",
            "Leave something out.",
        )
    return body


def _request(provider: Provider, body: bytes) -> NetRequest:
    headers = [("content-type", "application/json")]
    if provider.has_key:
        headers.append((_KEY, _STAND_IN))
    return NetRequest(
        Purpose.CLOUD,
        f"{provider.address}/chat/completions",
        kind=KIND,
        method="POST",
        headers=tuple(headers),
        body=body,
        max_bytes=MAX_ANSWER,
        read_seconds=_READ_SECONDS,
        total_seconds=_TOTAL_SECONDS,
        stall=_STALL,
        own_network=provider.own_network,
    )


def _is_sent(part: Part) -> bool:
    if part.kind is PartKind.QUESTION:
        return True
    return part.included and bool(part.text.strip())
