"""The text of PDF and DOCX files. Runs in the limited child process only: see ``child``."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Final

from assistant.errors import FileRefused
from assistant.importing.archives import open_archive, require_harmless
from assistant.text import clean

if TYPE_CHECKING:
    import pypdf
    from docx.table import Table
    from docx.text.paragraph import Paragraph

MAX_CHARACTERS: Final = 20_000_000
"""Of one document's text: twenty long novels. Beyond, it is made to fill the memory."""

MAX_PAGES: Final = 20_000
_MOST_UNPACKED: Final = 512 * 1024 * 1024
_MOST_XML: Final = 64 * 1024 * 1024
_LISTS: Final = ("List Bullet", "List Number", "List Paragraph")


def pdf_text(file: BinaryIO) -> Iterator[str]:
    """The text of a PDF, page by page, an empty line between two.

    Raises:
        FileRefused: damaged, protected, or without text.
    """
    import pypdf

    logging.disable()  # it logs what it repairs; nobody reads that here
    reader = pypdf.PdfReader(file, strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise FileRefused("It is protected by a password.")
    if len(reader.pages) > MAX_PAGES:
        raise FileRefused(f"It has more than {MAX_PAGES:,} pages.")
    yield from _parts(_page_texts(reader), "It holds no text: its pages may be pictures.")


def docx_text(file: BinaryIO) -> Iterator[str]:
    """The text of a DOCX file: headings, lists and tables as Markdown.

    Raises:
        FileRefused: damaged, exploding, or without text.
    """
    import docx
    from docx.text.paragraph import Paragraph

    members = open_archive(file).infolist()
    require_harmless(members, _MOST_UNPACKED)
    texts = [member for member in members if member.filename.endswith((".xml", ".rels"))]
    require_harmless(texts, _MOST_XML)
    file.seek(0)
    document = docx.Document(file)
    blocks = (
        _paragraph(block) if isinstance(block, Paragraph) else _table(block)
        for block in document.iter_inner_content()
    )
    yield from _parts(blocks, "It holds no text.")


def _page_texts(reader: pypdf.PdfReader) -> Iterator[str]:
    for page in reader.pages:
        lines = page.extract_text().splitlines()
        yield "\n".join(line.rstrip() for line in lines).strip()


def _parts(texts: Iterable[str], nothing: str) -> Iterator[str]:
    """Those with something in them, cleaned, with an empty line between two.

    Raises:
        FileRefused: too much, or ``nothing``.
    """
    characters = 0
    for text in texts:
        if not text.strip():
            continue
        characters += len(text)
        if characters > MAX_CHARACTERS:
            raise FileRefused(f"It holds more than {MAX_CHARACTERS:,} characters.")
        yield clean(text if characters == len(text) else f"\n\n{text}")
    if not characters:
        raise FileRefused(nothing)


def _paragraph(paragraph: Paragraph) -> str:
    style = str(paragraph.style.name) if paragraph.style else ""
    text = paragraph.text.strip()
    if style == "Title":
        return f"# {text}" if text else ""
    level = style.removeprefix("Heading ")
    if level != style and level.isdecimal() and text:
        return f"{'#' * min(int(level), 6)} {text}"
    return f"- {text}" if style.startswith(_LISTS) and text else text


def _table(table: Table) -> str:
    rows = [[_cell(cell.text) for cell in row.cells] for row in table.rows]
    if not any(any(row) for row in rows):
        return ""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, f"|{' --- |' * len(rows[0])}")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
