"""From token bytes to text that can be shown: whole characters, and nothing past a stop string."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class Detokenizer:
    """Joins token bytes into text.

    A token may end in the middle of a UTF-8 sequence, and a stop string may span tokens, so text
    is held back while it could still become either. Bytes that are no UTF-8 become U+FFFD.

    Args:
        stop: Strings that end the reply; none of them is ever part of the text.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self.stopped = False

    def feed(self, data: bytes) -> str:
        """Take one token's bytes, return what can be shown; sets ``stopped`` at a stop string."""
        self._held += self._decoder.decode(data)
        if not self._stop:
            text, self._held = self._held, ""
            return text
        found = [at for text in self._stop if (at := self._held.find(text)) >= 0]
        if found:
            self.stopped = True
            text, self._held = self._held[: min(found)], ""
            return text
        keep = self._could_begin_stop()
        cut = len(self._held) - keep
        text, self._held = self._held[:cut], self._held[cut:]
        return text

    def finish(self) -> str:
        """Return what was held back; nothing where a stop string ended the reply."""
        if self.stopped:
            return ""
        text, self._held = self._held + self._decoder.decode(b"", final=True), ""
        return text

    def _could_begin_stop(self) -> int:
        """Length of the longest end of the held text that a stop string begins with."""
        return max(
            (
                size
                for text in self._stop
                for size in range(1, min(len(text), len(self._held) + 1))
                if self._held.endswith(text[:size])
            ),
            default=0,
        )
