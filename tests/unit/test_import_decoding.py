"""Bytes to text and back: only encodings that cannot be mistaken, and always the same bytes."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import FileRefused
from assistant.importing.decoding import decode, encode

TEXT = "# Zoë\n\n日本語 🎉\nlast"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_every_form_comes_back_byte_for_byte(mark: bytes, codec: str, line_end: str) -> None:
    """What an unmodified note is exported as is what was imported."""
    data = mark + TEXT.replace("\n", line_end).encode(codec)
    found = decode(data)
    assert found.text == TEXT
    assert not found.remark
    assert encode(found.text, found.form) == data


@given(st.text(alphabet=st.characters(exclude_characters="\r\0", exclude_categories=["Cs"])))
def test_any_text_with_one_kind_of_line_end_survives(text: str) -> None:
    """Whatever it begins with: a byte order mark of the file itself is not the text's."""
    found = decode(text.encode())
    assert encode(found.text, found.form) == text.encode()


@pytest.mark.parametrize(
    "data",
    [
        "Müller".encode("latin-1"),
        "Müller".encode("utf-16-le"),
        b"\xff\xfeab\x00\xd8",
        b"\x00" * 400,
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"\xf0\x28\x8c\x28",
        b"\xed\xa0\x80",
    ],
    ids=["latin-1", "no mark", "half a pair", "zeros", "picture", "broken", "surrogate"],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    """Rather than wrong letters in a note without a word."""
    with pytest.raises(FileRefused) as refused:
        decode(data)
    assert refused.value.message.startswith("It ")


def test_a_nul_is_replaced_and_told() -> None:
    """One among much text: the text is worth having."""
    found = decode(b"a long enough line of words\x00 and more")
    assert found.text == "a long enough line of words\ufffd and more"
    assert "NUL" in found.remark


def test_mixed_line_ends_are_told() -> None:
    """They become alike, so the file would not come back byte for byte."""
    found = decode(b"one\r\ntwo\nthree\r\n")
    assert (found.text, found.form) == ("one\ntwo\nthree\n", "")
    assert "end in different ways" in found.remark


@pytest.mark.parametrize("form", ["", "nonsense", "utf-7 crlf-ish"])
def test_an_unknown_form_is_the_plain_one(form: str) -> None:
    """A vault of a later Hush may name others."""
    assert encode("a\nb", form) == b"a\nb"


def test_an_empty_file_is_an_empty_text() -> None:
    """Not a refusal: an empty note is a note."""
    assert decode(b"") == decode(b"")
    assert decode(b"").text == ""
