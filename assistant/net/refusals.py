"""Why a cloud refused, in one of a few words: the rest of what it says stays in the net child."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

MAX_REFUSAL: Final = 64 * 1024
"""Bytes of a refusal that are read."""

_MAX_CODE: Final = 100
_TOO_MANY: Final = 429
_PAY: Final = 402
_NO_KEY: Final = frozenset({401, 403})
_BAD: Final = frozenset({400, 422})
_MISSING: Final = 404
_TOO_LONG: Final = 413

_SAID: Final[Mapping[str, str]] = {
    "invalid_api_key": "key",
    "incorrect_api_key": "key",
    "authentication_error": "key",
    "permission_error": "key",
    "insufficient_quota": "quota",
    "rate_limit_exceeded": "quota",
    "rate_limit_error": "quota",
    "billing_error": "quota",
    "model_not_found": "model",
    "context_length_exceeded": "length",
    "exceed_context_size_error": "length",
    "string_above_max_length": "length",
    "request_too_large": "length",
    "unsupported_parameter": "field",
    "unknown_parameter": "field",
    "extra_forbidden": "field",
}
"""What services say in an error's ``code`` or ``type``: OpenAI's reference, "Error codes";
Anthropic's, "Errors"; llama.cpp's server ("exceed_context_size_error"); pydantic's
"extra_forbidden", which Mistral and vLLM hand on."""


def why_refused(status: int, body: bytes) -> str:
    """The reason: "key", "quota", "model", "length", "field"; empty: not known.

    Args:
        status: Of HTTP, or 0 where an answer broke off in the middle.
        body: What was said, perhaps only its beginning; whatever it is.
    """
    for word in _codes(body):
        if found := _SAID.get(word):
            return found
    if status in _NO_KEY:
        return "key"
    if status in {_PAY, _TOO_MANY}:
        return "quota"
    if status == _MISSING:
        return "model"
    if status == _TOO_LONG:
        return "length"
    return "field" if status in _BAD and _names_a_limit(body) else ""


def _codes(body: bytes) -> list[str]:
    """What an error calls itself, by any of the names that such a field has."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return []
    places = [said]
    if isinstance(said, dict):
        places.append(said.get("error"))
        detail = said.get("detail")
        places += detail[:1] if isinstance(detail, list) else []
    return [
        value
        for place in places
        if isinstance(place, dict)
        for value in (place.get("code"), place.get("type"))
        if isinstance(value, str) and len(value) <= _MAX_CODE
    ]


def _names_a_limit(body: bytes) -> bool:
    """Whether a server that calls its error nothing speaks of the one field whose name differs."""
    return b"max_tokens" in body or b"max_completion_tokens" in body
