"""What an embedding model sees of a text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from tokenizers import Tokenizer, models

from assistant.embed.tokens import Tokens
from assistant.errors import EncoderDamaged
from models.encoders import Reading, starter_encoder

CLS, SEP = 101, 102


def tokens(reading: Reading) -> Tokens:
    """The starter's tokenizer, reading like this."""
    return Tokens(starter_encoder().tokenizer(), "MiniLM", "key", reading)


def test_special_tokens_stand_around_the_text() -> None:
    """Those and the words, nothing that fills up, though the file says to."""
    ids = tokens(Reading(256)).ids("a cat")
    assert (ids[0], ids[-1]) == (CLS, SEP)
    assert len(ids) == 4


def test_a_long_text_is_cut_inside_its_special_tokens() -> None:
    """The last token stays what ends a text."""
    found = tokens(Reading(16))
    ids = found.ids("word " * 100)
    assert len(ids) == 16
    assert (ids[0], ids[-1]) == (CLS, SEP)
    assert found.max_tokens == 14


def test_the_file_s_own_limit_does_not_hold() -> None:
    """It says 128; the model reads 256."""
    assert len(tokens(Reading(256)).ids("word " * 500)) == 256


def test_prompts_begin_texts_and_take_their_room() -> None:
    """A question's own, a text's own; a passage must fit behind the longer of the two."""
    plain, prompted = tokens(Reading(32)), tokens(Reading(32, "find the answer: ", "text: "))
    assert prompted.ids("a cat", query=True) == plain.ids("find the answer: a cat")
    assert prompted.ids("a cat") == plain.ids("text: a cat")
    assert prompted.max_tokens == plain.max_tokens - 4


def test_spans_are_of_the_text_alone() -> None:
    """No prompt, no special token, and in characters, not bytes."""
    text = "Ärger über Öl 👩‍👩‍👧 x"
    spans = tokens(Reading(32, "q: ", "t: ")).spans(text)
    assert text[spans[0][0] : spans[1][1]] == "Ärger"
    assert text[slice(*spans[-1])] == "x"


def test_a_word_without_an_end_is_cut_anywhere() -> None:
    """A megabyte with no space: looked at in pieces, and every letter is in one."""
    spans = tokens(Reading(32)).spans("x" * 1_000_000)
    assert spans[0][0] == 0
    assert spans[-1][1] == 1_000_000
    assert all(one[1] == two[0] for one, two in pairwise(spans))


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"no JSON", b"\xff\xfe", b'{"model": {"type": "BPE"}}']
)
def test_what_is_no_tokenizer_is_said_in_words(data: bytes) -> None:
    """Truncated, empty or another file."""
    with pytest.raises(EncoderDamaged):
        Tokens(data, "MiniLM", "key", Reading(256))


def test_a_limit_that_leaves_no_room_is_refused() -> None:
    """Prompts longer than what the model reads at once."""
    with pytest.raises(EncoderDamaged):
        tokens(Reading(8, "find the answer to this question: "))


def test_a_tokenizer_put_together_from_parts_is_the_one_of_the_file() -> None:
    """Token by token, for words that it has, has not, and for its own marks."""
    whole = Tokenizer.from_buffer(starter_encoder().tokenizer())
    whole.no_truncation()
    whole.no_padding()
    read = tokens(Reading(256))
    for text in ("Hello wörld", "unspeakableness", "[CLS] 𓀀 [MASK]", "日本 " + "x" * 120, ""):
        assert read.ids(text) == whole.encode(text).ids
        offsets = whole.encode(text, add_special_tokens=False).offsets
        assert read.spans(text) == [one for one in offsets if one[0] < one[1]]


@pytest.mark.parametrize("kind", ["BPE", "Unigram", "WordLevel"])
def test_other_kinds_of_tokenizers_are_read_as_they_are(kind: str) -> None:
    """The library reads them."""
    made = {
        "BPE": models.BPE({"a": 0, "[UNK]": 1}, [], unk_token="[UNK]"),
        "Unigram": models.Unigram([("[UNK]", 0.0), ("a", -1.0)], 0),
        "WordLevel": models.WordLevel({"a": 0, "[UNK]": 1}, "[UNK]"),
    }
    data = Tokenizer(made[kind]).to_str().encode()
    assert Tokens(data, "Any", "key", Reading(16)).ids("a") == [int(kind == "Unigram")]
