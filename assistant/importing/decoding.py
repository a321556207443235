"""A text file's bytes to text, and back to exactly these bytes.

Only encodings that cannot be mistaken are read: UTF-8, and UTF-16 or UTF-32 that say so with a
byte order mark. Any bytes at all are some text in a one-byte encoding, so guessing one would put
wrong letters into notes without a word.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from typing import Final

from assistant.errors import FileRefused
from assistant.text import clean

_PLAIN: Final = "utf-8"
# UTF-32's little-endian mark begins with UTF-16's, so it is looked for first.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8-bom"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODECS: Final = {
    _PLAIN: (b"", "utf-8"),
    **{name: (mark, name.removesuffix("-bom")) for mark, name in _MARKS},
}
_LINE_ENDS: Final = {"": "\n", "crlf": "\r\n", "cr": "\r"}

_MOST_NULS: Final = 20
"""One NUL in so many characters, and it is no text: UTF-16 without a mark has every second one."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text, with LF at its line ends.

    Attributes:
        form: How to come back to the bytes: an encoding's name and a line end's; empty for UTF-8
            with LF.
        remark: What did not come through as it stood, as a sentence; empty where all did.
    """

    text: str = field(repr=False)
    form: str = ""
    remark: str = ""


def decode(data: bytes) -> Decoded:
    """Read a text file.

    Raises:
        FileRefused: it is no text, or in no encoding that Hush reads.
    """
    mark, name = next((found for found in _MARKS if data.startswith(found[0])), (b"", _PLAIN))
    try:
        text = data[len(mark) :].decode(_CODECS[name][1])
    except UnicodeDecodeError:
        raise FileRefused(
            "It is not valid text in UTF-8, nor in UTF-16 or UTF-32 with a byte order mark.",
            "Save it as UTF-8 in the program that it is from.",
        ) from None
    nuls = text.count("\0")
    if nuls * _MOST_NULS > len(text):
        raise FileRefused("It is no text: too many of its characters are NUL.")
    line_end, mixed = _line_end_of(text)
    remarks = [
        "It held NUL characters, which stand as � now." if nuls else "",
        "Its lines end in different ways; in Hush, and when it is exported, alike."
        if mixed
        else "",
    ]
    form = " ".join(part for part in ("" if name == _PLAIN else name, line_end) if part)
    return Decoded(clean(text), form, " ".join(filter(None, remarks)))


def encode(text: str, form: str) -> bytes:
    """Bring a text into a form that ``decode`` told. An unknown form is UTF-8 with LF."""
    mark, codec = next((_CODECS[word] for word in form.split() if word in _CODECS), (b"", "utf-8"))
    line_end = next((_LINE_ENDS[word] for word in form.split() if word in _LINE_ENDS), "\n")
    return mark + text.replace("\n", line_end).encode(codec)


def _line_end_of(text: str) -> tuple[str, bool]:
    """The name of the line end that most lines have, and whether others have another."""
    crlf = text.count("\r\n")
    counts = {"": text.count("\n") - crlf, "crlf": crlf, "cr": text.count("\r") - crlf}
    used = [name for name, count in counts.items() if count]
    return (used[0] if len(used) == 1 else ""), len(used) > 1
