"""What a file says, as text: for a note that is imported, and for what goes with a message."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from assistant.cancel import Cancel
from assistant.errors import FileRefused
from assistant.importing.decoding import decode
from assistant.importing.files import (
    CHANGING,
    digest,
    is_unchanged,
    open_plain,
    read_whole,
    require_size,
)
from assistant.importing.folder import kind_of
from assistant.importing.parsing import Parser
from assistant.importing.records import Kind

MAX_TEXT_BYTES: Final = 64 * 1024 * 1024
MAX_DOCUMENT_BYTES: Final = 512 * 1024 * 1024
MAX_CHATS_BYTES: Final = 4 * 1024**3

_WATCH_SECONDS: Final = 0.1

DOCUMENTS: Final = frozenset({Kind.PDF, Kind.DOCX})


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read. ``name`` is its last part."""

    name: str = field(repr=False)
    text: str = field(repr=False)


def read_document(
    path: Path, cancelled: Callable[[], bool] = lambda: False, parser: Parser | None = None
) -> Document:
    """Read a text, a PDF or a DOCX file. Blocks: seconds for a long PDF.

    PDF and DOCX are read in a limited process of their own. Any other file is text, whatever its
    name ends in, if its bytes are.

    Args:
        path: Of a plain file; a link is refused.
        cancelled: Asked ten times a second, on a thread of its own.
        parser: Reads PDF and DOCX.

    Raises:
        FileRefused: why, as a sentence that begins with "It" and follows the file's name.
        CancelledError: ``cancelled`` said so.
    """
    kind = kind_of(path.name)
    if kind in DOCUMENTS:
        with open_plain(path) as file, _stopped_by(cancelled) as stop:
            text, _ = read_parsed(kind, file, parser or Parser(), stop)
    else:
        text = decode(read_whole(lambda: open_plain(path), MAX_TEXT_BYTES).data).text
    if not text.strip():
        raise FileRefused("It is empty.")
    return Document(path.name, text)


@contextmanager
def _stopped_by(cancelled: Callable[[], bool]) -> Iterator[Cancel]:
    """A stop that is asked for once ``cancelled`` says so."""
    stop, over = Cancel(), threading.Event()

    def watch() -> None:
        while not over.wait(_WATCH_SECONDS):
            if cancelled():
                stop.ask()
                return

    threading.Thread(target=watch, name="reading", daemon=True).start()
    try:
        yield stop
    finally:
        over.set()


def read_parsed(kind: Kind, file: BinaryIO, parser: Parser, stop: Cancel) -> tuple[str, bytes]:
    """Read an open PDF or DOCX: its text, and the SHA-256 of its bytes.

    Raises:
        FileRefused, CancelledError: as ``read_document``.
    """
    before = require_size(file, MAX_DOCUMENT_BYTES)
    found = digest(file)
    text = parser.text(kind, file, stop)
    if not is_unchanged(file, before):
        raise FileRefused(CHANGING)
    return text, found
