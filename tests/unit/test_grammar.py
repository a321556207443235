"""Grammars in llama.cpp, with the starter model's vocabulary: what they let through."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from llama_cpp import llama_cpp as low

from assistant.engine.grammar import Grammar, Grammars
from assistant.engine.llama import silence
from assistant.errors import SchemaRefused
from models.starter import starter_model

WORD = {"type": "string", "maxLength": 20}
NOTE = {
    "type": "object",
    "properties": {
        "title": WORD,
        "tags": {"type": "array", "items": WORD, "minItems": 1, "maxItems": 3},
        "stars": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    },
}


@pytest.fixture(scope="module")
def vocab() -> Iterator[Any]:
    """The starter model's vocabulary, without its weights."""
    silence()
    parameters = low.llama_model_default_params()
    parameters.vocab_only = True
    model = low.llama_model_load_from_file(str(starter_model().path).encode(), parameters)
    yield low.llama_model_get_vocab(model)
    low.llama_model_free(model)


def tokens_of(vocab: Any, text: str) -> list[int]:
    """The text's tokens, nothing of it special."""
    data = text.encode()
    buffer = (low.llama_token * (len(data) + 2))()
    count = low.llama_tokenize(vocab, data, len(data), buffer, len(buffer), False, False)
    return list(buffer[:count])


def follow(grammar: Grammar, tokens: Sequence[int]) -> bool:
    """Go on by these tokens; False at the first that is not allowed."""
    for token in tokens:
        if not grammar.allows(np.array([token]))[0]:
            return False
        grammar.accept(token)
    return True


def takes(vocab: Any, schema: object, text: str) -> bool:
    """Whether the text is a whole reply to the schema."""
    grammar = Grammars(vocab).start(json.dumps(schema))
    return follow(grammar, tokens_of(vocab, text)) and grammar.complete()


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (WORD, '"Ärger & \N{EARTH GLOBE EUROPE-AFRICA} 世界"'),
        (WORD, r'"a \"b\" \\ \n"'),
        (WORD, '""'),
        ({"type": "string", "maxLength": 0}, '""'),
        ({"type": "string", "minLength": 3, "maxLength": 3}, '"abc"'),
        ({"type": "integer"}, "-120"),
        ({"type": "integer"}, "0"),
        ({"type": "number"}, "-0.5e-10"),
        ({"type": "boolean"}, "false"),
        ({"type": "null"}, "null"),
        ({"type": "array", "items": WORD, "maxItems": 2}, "[]"),
        ({"type": "array", "items": WORD, "maxItems": 2}, '["a","b"]'),
        ({"type": "array", "items": WORD, "maxItems": 2}, '["a", "b"]'),
        ({"type": "array", "items": WORD, "maxItems": 0}, "[]"),
        ({"type": "array", "items": {"type": "null"}, "minItems": 2, "maxItems": 2}, "[null,null]"),
        (NOTE, '{"title": "Sea", "tags": ["a", "b"], "stars": 3}'),
        (NOTE, '{"title":"Sea","tags":["a"],"stars":null}'),
        ({"enum": ["a", 1, 2.5, None, True]}, "2.5"),
        ({"enum": ["a", 1, 2.5, None, True]}, "true"),
        *(
            ({"enum": [word]}, json.dumps(word, ensure_ascii=False))
            for word in ('"', "\\", '\\" | char', "a\nb", "]", "é", "世界", "{1,2}")
        ),
        ({"type": "object", "properties": {'a"b\\': WORD}}, r'{"a\"b\\":"x"}'),
    ],
)
def test_takes(vocab: Any, schema: object, text: str) -> None:
    """What the schema asks for, which JSON's own parser reads back."""
    json.loads(text)
    assert takes(vocab, schema, text)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (WORD, "word"),
        (WORD, '"' + "x" * 21 + '"'),
        (WORD, '"two\nlines"'),
        (WORD, '"a\tb"'),
        (WORD, r'"\u0041"'),
        (WORD, r'"\x"'),
        (WORD, '"open'),
        (WORD, '"a" '),
        ({"type": "string", "minLength": 3, "maxLength": 3}, '"ab"'),
        ({"type": "integer"}, "007"),
        ({"type": "integer"}, "1.5"),
        ({"type": "integer"}, "1" * 17),
        ({"type": "number"}, "1e999"),
        ({"type": "array", "items": WORD, "maxItems": 2}, '["a", "b", "c"]'),
        ({"type": "array", "items": WORD, "minItems": 2, "maxItems": 2}, '["a"]'),
        ({"type": "array", "items": WORD, "maxItems": 2}, '["a",]'),
        (NOTE, '{"title": "Sea"}'),
        (NOTE, '{"tags": ["a"], "title": "Sea", "stars": 3}'),
        ({"enum": ["a"]}, '"b"'),
    ],
)
def test_does_not_take(vocab: Any, schema: object, text: str) -> None:
    """What it does not ask for, or what no parser reads."""
    assert not takes(vocab, schema, text)


def test_an_end_is_allowed_only_where_all_is_there(vocab: Any) -> None:
    """Not in the middle; and at the end nothing else is."""
    end = np.array([low.llama_vocab_eos(vocab)])
    grammar = Grammars(vocab).start(json.dumps(NOTE))
    assert not grammar.allows(end)[0]
    assert follow(grammar, tokens_of(vocab, '{"title": "Sea", "tags": ["a"], "stars": null}'))
    allowed = np.flatnonzero(grammar.allows(np.arange(low.llama_vocab_n_tokens(vocab))))
    assert len(allowed)
    assert all(low.llama_vocab_is_eog(vocab, int(token)) for token in allowed)


def test_tokens_that_are_never_shown_are_not_allowed(vocab: Any) -> None:
    """A control token's text would count for the grammar and be missing from the reply."""
    grammar = Grammars(vocab).start(json.dumps(WORD))
    assert follow(grammar, tokens_of(vocab, '"'))
    control = [
        token
        for token in range(low.llama_vocab_n_tokens(vocab))
        if low.llama_vocab_is_control(vocab, token) and not low.llama_vocab_is_eog(vocab, token)
    ]
    assert control
    assert not grammar.allows(np.array(control)).any()


def test_each_reply_starts_at_the_beginning(vocab: Any) -> None:
    """The compiled grammar is kept; where one reply stands does not touch the next."""
    grammars = Grammars(vocab)
    schema = json.dumps(WORD)
    first = grammars.start(schema)
    assert follow(first, tokens_of(vocab, '"a"'))
    second = grammars.start(schema)
    assert not second.complete()
    assert follow(second, tokens_of(vocab, '"b"'))


def test_many_schemas_push_each_other_out(vocab: Any) -> None:
    """Those pushed out are compiled anew, and one that is in use goes on."""
    grammars = Grammars(vocab)
    using = grammars.start(json.dumps({"const": "used"}))
    for number in range(50):
        grammars.start(json.dumps({"const": number}))
    assert follow(using, tokens_of(vocab, '"used"'))
    assert using.complete()
    assert follow(grammars.start(json.dumps({"const": 0})), tokens_of(vocab, "0"))


@pytest.mark.parametrize("text", ["root", "root ::= nowhere", "root ::= root", 'a ::= "a"'])
def test_what_llama_cpp_does_not_take_is_refused(vocab: Any, text: str) -> None:
    """It answers with a null pointer, whose use would end the process."""
    with pytest.raises(SchemaRefused, match="too complex"):
        Grammar.parse(vocab, text)


def test_the_largest_schemas_compile(vocab: Any) -> None:
    """At every limit llama.cpp still takes what was accepted, within its own limits."""
    long = {"type": "string", "minLength": 1000, "maxLength": 1000}
    for schema in (
        {"type": "object", "properties": {f"p{n}": long for n in range(8)}},
        {"type": "array", "items": WORD, "minItems": 1000, "maxItems": 1000},
        {"enum": [f"tag number {n}" for n in range(256)]},
        {"anyOf": [WORD] * 126},
    ):
        Grammars(vocab).start(json.dumps(schema))
