"""Tokens to pieces: joined in time, nothing lost, nothing said past the end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assistant.engine.pieces import Pieces
from assistant.engine.protocol import GenerationRequest, Piece
from assistant.records import FinishReason


class Ticks:
    """A clock that goes on by so many seconds each time it is read."""

    def __init__(self, step: float) -> None:
        self.step = step
        self.now = 100.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def pieces_of(
    tokens: Sequence[str | bytes], step: float = 0.01, **request: object
) -> tuple[list[Piece], FinishReason | None]:
    """Feed tokens until the reply is over; all pieces and why it was."""
    pieces = Pieces(GenerationRequest((), 100, **request), Ticks(step))  # type: ignore[arg-type] # any field
    said: list[Piece | None] = []
    for token in tokens:
        said.append(pieces.add(token if isinstance(token, bytes) else token.encode()))
        if pieces.ended:
            break
    said.append(pieces.finish())
    return [piece for piece in said if piece], pieces.ended


def text_of(said: Sequence[Piece]) -> str:
    """What a person reads."""
    return "".join(piece.text for piece in said)


def test_first_at_once_then_joined() -> None:
    """At 10 ms a token the first goes out alone and then two or three together."""
    said, ended = pieces_of(list("abcdefgh"))
    assert said[0] == Piece("a", 1)
    assert [piece.text for piece in said[1:-1]] == ["bc", "de", "fg"]
    assert said[-1] == Piece("h", 1), "the end goes out without waiting"
    assert ended is None


def test_slow_tokens_are_not_held() -> None:
    """At 50 ms a token each goes out as it comes."""
    said, _ = pieces_of(list("abc"), step=0.05)
    assert said == [Piece("a", 1), Piece("b", 1), Piece("c", 1)]


def test_all_tokens_are_counted() -> None:
    """Those without text too: half a character, the beginning of a stop string."""
    said, _ = pieces_of([b"\xf0\x9f", b"\x8c\x8d", "x", "", "<", "st"], stop=("<stop>",))
    assert text_of(said) == "\U0001f30dx<st"
    assert sum(piece.tokens for piece in said) == 6
    assert said[0] == Piece("\U0001f30d", 2), "the first text, not the first token"


def test_a_stop_string_ends_it() -> None:
    """Nothing of it is said, and nothing after it."""
    said, ended = pieces_of(["Hello", "<s", "top>", " more"], stop=("<stop>",))
    assert text_of(said) == "Hello"
    assert sum(piece.tokens for piece in said) == 3
    assert ended is FinishReason.STOP


def test_log_probabilities_are_summed() -> None:
    """Over the tokens of a piece; None where nobody asked."""
    pieces = Pieces(GenerationRequest((), 9), Ticks(0.01))
    assert pieces.add(b"a", -0.5) == Piece("a", 1, -0.5)
    assert pieces.add(b"b", -1.0) is None
    assert pieces.add(b"c", -0.25) == Piece("bc", 2, -1.25)
    assert pieces.add(b"d") is None
    assert pieces.flush() == Piece("d", 1, None)
    assert pieces.flush() is None
    assert pieces.finish() is None


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (["One", ".", " Two", ".", " Three", " four"], "One. Two."),
        (["One", ".", " Two", ". Three", " four"], "One. Two."),
        (["One", ".", " Two", ".", '"', " Three"], 'One. Two."'),
        (["- a", "\n- b", "b", "\n", "- c"], "- a\n- bb"),
        (["One", ".", " Two", "\n", "\n", "Three"], "One. Two\n"),
    ],
)
def test_from_a_limit_on_the_next_sentence_ends_it(tokens: list[str], said: str) -> None:
    """What a token holds beyond the sentence is not said. The reason is the length."""
    pieces, ended = pieces_of(tokens, sentence_from=3)
    assert text_of(pieces) == said
    assert ended is FinishReason.LENGTH


def test_nothing_held_back_comes_after_the_sentence() -> None:
    """A beginning of a stop string is held; once the reply is over it is not said either."""
    pieces, ended = pieces_of(["One", " two", ". T"], sentence_from=2, stop=("The",))
    assert text_of(pieces) == "One two."
    assert ended is FinishReason.LENGTH


def test_without_a_sentence_it_goes_on() -> None:
    """Nobody is cut off in the middle before ``max_tokens``."""
    pieces, ended = pieces_of(["One", ".", " Two", " three"], sentence_from=3)
    assert text_of(pieces) == "One. Two three"
    assert ended is None
