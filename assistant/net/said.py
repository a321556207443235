"""What a cloud said, out of JSON that may hold anything: the answer's text and its end, no more.

What a model thinks aloud, a tool that it would have used, and every field that is not as it should
be are passed over. Of OpenAI's reference: "The chat completion chunk object".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from assistant.net.deltas import FINISHES, MAX_COUNT, MAX_MODEL, Delta, without_controls
from assistant.net.records import Failure
from assistant.net.telling import Broken

_NOTHING: Final[Mapping[str, object]] = {}


def deltas_of(event: object) -> Iterator[Delta]:
    """What one event of a stream adds to an answer."""
    yield from _of(_mapping(event), "delta")


def whole_of(answer: object) -> Iterator[Delta]:
    """An answer that came as a whole.

    Raises:
        Broken: it is none.
    """
    said = _mapping(answer)
    choice = _first(said)
    if not isinstance(_mapping(choice.get("message")).get("content"), str):
        raise Broken(Failure.NOT_HTTP, "text")
    yield from _of(said, "message")
    if not _finish(choice):
        yield Delta(finish="stop")  # it is whole: its length was


def _of(said: Mapping[str, object], place: str) -> Iterator[Delta]:
    model = said.get("model")
    if isinstance(model, str) and 0 < len(model) <= MAX_MODEL and model.isprintable():
        yield Delta(model=model)
    choice = _first(said)
    content = _mapping(choice.get(place)).get("content")
    if isinstance(content, str) and (text := without_controls(content)):
        yield Delta(text=text)
    if finish := _finish(choice):
        yield Delta(finish=finish)
    usage = _mapping(said.get("usage"))
    counts = [_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens")]
    if counts != [None, None]:
        yield Delta(tokens_in=counts[0], tokens_out=counts[1])


def _first(said: Mapping[str, object]) -> Mapping[str, object]:
    choices = said.get("choices")
    return _mapping(choices[0]) if isinstance(choices, list) and choices else _NOTHING


def _finish(choice: Mapping[str, object]) -> str:
    """How it ended; empty: it has not."""
    reason = choice.get("finish_reason")
    if not isinstance(reason, str) or not reason:
        return ""
    return reason if reason in FINISHES else "other"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else _NOTHING


def _count(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= MAX_COUNT else None
