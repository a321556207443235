"""JSON schemas as grammars: what is accepted, and what is refused before the model reads a word."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.json_schema import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_PARTS,
    MAX_REPEATS,
    MAX_VALUES,
    grammar_of,
)
from assistant.errors import SchemaRefused

WORD = {"type": "string", "maxLength": 20}


def nested(depth: int) -> dict[str, Any]:
    """Lists in lists; ``depth`` counts the word in the innermost."""
    schema: dict[str, Any] = WORD
    for _ in range(depth - 1):
        schema = {"type": "array", "items": schema, "maxItems": 2}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        WORD,
        {"type": "string", "maxLength": 0},
        {"type": "string", "minLength": 3, "maxLength": 3},
        {"type": "array", "items": WORD, "maxItems": 0},
        {"type": "array", "items": WORD, "minItems": 2, "maxItems": MAX_REPEATS},
        {"type": "object", "properties": {"a": WORD}, "required": ["a"], "title": "A thing"},
        {"type": "object", "properties": {"a": WORD}, "additionalProperties": False},
        {"enum": ["a", 1, 1.5, True, None]},
        {"type": "integer", "enum": [1, 2.0]},
        {"const": "yes", "description": "no other"},
        {"anyOf": [WORD, {"type": "null"}]},
        {"enum": list(range(MAX_VALUES))},
        nested(MAX_DEPTH),
        *({"type": kind} for kind in ("integer", "number", "boolean", "null")),
    ],
)
def test_accepted(schema: dict[str, Any]) -> None:
    """A grammar with a root, and a line for each rule."""
    lines = grammar_of(json.dumps(schema)).splitlines()
    assert lines[0].startswith("root ::= ")
    assert all(" ::= " in line for line in lines)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        [],
        True,
        None,
        "string",
        {"type": "string"},  # might never end
        {"type": "array", "items": WORD},  # the same
        {"type": "array", "maxItems": 3},
        {"type": "array", "items": [WORD], "maxItems": 3},
        {"type": "array", "items": WORD, "maxItems": 3, "uniqueItems": True},
        {"type": "string", "maxLength": 5, "pattern": "a*"},
        {"type": "string", "maxLength": 5, "format": "date"},
        {"type": "string", "maxLength": -1},
        {"type": "string", "maxLength": 1.5},
        {"type": "string", "maxLength": True},
        {"type": "string", "maxLength": "9"},
        {"type": "string", "minLength": 6, "maxLength": 5},
        {"type": "string", "maxLength": MAX_REPEATS + 1},
        {"type": "integer", "minimum": 1},  # llama.cpp's converter ignores it
        {"type": "number", "multipleOf": 2},
        {"type": "object"},
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"a": WORD}, "required": ["b"]},
        {"type": "object", "properties": {"a": WORD}, "required": "a"},
        {"type": "object", "properties": {"a": WORD}, "additionalProperties": WORD},
        {"type": "object", "properties": {"a": "string"}},
        {"type": ["string", "null"], "maxLength": 5},
        {"type": "date"},
        {"type": {}},
        {"enum": []},
        {"enum": "abc"},
        {"enum": [["a"]]},
        {"enum": list(range(MAX_VALUES + 1))},
        {"enum": ["a"], "type": "integer"},
        {"enum": [True], "type": "integer"},
        {"enum": ["a"], "type": []},
        {"enum": ["\ud800"]},
        {"const": float("nan")},
        {"const": float("inf")},
        {"anyOf": []},
        {"anyOf": [WORD], "type": "string"},
        {"anyOf": [WORD] * (MAX_PARTS + 1)},
        {"oneOf": [WORD]},
        {"allOf": [WORD]},
        {"not": WORD},
        {"$ref": "#"},
        {"$ref": "https://example.com/schema"},
        nested(MAX_DEPTH + 1),
        {"type": "object", "properties": {f"p{i}": {"type": "string", "maxLength": 999}
                                          for i in range(9)}},
    ],
)  # fmt: skip
def test_refused(schema: object) -> None:
    """Each with a sentence, none with an accident."""
    with pytest.raises(SchemaRefused) as refusal:
        grammar_of(json.dumps(schema))
    assert refusal.value.message.startswith("The model cannot be held to this form: ")
    assert refusal.value.advice


@pytest.mark.parametrize(
    "text", ["", "{", "nonsense", "\ud800", "[" * 20_000, '{"enum": ["' + "x" * MAX_BYTES + '"]}']
)
def test_text_that_is_no_schema(text: str) -> None:
    """Broken, half a character, nested without end, too long."""
    with pytest.raises(SchemaRefused):
        grammar_of(text)


def test_refusals_hold_no_content() -> None:
    """Names and values of a schema may be a person's words; a refusal may reach a log."""
    for schema in ({"secret": 1}, {"enum": [["secret"]]}, {"type": "secret"},
                   {"type": "object", "properties": {"secret": 1}}):  # fmt: skip
        with pytest.raises(SchemaRefused) as refusal:
            grammar_of(json.dumps(schema))
        assert "secret" not in refusal.value.sentence


KEYWORDS = (
    "type enum const anyOf items maxItems minItems maxLength properties required "
    "additionalProperties title minimum"
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 1200) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(KEYWORDS.split()),
            inner | st.sampled_from(["object", "array", "string", "integer"]),
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_anything_is_accepted_or_refused(schema: object) -> None:
    """No other error, whatever stands there."""
    with suppress(SchemaRefused):
        assert grammar_of(json.dumps(schema)).startswith("root ::= ")
