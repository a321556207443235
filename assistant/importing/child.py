"""The process that reads one file that anybody may have made: a PDF, a DOCX, conversations.

It has no vault, no key and no file but the one on its stdin; it is held to limits of memory and
time, and tells what it found in frames. A new one is started for each file, so that none can lie
about the next.
"""

from __future__ import annotations

import io
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import IO, BinaryIO, Final
from zipfile import BadZipFile

from assistant.children.frames import Frame, write_frame
from assistant.children.offline import refuse_network
from assistant.children.pipes import seize_stdio
from assistant.errors import FileRefused
from assistant.importing import limits
from assistant.importing.archived_notes import document_frames, list_frames, text_frames
from assistant.importing.archives import TOO_LARGE, open_archive, require_harmless
from assistant.importing.chatgpt import read_chats
from assistant.importing.chats import chat_frames
from assistant.importing.documents import docx_text, pdf_text
from assistant.importing.records import Kind, Named
from assistant.machine.hardening import harden_process

TEXT_CHARACTERS: Final = 1_000_000
"""In one frame: JSON takes at most 6 bytes for one, and a frame 16 MiB."""

_CHATS_FILE: Final = re.compile(r"(.*/)?conversations(-\d+)?\.json", re.IGNORECASE)
_MOST_CHATS: Final = 4 * 1024**3  # bytes unpacked; they are read piece by piece
_DAMAGED: Final = "It is damaged, or no such file at all."


def frames_of(kind: Kind, file: BinaryIO, part: Sequence[str] = ()) -> Iterator[Frame]:
    """Tell what a file holds.

    Raises:
        FileRefused: it cannot be read, and why.
        Exception: whatever a library raises over a file that was made to break it.
    """
    if kind is Kind.PDF:
        yield from _text_frames(pdf_text(file))
    elif kind is Kind.DOCX:
        yield from _text_frames(docx_text(file))
    elif kind is Kind.CHATS:
        yield from _chat_frames(file)
    elif kind is Kind.CHATS_ARCHIVE:
        yield from _archive_frames(file)
    elif kind is Kind.NOTES_ARCHIVE:
        yield from _notes_frames(file, *part)
    yield {"op": "end"}


def answer(
    kind: Kind, file: BinaryIO, say: Callable[[Frame], None], part: Sequence[str] = ()
) -> None:
    """Read a file and say what it holds, or why it cannot be read.

    A library that fails over a file, in whatever way, says something about the file, not about
    Hush: it is refused, and that is all that is told.
    """
    try:
        for frame in frames_of(kind, file, part):
            say(frame)
    except BrokenPipeError:
        raise
    except FileRefused as refusal:
        say({"op": "refused", "message": refusal.message, "advice": refusal.advice})
    except MemoryError:
        say({"op": "refused", "message": TOO_LARGE, "advice": ""})
    except Exception:  # noqa: BLE001 - see above
        say({"op": "refused", "message": _DAMAGED, "advice": ""})


def _text_frames(texts: Iterator[str]) -> Iterator[Frame]:
    for text in texts:
        for start in range(0, len(text), TEXT_CHARACTERS):
            yield {"op": "text", "text": text[start : start + TEXT_CHARACTERS]}


def _notes_frames(file: BinaryIO, what: str, number: str = "0") -> Iterator[Frame]:
    if what == "list":
        yield from list_frames(file)
    elif what == "texts":
        yield from text_frames(file, int(number))
    elif what == limits.DOCUMENT_IN_ARCHIVE:
        yield from document_frames(file, int(number), _document_frames)


def _document_frames(kind: Kind, file: BinaryIO) -> Iterator[Frame]:
    return _text_frames(pdf_text(file) if kind is Kind.PDF else docx_text(file))


def _archive_frames(file: BinaryIO) -> Iterator[Frame]:
    archive = open_archive(file)
    found = [member for member in archive.infolist() if _CHATS_FILE.fullmatch(member.filename)]
    if not found:
        raise FileRefused("It holds no ChatGPT conversations.")
    require_harmless(found, _MOST_CHATS)
    for member in found:
        with archive.open(member) as opened:
            yield from _chat_frames(opened)


def _chat_frames(file: IO[bytes]) -> Iterator[Frame]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        for found in read_chats(text.read):
            if isinstance(found, Named):
                yield {"op": "skip", "name": found.name, "why": found.why}
            else:
                yield from chat_frames(found)
    except (UnicodeDecodeError, BadZipFile, zlib.error, EOFError):
        raise FileRefused(_DAMAGED) from None


def main() -> None:
    """Read the file on stdin, of the kind that the first argument names; others: which part."""
    harden_process()
    refuse_network()
    kind = Kind(sys.argv[1])
    file, replies = seize_stdio()
    part = sys.argv[2:]
    limits.limit_process(limits.of(kind, *part[:1]))
    with suppress(BrokenPipeError):
        answer(kind, file, lambda frame: write_frame(replies, frame), part)
    os._exit(0)  # a library's threads or finalisers have nothing to say any more


if __name__ == "__main__":
    main()
