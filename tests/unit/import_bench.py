"""Import and export over a vault in memory, or on a disk; and documents to import."""

from __future__ import annotations

import io
import json
import queue
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docx

from assistant.events import Event
from assistant.importing.archived_notes import list_frames
from assistant.importing.parsing import Parser
from assistant.importing.records import ImportReport
from assistant.importing.service import ImportService
from assistant.notes.records import Note
from assistant.records import Conversation, Message
from assistant.store import conversation_rows, message_rows, note_rows
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from tests.fakes.clock import FakeClock

PATIENCE = 60.0


class ImportBench:
    """The service, and what there is in the vault.

    Args:
        vault: Open; default: in memory.
        hear: Gets each event, too, on the importing thread.
    """

    def __init__(
        self,
        vault: Vault | None = None,
        hear: Callable[[Event], None] = lambda _: None,
        parser: Parser | None = None,
    ) -> None:
        self.vault = vault or Vault.in_memory()
        self.clock = FakeClock()
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._hear = hear
        self.service = ImportService(Vaults(self.vault), self.clock, self._publish, parser)

    def _publish(self, event: Event) -> None:
        self.events.put(event)
        self._hear(event)

    def take(self, path: Path) -> ImportReport:
        """Import and wait."""
        return self.service.start(path).done.result(PATIENCE)

    def notes(self) -> dict[str, Note]:
        """Every note that has a source, by it."""
        return {note.source: note for note in self.all_notes()}

    def all_notes(self) -> list[Note]:
        """Every note, whole."""
        rows = self.vault.read(
            lambda c: [row[0] for row in c.execute("SELECT id FROM note ORDER BY id")]
        ).result()
        return [self.vault.read(lambda c, i=i: note_rows.get(c, i)).result() for i in rows]

    def chats(self) -> dict[str, tuple[Conversation, tuple[Message, ...]]]:
        """Every conversation with its shown path, by title."""
        found = self.vault.read(conversation_rows.list_all).result()
        return {
            chat.title: (
                chat,
                self.vault.read(lambda c, i=chat.id: message_rows.path(c, i)).result(),
            )
            for chat in found
        }

    def messages(self) -> int:
        """How many messages there are, of every variant."""
        row = self.vault.read(lambda c: c.execute("SELECT count(*) FROM message").fetchone())
        return int((row.result() or (0,))[0])

    def close(self) -> None:
        """End the threads."""
        self.service.close()
        self.vault.close()


@contextmanager
def bench(*args: Any, **kwargs: Any) -> Iterator[ImportBench]:
    """A bench that is closed in the end."""
    made = ImportBench(*args, **kwargs)
    try:
        yield made
    finally:
        made.close()


def write_notes(folder: Path, count: int, text: str = "# Note {n}\n\nSome words, {n}.\n") -> None:
    """Make so many small notes, ``0000.md`` and on."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(count):
        (folder / f"{n:04}.md").write_text(text.format(n=n))


def skipped(report: ImportReport) -> dict[str, str]:
    """What was skipped, by name."""
    return dict(report.skipped)


def remarks(report: ImportReport) -> dict[str, str]:
    """What was remarked, by name."""
    return dict(report.remarks)


def pdf(pages: Sequence[str]) -> bytes:
    """A PDF with one line of text on each page."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        objects += [
            (
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792]"
                f" /Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * n} 0 R >>"
            ),
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        ]
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for n, body in enumerate(objects):
        places.append(len(out))
        out += f"{n + 1} 0 obj\n{body}\nendobj\n".encode()
    start = len(out)
    out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
    out += "".join(f"{place:010} 00000 n \n" for place in places).encode()
    out += f"trailer << /Size {len(places) + 1} /Root 1 0 R >>\n".encode()
    return bytes(out + f"startxref\n{start}\n%%EOF\n".encode())


def word_file() -> bytes:
    """A DOCX with a heading, a paragraph, a list and a table."""
    document = docx.Document()
    document.add_heading("Harbours", level=1)
    document.add_paragraph("Ships rest here.")
    document.add_paragraph("Oslo", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        [cell for row in table.rows for cell in row.cells],
        ["Port", "Depth", "Oslo", "9 | 10 m"],
        strict=True,
    ):
        cell.text = text
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


VAULT = {
    "Home.md": b"---\ntags: [sea]\n---\n# Home\n\nSee [[Oslo]]. #ships\n",
    "travel/norway/Oslo.md": b"# Oslo\r\n\r\nwords\r\n",
    "travel/wide.txt": "\ufeffwide".encode("utf-16-le"),
    "papers/harbours.docx": word_file(),
    "papers/tides.pdf": pdf(["Tides are long."]),
}
"""The files of a notebook, one of each kind."""


def archive(members: dict[str, bytes]) -> bytes:
    """A zip archive."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return written.getvalue()


def chat(
    title: str, *messages: tuple[str, str], key: str = "", more: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A conversation as ChatGPT exports it: a system text nobody saw, then these, in a row."""
    mapping: dict[str, Any] = {
        "root": {"id": "root", "message": None, "parent": None, "children": ["m0"]}
    }
    nodes = [("system", ""), *messages]
    for n, (role, text) in enumerate(nodes):
        mapping[f"m{n}"] = node(role, text, f"m{n - 1}" if n else "root", 1_700_000_000 + n)
    return {
        "title": title,
        "create_time": 1_700_000_000.5,
        "update_time": 1_700_000_100.25,
        "mapping": mapping,
        "current_node": f"m{len(nodes) - 1}",
        "conversation_id": key or f"key-{title}",
        **(more or {}),
    }


def node(role: str, text: str, parent: str | None, at: float | None = None) -> dict[str, Any]:
    """One node of a conversation."""
    return {
        "message": {
            "author": {"role": role},
            "create_time": at,
            "content": {"content_type": "text", "parts": [text]},
            "recipient": "all",
            "metadata": {},
        },
        "parent": parent,
        "children": [],
    }


def chats_file(*chats: dict[str, Any]) -> bytes:
    """A ``conversations.json``."""
    return json.dumps(list(chats)).encode()


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    """Write an archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(archive(members))
    return path


def unpacked(folder: Path, members: dict[str, bytes]) -> Path:
    """Write the same as files."""
    for name, data in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def below(root: str, members: dict[str, bytes]) -> dict[str, bytes]:
    """The same files in a folder."""
    return {f"{root}/{name}": data for name, data in members.items()}


def listed(data: bytes) -> dict[str, str]:
    """What the process lists: by path, why it is not read, or nothing."""
    frames = list_frames(io.BytesIO(data))
    return {frame.get("path") or frame["name"]: frame.get("why", "") for frame in frames}
