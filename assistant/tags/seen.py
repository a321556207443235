"""What was made of the notes that somebody looked at last: whoever is shown tags decides next."""

from __future__ import annotations

from typing import Final

from assistant.tags.features import Features, Reader
from assistant.tags.note_texts import Read

_KEPT: Final = 32  # notes


class SeenNotes:
    """Reads notes for one model.

    Args:
        reader: The model's.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._features: dict[int, tuple[tuple[int, int], Features]] = {}

    def read(self, read: Read) -> Features:
        """A note's features, which are kept for a while."""
        found = self.seen(read) or self.reader.read(read.note)
        self._features.pop(read.row.id, None)
        self._features[read.row.id] = (read.version, found)
        while len(self._features) > _KEPT:
            self._features.pop(next(iter(self._features)))
        return found

    def seen(self, read: Read) -> Features | None:
        """What was made of this text before; with what was encoded for it alone, too."""
        version, features = self._features.get(read.row.id, ((0, 0), None))
        is_same = version == read.version or (version[0] == read.row.revision and not read.is_ready)
        return features if is_same else None
