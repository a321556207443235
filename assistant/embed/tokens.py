"""The tokenizer of an embedding model: what the model sees of a text, and where in it that lies."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

# Before the library is loaded. Texts are handed to it one at a time, so a pool of its own has
# nothing to do.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from tokenizers import Tokenizer as FastTokenizer
from tokenizers.models import WordPiece

from assistant.embed.panics import is_survivable
from assistant.embed.words import damaged, unreadable
from assistant.errors import EncoderError
from assistant.text import storable
from models.encoders import Reading

_WINDOW_CHARACTERS: Final = 16_384
"""Of a long text so much is looked at at once: 10 MB in one would take a gigabyte."""

_CHARACTERS_A_TOKEN: Final = 64
"""Of a text that is encoded no more than so many times ``max_tokens`` is looked at."""

_IN_PARTS: Final = "WordPiece"  # the kind of model that can be put together from parts

_LINE_ENDS: Final = ("\n", " ", "\t")


class Tokens:
    """A ``Tokenizer``. Safe on any thread.

    Args:
        data: Content of the model's ``tokenizer.json``.
        name: What to call the model.
        key: Names its files; see ``Tokenizer.key``.
        reading: How it reads texts.

    Raises:
        EncoderDamaged: this is no tokenizer.
    """

    def __init__(self, data: bytes, name: str, key: str, reading: Reading) -> None:
        self.name = name
        self.key = key
        self._tokenizer = _load(data)
        self._query = storable(reading.query_prompt)
        self._text = storable(reading.text_prompt)
        with _telling(damaged):
            special: int = self._tokenizer.num_special_tokens_to_add(is_pair=False)
            prompt = max(self._count(self._query), self._count(self._text))
        self._room = reading.max_length - special
        self.max_tokens = self._room - prompt
        if self.max_tokens <= 0:
            raise damaged()

    def spans(self, text: str) -> list[tuple[int, int]]:
        """See ``Tokenizer.spans``."""
        text = storable(text)
        spans: list[tuple[int, int]] = []
        for begin, end in _windows(text):
            with _telling(unreadable):
                found = self._encoded(text[begin:end])
            spans.extend(
                (begin + first, begin + last) for first, last in found.offsets if first < last
            )
        return spans

    def ids(self, text: str, *, query: bool = False) -> list[int]:
        """What the model reads of a text: numbers of tokens, special ones included.

        Args:
            text: Any.
            query: It is a question.

        Raises:
            TextUnreadable: the tokenizer fails at it.
        """
        begun = (self._query if query else self._text) + storable(text)
        cut = begun[: self._room * _CHARACTERS_A_TOKEN]
        with _telling(unreadable):
            found = self._encoded(cut)
            found.truncate(self._room)
            ids: list[int] = self._tokenizer.post_process(found, add_special_tokens=True).ids
        return ids

    def _encoded(self, text: str) -> Any:
        # The plural one lets other threads run meanwhile.
        (found,) = self._tokenizer.encode_batch([text], add_special_tokens=False)
        return found

    def _count(self, prompt: str) -> int:
        return len(self._tokenizer.encode(prompt, add_special_tokens=False).ids)


def _load(data: bytes) -> Any:
    with _telling(damaged):
        tokenizer = _in_parts(data) or FastTokenizer.from_buffer(data)
        tokenizer.no_truncation()  # some files cut at 128 tokens, and fill up to them
        tokenizer.no_padding()
        tokenizer.encode("text")
    return tokenizer


def _in_parts(data: bytes) -> Any:
    """The tokenizer with its vocabulary handed over by itself; None for other kinds of files.

    Reading the file at once takes the library 30 ms for 30,000 words, in which no other thread
    runs, the window's neither; this way it takes as long in two parts, of which each is short.
    """
    try:
        described = json.loads(data)
        model = described["model"]
        if model["type"] != _IN_PARTS:
            return None
        vocabulary = model["vocab"]
        named = {one["content"] for one in described["added_tokens"]} | {model["unk_token"]}
        model["vocab"] = {word: vocabulary[word] for word in named if word in vocabulary}
        tokenizer = FastTokenizer.from_str(json.dumps(described))
        tokenizer.model = WordPiece(
            vocabulary,
            unk_token=model["unk_token"],
            max_input_chars_per_word=model["max_input_chars_per_word"],
            continuing_subword_prefix=model["continuing_subword_prefix"],
        )
    except (KeyError, TypeError, ValueError):  # the library says what is wrong with it
        return None
    return tokenizer


@contextmanager
def _telling(words: Callable[[], EncoderError]) -> Iterator[None]:
    """Tell in words what the library throws, a panic of its Rust too."""
    try:
        yield
    except BaseException as error:
        if is_survivable(error):
            raise words() from None  # not "from error": that may quote what was being read
        raise


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Cut a text between words, so that each part has the tokens that it has in the whole."""
    begin = 0
    while begin < len(text):
        end = min(begin + _WINDOW_CHARACTERS, len(text))
        if end < len(text):
            half = begin + _WINDOW_CHARACTERS // 2
            cut = next((at for mark in _LINE_ENDS if (at := text.rfind(mark, half, end)) > 0), end)
            end = max(cut, half)
        yield begin, end
        begin = end
