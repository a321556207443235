"""Documents of others: their text, read in a limited process that may be lied to or killed."""

from __future__ import annotations

import io
import stat
import subprocess
import sys
import zipfile
import zlib
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.errors import FileRefused
from assistant.importing.files import open_plain
from assistant.importing.parsing import Parser
from assistant.importing.reading import Document, read_document
from assistant.importing.records import Kind
from tests.unit.import_bench import archive, pdf, word_file

FRAMES = (
    "import sys; from assistant.children.frames import write_frame as w; o = sys.stdout.buffer\n"
)
LOCKED = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"


def refusal(path: Path, parser: Parser | None = None) -> str:
    """Why a document is not read."""
    with pytest.raises(FileRefused) as refused:
        read_document(path, parser=parser)
    assert refused.value.message.startswith("It ")
    return refused.value.message


def misbehaving(code: str, seconds: float = 30.0) -> Parser:
    """A parser whose process does what it likes."""
    return Parser([sys.executable, "-c", FRAMES + code], seconds)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A PDF of two pages."""
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf(["The first page", "and the second"]))
    return path


def test_a_pdf_is_its_text(document: Path) -> None:
    """Page by page."""
    assert read_document(document) == Document("report.pdf", "The first page\n\nand the second")


def test_a_word_file_is_markdown(tmp_path: Path) -> None:
    """Headings, lists and tables stay what they are."""
    (tmp_path / "a.docx").write_bytes(word_file())
    text = read_document(tmp_path / "a.docx").text
    assert text.startswith("# Harbours\n\nShips rest here.\n\n- Oslo\n\n| Port | Depth |\n")
    assert text.endswith("| --- | --- |\n| Oslo | 9 \\| 10 m |")


@pytest.mark.parametrize("name", ["notes.md", "script.py", "noending"])
def test_any_text_file_is_a_document(tmp_path: Path, name: str) -> None:
    """Whatever its name ends in."""
    (tmp_path / name).write_text("words")
    assert read_document(tmp_path / name) == Document(name, "words")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.pdf", b"", "damaged"),
        ("a.pdf", b"%PDF-1.4 and nothing else", "damaged"),
        ("a.pdf", LOCKED, "damaged"),
        ("a.pdf", pdf([]), "no text"),
        ("a.pdf", pdf([""]), "no text"),
        ("a.docx", b"not a zip at all", "damaged"),
        ("a.docx", archive({"a.txt": b"x"}), "damaged"),
        ("a.docx", archive({"../evil.xml": b"x"}), "points outside"),
        ("a.docx", archive({"/etc/passwd": b"x"}), "points outside"),
        ("a.docx", archive({"word\\..\\..\\x": b"x"}), "points outside"),
        ("a.docx", archive({"C:evil.xml": b"x"}), "points outside"),
        ("a.docx", archive({"word/document.xml": bytes(12_000_000)}), "unpack to 12 MB"),
        ("a.md", b"caf\xe9", "not valid text"),
        ("a.md", b"  \n ", "empty"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    """Empty, damaged, hostile, exploding: one sentence each, and nothing else happens."""
    (tmp_path / name).write_bytes(data)
    assert words in refusal(tmp_path / name)


def test_an_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    """Nothing is unpacked, but no honest document has one."""
    link = zipfile.ZipInfo("word/document.xml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as file:
        file.writestr(link, "/etc/passwd")
    assert "link" in refusal(tmp_path / "a.docx")


def one_page(stream: bytes, more: str = "") -> bytes:
    """A PDF whose only page has this for its content."""
    whole = pdf(["CONTENT"])
    begin, end = whole.index(b"5 0 obj"), whole.index(b"endobj", whole.index(b"5 0 obj"))
    body = f"5 0 obj\n<< /Length {len(stream)}{more} >>\nstream\n".encode() + stream
    return whole[:begin] + body + b"\nendstream\n" + whole[end:]


def test_a_pdf_that_explodes_is_refused(tmp_path: Path) -> None:
    """A hundred megabytes in a few thousand bytes, packed once and twice."""
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(100)) + packer.flush()
    (tmp_path / "once.pdf").write_bytes(one_page(packed, " /Filter /FlateDecode"))
    twice = one_page(zlib.compress(packed), " /Filter [/FlateDecode /FlateDecode]")
    (tmp_path / "twice.pdf").write_bytes(twice)
    assert "damaged" in refusal(tmp_path / "once.pdf")
    assert "damaged" in refusal(tmp_path / "twice.pdf")


def test_a_pdf_whose_pages_hold_themselves_is_refused(tmp_path: Path) -> None:
    """A tree that is a circle."""
    whole = pdf(["x"]).replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]")
    (tmp_path / "round.pdf").write_bytes(whole)
    assert "damaged" in refusal(tmp_path / "round.pdf")


def word_file_of(body: str, entities: str) -> bytes:
    """A DOCX whose text is this XML, with these entities declared."""
    evil = (
        f'<?xml version="1.0"?><!DOCTYPE d [{entities}]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body><w:p><w:r><w:t>{body}</w:t></w:r></w:p></w:body></w:document>"
    )
    with zipfile.ZipFile(io.BytesIO(word_file())) as good:
        members = {member.filename: good.read(member) for member in good.infolist()}
    return archive(members | {"word/document.xml": evil.encode()})


def test_a_file_that_a_document_asks_for_is_not_read(tmp_path: Path) -> None:
    """XML can name any file of this machine as a part of itself."""
    (tmp_path / "key").write_text("secret")
    entity = f'<!ENTITY file SYSTEM "{(tmp_path / "key").as_uri()}">'
    (tmp_path / "a.docx").write_bytes(word_file_of("before &file; after", entity))
    assert "secret" not in read_document(tmp_path / "a.docx").text


def test_a_billion_laughs_are_refused(tmp_path: Path) -> None:
    """Ten lines of XML that stand for gigabytes."""
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    (tmp_path / "a.docx").write_bytes(word_file_of("&l9;", f'<!ENTITY l0 "ha">{laughs}'))
    assert "damaged" in refusal(tmp_path / "a.docx")


@pytest.mark.parametrize(
    "code",
    [
        "sys.exit(1)",
        "o.write(b'nonsense' * 100)",
        "w(o, {'op': 'text', 'text': 7}); w(o, {'op': 'end'})",
        "w(o, {'op': 'somethingelse'})",
        "o.write(b'\\xff\\xff\\xff\\xff')",
        "import os, time; w(o, {'op': 'text', 'text': 'half'}); os.close(1); time.sleep(60)",
        "[w(o, {'op': 'text', 'text': 'x' * 10**6}) for _ in range(50)]",
    ],
    ids=["dies", "no frames", "no text", "other frames", "huge", "half", "too much"],
)
def test_a_process_that_misbehaves_is_given_up(document: Path, code: str) -> None:
    """Half a text is none; and the process is gone afterwards."""
    assert "could not be read" in refusal(document, misbehaving(code))


def test_a_process_that_hangs_is_killed(document: Path) -> None:
    """At the deadline, whatever it is busy with."""
    parser = misbehaving("import time; time.sleep(60)", seconds=0.3)
    assert "took too long" in refusal(document, parser)


def test_what_a_process_says_is_cut(document: Path) -> None:
    """It may have been taken over: no novel, no line ends, no half characters reach the window."""
    parser = misbehaving("w(o, {'op': 'refused', 'message': 'It is\\n' + 'x' * 9999})")
    assert len(refusal(document, parser)) == 300


def test_reading_can_be_called_off(document: Path) -> None:
    """Before it began, and while it hangs."""
    with pytest.raises(CancelledError):
        read_document(document, lambda: True, misbehaving("import time; time.sleep(60)"))
    stop = Cancel()
    stop.ask()
    with open_plain(document) as file, pytest.raises(CancelledError):
        misbehaving("import time; time.sleep(60)").text(Kind.PDF, file, stop)


def test_the_process_knows_nothing(document: Path) -> None:
    """Neither the file's name nor a variable of the person's, and no vault's code."""
    code = (
        "import os; import assistant.importing.child;"
        "bad = ('assistant.store', 'sqlcipher3', 'keyring', 'cryptography', 'PySide6');"
        "loaded = [n for n in sys.modules if n.startswith(bad)];"
        "known = [n for n in os.environ if n == 'HOME' or n.startswith('HUSH')];"
        "w(o, {'op': 'text', 'text': repr((sys.argv[1:], loaded, known))}); w(o, {'op': 'end'})"
    )
    assert read_document(document, parser=misbehaving(code)).text == "(['pdf'], [], [])"


@pytest.mark.skipif(sys.platform != "linux", reason="macOS does not heed all limits")
@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("bytearray(1 << 31)", "MemoryError"),
        ("open(sys.argv[1], 'wb', 0).write(b'x')", "OSError"),
        ("[open('/dev/null') for _ in range(99)]", "OSError"),
    ],
)
def test_the_process_is_held_to_its_limits(tmp_path: Path, code: str, ending: str) -> None:
    """Of memory, of files it writes and files it opens."""
    script = (
        "import sys\nfrom assistant.importing.limits import DOCUMENT, limit_process\n"
        f"limit_process(DOCUMENT)\ntry:\n    {code}\n"
        "except Exception as error:\n    print(type(error).__name__)\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path / "new")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stdout.split() == [ending]
