"""A file's or a note's text, to go along with a question."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from assistant.asking.attaching import attach_file, attach_note
from assistant.asking.records import MAX_ATTACHMENT_CHARACTERS
from assistant.errors import InputRefused
from assistant.importing.reading import Document
from assistant.notes.records import Note, TitleBy


def reads(text: str, name: str = "a.txt") -> Callable[[Path, Callable[[], bool]], Document]:
    """A reader that finds this."""
    return lambda _path, _cancelled: Document(name, text)


def note(text: str) -> Note:
    """A note."""
    return Note(7, "Trains", TitleBy.TEXT, text, 1, False, (), 0, 0)


def test_a_file() -> None:
    """Its name on one line, its text cleaned; neither in what could be logged."""
    attachment = attach_file(Path("x"), read=reads("one\r\ntwo\x00", "a\nb.pdf"))
    assert (attachment.name, attachment.text) == ("a", "one\ntwo\ufffd")
    assert (attachment.note_id, attachment.remark) == (None, "")
    assert "two" not in repr(attachment)


def test_a_long_file_is_cut_with_words() -> None:
    """The beginning is kept, and what is missing is told in numbers."""
    attachment = attach_file(Path("x"), read=reads("x" * (MAX_ATTACHMENT_CHARACTERS + 1_234)))
    assert len(attachment.text) == MAX_ATTACHMENT_CHARACTERS
    assert attachment.remark == (
        "Only the first 200,000 characters are attached; 1,234 are left out."
    )


@pytest.mark.parametrize("text", ["", " \n\t", "\u2028"])
def test_a_file_without_text(text: str) -> None:
    """A scan, for one."""
    with pytest.raises(InputRefused, match="holds no text"):
        attach_file(Path("x"), read=reads(text))


def test_a_file_that_cannot_be_read() -> None:
    """The reason follows, without the file's name."""

    def read(_path: Path, _cancelled: Callable[[], bool]) -> Document:
        raise InputRefused("It is damaged.", "Open it in its own program.")

    with pytest.raises(InputRefused) as problem:
        attach_file(Path("/home/ada/secret.pdf"), read=read)
    assert problem.value.sentence == (
        "This file was not attached. It is damaged. Open it in its own program."
    )


def test_cancelled() -> None:
    """Whoever cancelled hears of it."""

    def read(_path: Path, _cancelled: Callable[[], bool]) -> Document:
        raise CancelledError

    with pytest.raises(CancelledError):
        attach_file(Path("x"), read=read)


def test_a_note() -> None:
    """As it reads now; an empty one is refused."""
    attachment = attach_note(note("Leaves at 21:43."))
    assert (attachment.name, attachment.text, attachment.note_id) == (
        "Trains",
        "Leaves at 21:43.",
        7,
    )
    with pytest.raises(InputRefused, match="empty"):
        attach_note(note("\n"))


def test_a_plain_text_file_for_real(tmp_path: Path) -> None:
    """Through the reader that the importer uses."""
    file = tmp_path / "list.md"
    file.write_text("# Packing\nSocks.\n", encoding="utf-8")
    attachment = attach_file(file)
    assert attachment.name == "list.md"
    assert "Socks." in attachment.text
    with pytest.raises(InputRefused):
        attach_file(tmp_path)
