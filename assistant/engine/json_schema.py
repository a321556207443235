r"""A JSON schema as a grammar in llama.cpp's notation (GBNF). Pure.

What is accepted is small and wholly obeyed; anything else is refused before the model reads a word.
The grammar is narrower than the schema in three ways, so that what a model writes can be read back:

- an object has all of its properties, in the schema's order, and no others;
- between tokens of JSON stands at most one space, after a comma or a colon;
- a string holds no control characters, and of JSON's escapes only ``\" \\ \/ \n \r \t``.

llama-cpp-python's own converter is not used: its strings may hold line breaks, which no JSON parser
takes; a quotation mark in an ``enum`` breaks out of its literal; what it does not know it ignores.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, Final

from assistant.errors import SchemaRefused

MAX_BYTES: Final = 32 * 1024
MAX_DEPTH: Final = 8
MAX_PARTS: Final = 128
"""Schemas inside the schema."""

MAX_VALUES: Final = 256
"""Values of one ``enum``. Each is a path that the grammar follows at once while it begins."""

MAX_REPEATS: Final = 1000
"""Characters of one string, items of one array. llama.cpp refuses more than 2,000."""

MAX_ALL_REPEATS: Final = 8000
"""The same over the whole schema: each becomes a rule."""

_NOTES: Final = frozenset({"title", "description", "examples", "default", "$comment", "$schema"})
"""Keywords that allow and forbid nothing."""

_FIXED_RULES: Final = {
    "space": '" "?',
    # Not the surrogates either: they are no characters.
    "char": r'[^"\\\x00-\x1F\x7F\uD800-\uDFFF] | "\\" ["\\/nrt]',
    # At most 15 digits: a float holds them exactly, so every parser reads the same number.
    "integer": '"-"? ("0" | [1-9] [0-9]{0,14})',
    "number": 'integer ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?',
    "boolean": '"true" | "false"',
    "null": '"null"',
}


def grammar_of(schema: str) -> str:
    """Turn a JSON schema, as text, into GBNF whose start is ``root``.

    Raises:
        SchemaRefused: it is no JSON schema, is too large, or asks for what cannot be promised.
    """
    return _Converter().convert(_parsed(schema))


def _parsed(schema: str) -> Any:
    try:
        if len(schema.encode()) > MAX_BYTES:
            raise _refused("it is too long")
        return json.loads(schema)
    except (ValueError, RecursionError) as error:  # UnicodeEncodeError is a ValueError
        raise _refused("it is not valid JSON") from error


class _Converter:
    """Collects one rule for each part of a schema."""

    def __init__(self) -> None:
        self._rules: list[str] = []
        self._parts = 0
        self._repeats = 0
        self._kinds: dict[str, Callable[[dict[str, Any], int], str]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._plain,
            "number": self._plain,
            "boolean": self._plain,
            "null": self._plain,
        }

    def convert(self, schema: Any) -> str:
        root = self._rule(schema, 1)
        fixed = [f"{name} ::= {body}" for name, body in _FIXED_RULES.items()]
        return "\n".join([f"root ::= {root}", *self._rules, *fixed, ""])

    def _rule(self, schema: Any, depth: int) -> str:
        """Add a rule for the part; return its name. Its text never goes into the name."""
        self._parts += 1
        if self._parts > MAX_PARTS or depth > MAX_DEPTH:
            raise _refused("it has too many parts or is nested too deeply")
        if not isinstance(schema, dict):
            raise _refused("a part of it is not an object")
        name = f"part-{self._parts}"
        self._rules.append(f"{name} ::= {self._body(schema, depth)}")
        return name

    def _body(self, schema: dict[str, Any], depth: int) -> str:
        if "anyOf" in schema:
            _only(schema, "anyOf")
            choices = _items(schema["anyOf"], MAX_PARTS)
            return " | ".join([self._rule(choice, depth + 1) for choice in choices])
        if "enum" in schema or "const" in schema:
            return _enum(schema)
        kind = schema.get("type")
        if not isinstance(kind, str) or kind not in self._kinds:
            raise _refused("a part of it has no single, known type")
        return self._kinds[kind](schema, depth)

    def _object(self, schema: dict[str, Any], depth: int) -> str:
        _only(schema, "type", "properties", "required", "additionalProperties")
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not properties:
            raise _refused("an object in it names no properties")
        required = schema.get("required", [])
        if not isinstance(required, list) or not all(
            isinstance(name, str) and name in properties for name in required
        ):
            raise _refused("an object in it requires properties that it does not name")
        if not isinstance(schema.get("additionalProperties", False), bool):
            raise _refused("“additionalProperties” with a schema cannot be held to")
        pairs = [
            f'{_literal(name)} ":" space {self._rule(part, depth + 1)}'
            for name, part in properties.items()
        ]
        return '"{" ' + ' "," space '.join(pairs) + ' "}"'

    def _array(self, schema: dict[str, Any], depth: int) -> str:
        _only(schema, "type", "items", "minItems", "maxItems")
        least, most = self._range(schema, "minItems", "maxItems")
        item = self._rule(schema.get("items"), depth + 1)
        if most == 0:
            return '"[]"'
        more = f'{item} ("," space {item}){{{max(0, least - 1)},{most - 1}}}'
        return f'"[" {more} "]"' if least else f'"[" ({more})? "]"'

    def _string(self, schema: dict[str, Any], _depth: int) -> str:
        _only(schema, "type", "minLength", "maxLength")
        least, most = self._range(schema, "minLength", "maxLength")
        return rf'"\"" char{{{least},{most}}} "\""' if most else r'"\"\""'

    def _plain(self, schema: dict[str, Any], _depth: int) -> str:
        _only(schema, "type")
        return str(schema["type"])

    def _range(self, schema: dict[str, Any], lowest: str, highest: str) -> tuple[int, int]:
        if highest not in schema:
            raise _refused(f"a part of it sets no “{highest}”, and the reply might never end")
        least, most = schema.get(lowest, 0), schema[highest]
        if type(least) is not int or type(most) is not int or not 0 <= least <= most:
            raise _refused(f"“{lowest}” and “{highest}” do not fit together")
        self._repeats += most
        if most > MAX_REPEATS or self._repeats > MAX_ALL_REPEATS:
            raise _refused(f"“{highest}” is too large")
        return least, most


def _enum(schema: dict[str, Any]) -> str:
    _only(schema, "type", "enum" if "enum" in schema else "const")
    values = _items(schema["enum"], MAX_VALUES) if "enum" in schema else [schema["const"]]
    if "type" in schema and not all(_is_of(value, schema["type"]) for value in values):
        raise _refused("a value that it allows is not of the type that it asks for")
    return " | ".join(_literal(value) for value in values)


def _is_of(value: Any, kind: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return {
        "string": isinstance(value, str),
        "integer": number and float(value).is_integer(),
        "number": number,
        "boolean": isinstance(value, bool),
        "null": value is None,
    }.get(kind if isinstance(kind, str) else "", False)


def _literal(value: Any) -> str:
    """The value's JSON as a GBNF literal; nothing in it can end the literal."""
    if not (value is None or isinstance(value, str | int | float)):
        raise _refused("a value that it allows is not a plain one")
    if isinstance(value, float) and not math.isfinite(value):
        raise _refused("a number in it is not finite")
    text = json.dumps(value, ensure_ascii=False)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise _refused("a text in it holds half a character")
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if " " <= character <= "~" else f"\\U{ord(character):08X}"


def _items(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _refused("a list of choices in it is empty or not a list")
    if len(value) > most:
        raise _refused("a list of choices in it is too long")
    return value


def _only(schema: dict[str, Any], *known: str) -> None:
    """Refuse keywords that would be ignored: a reply must obey all of the schema or none."""
    if any(key not in known and key not in _NOTES for key in schema):
        # Which one is not said: a key in the wrong place may be somebody's text.
        raise _refused("it uses keywords that cannot be held to")


def _refused(why: str) -> SchemaRefused:
    return SchemaRefused(
        f"The model cannot be held to this form: {why}.", "Ask for a simpler form."
    )
