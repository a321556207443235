"""Where the files of an import are read: a folder, or an archive of one."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from assistant.cancel import Cancel
from assistant.importing.files import Whole, digest, open_beneath, read_whole
from assistant.importing.folder import Entry
from assistant.importing.parsing import Parser
from assistant.importing.reading import MAX_TEXT_BYTES, read_parsed


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document: its text, SHA-256 of its bytes, when it was written (ms since 1970, UTC)."""

    text: str = field(repr=False)
    hash: bytes
    modified_at: int


class Notebook(Protocol):
    """Reads the entries of one ``Scan``, each at most once, in their order."""

    def whole(self, entry: Entry) -> Whole:
        """A text's bytes.

        Raises:
            FileRefused: why it cannot be read.
            CancelledError: a stop was asked for.
        """
        ...

    def document(self, entry: Entry, known: bytes | None) -> Parsed | None:
        """A PDF or DOCX; None where its bytes have the digest ``known``. Raises as ``whole``."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


@dataclass(frozen=True, slots=True)
class FolderNotebook:
    """A folder, or the one that holds the single file.

    Args:
        folder: As ``Scan`` names it.
        parser: Reads what is not plain text.
        stop: Ends it, in the middle of a document.
    """

    folder: Path = field(repr=False)
    parser: Parser
    stop: Cancel

    def whole(self, entry: Entry) -> Whole:
        """As ``Notebook``."""
        return read_whole(lambda: open_beneath(self.folder, entry.path), MAX_TEXT_BYTES)

    def document(self, entry: Entry, known: bytes | None) -> Parsed | None:
        """As ``Notebook``."""
        with open_beneath(self.folder, entry.path) as file:
            if known and digest(file) == known:
                return None
            modified_at = os.fstat(file.fileno()).st_mtime_ns // 1_000_000
            text, found = read_parsed(entry.kind, file, self.parser, self.stop)
        return Parsed(text, found, modified_at)

    def close(self) -> None:
        """Nothing is kept open."""
