"""From chosen tokens to the pieces of text that are handed out. Pure, but for the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from assistant.engine.detokenizer import Detokenizer
from assistant.engine.protocol import GenerationRequest, Piece
from assistant.engine.sentences import sentence_end
from assistant.records import FinishReason

_JOIN_SECONDS: Final = 0.02
"""Text of so much time goes out as one piece. The window draws 30 times a second, and each piece
wakes the parent process while llama.cpp's threads need the cores."""


class Pieces:
    """Joins the tokens of one reply into pieces: the first text at once, then every 20 ms.

    Args:
        request: Its stop strings and ``sentence_from`` end the reply.
        clock: Seconds that never go back.
    """

    def __init__(
        self, request: GenerationRequest, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._output = Detokenizer(request.stop)
        self._sentence_from = request.sentence_from
        self._clock = clock
        self._due = clock()
        self._waiting = ""
        self._tokens = 0
        self._logprob: float | None = None
        self._all_tokens = 0
        self._all_text = ""
        self._sentences_from = 0
        self.ended: FinishReason | None = None

    def add(self, data: bytes, logprob: float | None = None) -> Piece | None:
        """Take one token's bytes, return what is due; sets ``ended`` where the reply is over."""
        self._tokens += 1
        self._all_tokens += 1
        if logprob is not None:
            self._logprob = (self._logprob or 0.0) + logprob
        text = self._output.feed(data)
        if self._output.stopped:
            self.ended = FinishReason.STOP
        elif self._sentence_from:
            text = self._up_to_sentence(text)
        self._waiting += text
        now = self._clock()
        if not self._waiting or now < self._due:
            return None
        self._due = now + _JOIN_SECONDS
        return self.flush()

    def flush(self) -> Piece | None:
        """Return what waits, with the tokens that it took; None where nothing does."""
        if not self._waiting and not self._tokens:
            return None
        piece = Piece(self._waiting, self._tokens, self._logprob)
        self._waiting, self._tokens, self._logprob = "", 0, None
        return piece

    def finish(self) -> Piece | None:
        """Return all that is left of the reply; None where nothing is."""
        if self.ended is None:
            self._waiting += self._output.finish()
        return self.flush()

    def _up_to_sentence(self, text: str) -> str:
        if self._all_tokens == self._sentence_from:
            self._sentences_from = len(self._all_text)
        self._all_text += text
        if self._all_tokens < self._sentence_from:
            return text
        end = sentence_end(self._all_text, self._sentences_from)
        if end is None:
            return text
        self.ended = FinishReason.LENGTH
        said = len(self._all_text) - len(text)
        return text[: max(0, end - said)]
