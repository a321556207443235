"""A reply's figures as the text of one column: a flat JSON object of numbers and names."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from assistant.records import FinishReason, ReplyFigures

_COUNTS = (
    "prompt_tokens",
    "reused_tokens",
    "reply_tokens",
    "context_cap",
    "omitted_messages",
    "omitted_tokens",
)
_RATES = ("first_token_ms", "tokens_per_second")


def encode_figures(figures: ReplyFigures | None) -> str | None:
    """Write figures as JSON, None as NULL.

    Raises:
        ValueError: a number is infinite or not a number.
    """
    return None if figures is None else json.dumps(asdict(figures), allow_nan=False)


def decode_figures(column: str | None) -> ReplyFigures | None:
    """Read figures back. Anything but exactly what ``encode_figures`` writes becomes None.

    Numbers about a reply are never worth losing the reply itself, so nothing is raised.
    """
    if column is None:
        return None
    try:
        return _checked(json.loads(column))
    except (ValueError, RecursionError):
        return None


def _checked(found: Any) -> ReplyFigures:
    expected = {"model", "finish_reason", *_COUNTS, *_RATES}
    if not isinstance(found, dict) or found.keys() != expected:
        raise ValueError("not the fields of ReplyFigures")
    if type(found["model"]) is not str:
        raise ValueError("the model has a name")
    if any(type(found[name]) is not int or found[name] < 0 for name in _COUNTS):
        raise ValueError("a count is a whole number from 0")
    if any(type(found[name]) not in (int, float) for name in _RATES):
        raise ValueError("a rate is a number")
    if not all(math.isfinite(found[name]) and found[name] >= 0 for name in _RATES):
        raise ValueError("a rate is finite, from 0")
    return ReplyFigures(**{**found, "finish_reason": FinishReason(found["finish_reason"])})
