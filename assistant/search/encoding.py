"""Passages to codes, so that one text which the embedding model fails at costs no other its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assistant.embed.panics import is_survivable
from assistant.embed.protocol import Encoder
from assistant.engine.process import physical_cores
from assistant.errors import EncoderError, HushError
from assistant.log import log_event
from assistant.search.vector_index import codes_of
from assistant.store.vector_rows import Pending

SEPARATOR: Final = "\n"  # between context and text, as they are encoded
_PLAIN: Final = "a text"  # that a model which works can encode


def codes_by_hash(model: Encoder, pending: Sequence[Pending]) -> dict[bytes, bytes]:
    """The codes of passages, by their hash. One that the model fails at has none.

    Args:
        model: Encodes.
        pending: What has no code yet, each hash once.

    Raises:
        HushError: it fails at any text.
    """
    texts = [f"{one.context}{SEPARATOR}{one.text}".strip() for one in pending]
    if not texts:
        return {}
    try:
        made = codes_of(model.encode(texts, threads=physical_cores()))
    except BaseException as error:
        if not is_survivable(error):
            raise
        return _each(model, pending, texts)
    return {one.hash: row.tobytes() for one, row in zip(pending, made, strict=True)}


def _each(model: Encoder, pending: Sequence[Pending], texts: Sequence[str]) -> dict[bytes, bytes]:
    """One by one, after all at once failed."""
    found: dict[bytes, bytes] = {}
    for one, text in zip(pending, texts, strict=True):
        try:
            found[one.hash] = codes_of(model.encode([text]))[0].tobytes()
        except BaseException as problem:
            if not is_survivable(problem):
                raise
    if not found:  # is it the texts or the model?
        try:
            model.encode([_PLAIN])
        except BaseException as problem:
            if isinstance(problem, HushError) or not is_survivable(problem):
                raise
            raise EncoderError("The embedding model fails.", "Words are found.") from None
    log_event("index.not_encoded", texts=len(pending) - len(found))
    return found
