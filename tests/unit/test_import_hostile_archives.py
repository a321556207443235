"""Archives that were made to break their reader, that broke, or that no honest program writes."""

from __future__ import annotations

import io
import os
import stat
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.errors import FileRefused
from assistant.importing import archived_notes
from assistant.importing.archive_notebook import ArchiveNotebook, scan_archive
from assistant.importing.archived_notes import list_frames
from assistant.importing.folder import Entry, scan
from assistant.importing.parsing import Parser
from assistant.importing.records import Kind
from tests.unit.import_bench import ImportBench, archive, bench, listed, skipped, zipped


@pytest.fixture
def work() -> Iterator[ImportBench]:
    """The service over an empty vault."""
    with bench() as made:
        yield made


def link(name: str) -> zipfile.ZipInfo:
    """A member that unpacks to a link."""
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def locked(data: bytes, name: bytes) -> bytes:
    """The archive with one member that says it needs a password."""
    made = bytearray(data)
    central = data.index(b"PK\x01\x02", data.index(name) + len(name))
    while data[central + 46 : central + 46 + len(name)] != name:
        central = data.index(b"PK\x01\x02", central + 1)
    made[central + 8] |= 1
    return bytes(made)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_no_honest_archive_holds_is_refused_by_name(work: ImportBench, tmp_path: Path) -> None:
    """And the rest is imported: a name that leads outside, a link, two of one name, a password."""
    path = tmp_path / "Vault.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name in (
            "good.md", "../up.md", "a/../../up.md", "/etc/cron.md", "C:\\x.md", "..\\up.md",
            "a//b.md", "a/./c.md", "twice.md", "twice.md", "locked.md",
        ):  # fmt: skip
            file.writestr(name, b"# Words in " + name.encode())
        file.writestr(link("link.md"), "/etc/passwd")
        file.writestr("bomb.md", b"a" * 50_000_000)
        file.writestr("/".join(["d"] * 70) + "/deep.md", b"# Deep")
    path.write_bytes(locked(path.read_bytes(), b"locked.md"))
    report = work.take(path)
    assert (report.new, set(work.notes())) == (1, {"good.md"})
    why = skipped(report)
    assert "points outside" in why["../up.md"]
    assert "points outside" in why["a/../../up.md"]
    assert "points outside" in why["/etc/cron.md"]
    assert "points outside" in why["C:/x.md"]
    assert "not one that a file can have" in why["a//b.md"]
    assert "not one that a file can have" in why["a/./c.md"]
    assert "2 files of this name" in why["twice.md"]
    assert "password" in why["locked.md"]
    assert "link" in why["link.md"]
    assert "unpack to far more" in why["bomb.md"]
    assert "folders deep" in why["/".join(["d"] * 70) + "/deep.md"]


def test_a_damaged_member_is_skipped(work: ImportBench, tmp_path: Path) -> None:
    """Its checksum is wrong; those after it are read."""
    path = tmp_path / "Vault.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name in ("a.md", "b.md", "c.md"):
            file.writestr(name, f"# Words of {name}")
    path.write_bytes(path.read_bytes().replace(b"# Words of b.md", b"# WORDS of b.md"))
    report = work.take(path)
    assert report.new == 2
    assert "damaged" in skipped(report)["b.md"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no archive", os.urandom(2_000)])
def test_no_archive_at_all(work: ImportBench, tmp_path: Path, data: bytes) -> None:
    """It is refused before anything begins."""
    path = tmp_path / "Vault.zip"
    path.write_bytes(data)
    with pytest.raises(FileRefused, match="damaged"):
        work.service.look(path).result(60)
    with pytest.raises(FileRefused, match="damaged"):
        work.take(path)
    assert work.service.unfinished().result(60) == []


def test_too_much_in_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is honest, all of them together are not."""
    monkeypatch.setattr(archived_notes, "MAX_BYTES", 1_000)
    with pytest.raises(FileRefused, match="would unpack to"):
        list(list_frames(io.BytesIO(archive({f"{n}.md": os.urandom(300) for n in range(4)}))))


def test_many_small_files_that_unpack_to_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may be one letter over and over; all of them together are held to a ratio."""
    monkeypatch.setattr(archived_notes, "_ANY_BYTES", 1_000_000)
    data = archive({f"{n}.md": b"a" * 1_000_000 for n in range(4)})
    with pytest.raises(FileRefused, match="far more than it is packed to"):
        list(list_frames(io.BytesIO(data)))
    assert listed(archive({"0.md": b"a" * 1_000_000})) == {"0.md": ""}
    honest = {f"{n}.md": os.urandom(400_000) for n in range(4)}
    assert listed(archive(honest)) == dict.fromkeys(honest, "")


def test_files_that_lie_over_each_other() -> None:
    """One packed stretch that is unpacked under many names."""
    data = bytearray(archive({"a.md": b"# A" * 100, "b.md": b"# A" * 100}))
    second = data.rindex(b"PK\x01\x02")
    data[second + 42 : second + 46] = bytes(4)  # where it begins: at the first one
    with pytest.raises(FileRefused, match="lie over each other"):
        list(list_frames(io.BytesIO(bytes(data))))


def broken_lzma(members: dict[str, bytes], name: str) -> bytes:
    """An archive with one member whose packed bytes no LZMA ever wrote."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA) as file:
        for each, data in members.items():
            file.writestr(each, data)
        at = file.getinfo(name).header_offset + 30 + len(name)
    made = bytearray(stream.getvalue())
    made[at + 4] = 0xFF  # the properties, after its version and their length
    return bytes(made)


def other_local_name(data: bytes, name: bytes) -> bytes:
    """The archive with one member whose own name, before its bytes, is no UTF-8."""
    made = bytearray(data)
    at = data.index(name)
    made[at - 30 + 7] |= 0x08  # it says that it is
    made[at] = 0xFF
    return bytes(made)


@pytest.mark.parametrize("how", ["lzma", "name"])
def test_a_member_that_breaks_its_reader(work: ImportBench, tmp_path: Path, how: str) -> None:
    """Whatever is raised over it, it alone is skipped."""
    members = {name: b"# Words of " + name.encode() for name in ("a.md", "b.md", "c.md")}
    whole = archive(members)
    made = broken_lzma(members, "b.md") if how == "lzma" else other_local_name(whole, b"b.md")
    (tmp_path / "Vault.zip").write_bytes(made)
    report = work.take(tmp_path / "Vault.zip")
    assert report.new == 2
    assert skipped(report) == {"b.md": "It is damaged in the archive."}


ENDS_ONCE = """
import os, sys
sys.argv = ["child", *sys.argv[1:]]
if sys.argv[2] == "texts" and not os.path.exists({mark!r}):
    open({mark!r}, "w").close()
    from assistant.children.frames import write_frame as w
    o = sys.stdout.buffer
    w(o, dict(op="file", number=0, path="a.md", at=1))
    {then}
from assistant.importing.child import main
main()
"""


@pytest.mark.parametrize(
    ("then", "why"),
    [
        ("w(o, dict(op='refused', message='Too much.', advice='')); sys.exit()", "Too much."),
        ("o.flush(); os._exit(1)", "reading it took too long"),
        ("w(o, dict(op='end')); sys.exit()", "reading it took too long"),
        ("w(o, dict(op='text', text='x')); sys.exit()", "reading it took too long"),
    ],
)  # fmt: skip
def test_a_process_that_ends_over_one_file(tmp_path: Path, then: str, why: str) -> None:
    """That file is skipped, with the reason; the others are read, by another process."""
    zipped(tmp_path / "Vault.zip", {f"{name}.md": name.encode() for name in "abc"})
    code = ENDS_ONCE.format(mark=str(tmp_path / "ended"), then=then)
    with bench(parser=Parser((sys.executable, "-c", code))) as work:
        report = work.take(tmp_path / "Vault.zip")
        assert report.new == 2
        assert list(skipped(report)) == ["a.md"]
        assert why in skipped(report)["a.md"]


HOSTILE = (
    "import sys; from assistant.children.frames import write_frame as w; o = sys.stdout.buffer; "
)


@pytest.mark.parametrize(
    "code",
    [
        "sys.exit(1)",
        "w(o, {'op': 'member', 'number': 0, 'path': '../x.md', 'bytes': 1})",
        "w(o, {'op': 'member', 'number': -1, 'path': 'x.md', 'bytes': 1})",
        "w(o, {'op': 'member', 'number': 0, 'path': 'x.md', 'bytes': 1 << 60})",
        "w(o, {'op': 'member', 'number': True, 'path': ['x'], 'bytes': 1})",
        "w(o, {'op': 'somethingelse'})",
    ],
)
def test_a_process_that_lies_about_what_there_is(tmp_path: Path, code: str) -> None:
    """It may have been taken over by the archive: what it says is looked at."""
    path = zipped(tmp_path / "Vault.zip", {"a.md": b"# A"})
    parser = Parser((sys.executable, "-c", HOSTILE + code))
    with pytest.raises(FileRefused, match="could not be read"):
        scan_archive(scan(path), path, parser, Cancel())


@pytest.mark.parametrize(
    "code",
    [
        "w(o, {'op': 'file', 'number': 0, 'path': 'a.md', 'at': 1})",
        "w(o, {'op': 'file', 'number': 0, 'path': 'a.md'}); w(o, {'op': 'data', 'data': '*'})",
        "w(o, {'op': 'file', 'number': 0, 'path': 'a.md'}); w(o, {'op': 'data', 'data': 7})",
        "w(o, {'op': 'file', 'number': 'x', 'path': 'a.md'})",
        "w(o, {'op': 'file', 'number': 0, 'path': 'a.md'}); w(o, {'op': 'text', 'text': 'x'})",
    ],
)
def test_a_process_that_lies_about_a_file(tmp_path: Path, code: str) -> None:
    """Half a file is none."""
    path = zipped(tmp_path / "Vault.zip", {"a.md": b"# A"})
    parser = Parser((sys.executable, "-c", HOSTILE + code))
    notebook = ArchiveNotebook(path, "", parser, Cancel())
    with pytest.raises(FileRefused, match="could not be read"):
        notebook.whole(Entry("a.md", Kind.MARKDOWN, 3, 0))
    notebook.close()
