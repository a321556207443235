"""Listening to an answer while it is written."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.confidence.fitted import BY_PASSAGES, BY_WORDS
from assistant.confidence.records import Confidence
from assistant.confidence.signal import HEARD_TOKENS, passages_of, words_of
from assistant.engine.protocol import Piece


class Certainty:
    """What is known of one answer's confidence. For the worker's thread."""

    def __init__(self) -> None:
        self._heard: list[Piece] = []
        self._tokens = 0

    def hear(self, piece: Piece) -> None:
        """Take a piece of the answer; only its beginning counts."""
        if self._tokens < HEARD_TOKENS:
            self._heard.append(piece)
            self._tokens += piece.tokens

    def judge(self, scores: Sequence[float] | None = None) -> Confidence | None:
        """How far the answer can be trusted; None where nothing can be said of it.

        Args:
            scores: Of the passages that it is from (``Source.score``); None: it is from the model
                alone.
        """
        if scores is not None:
            near = passages_of(scores)
            return BY_PASSAGES.judge(near.values) if near else None
        words = words_of(self._heard)
        return BY_WORDS.judge(words.values) if words else None
