"""Notes to a folder: to the letter where nobody changed them, over nobody's files, and back."""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import InputRefused, StorageFull
from assistant.events import Event, ExportProgress
from assistant.importing.exporting import NotesExport
from assistant.importing.json_export import export_all
from assistant.importing.placing import UNFINISHED_NAME, file_name, is_within
from assistant.importing.records import ExportReport, ImportReport
from assistant.notes.names import tags_given
from assistant.store import note_rows, note_text_rows
from assistant.store.sqlcipher import KEY_BYTES
from assistant.store.vault import Vault
from tests.unit.import_bench import (
    PATIENCE,
    ImportBench,
    bench,
    pdf,
    remarks,
    skipped,
    write_notes,
)
from tests.unit.small_disks import small_disk_or_skip

TIL = Path(__file__).resolve().parents[3] / "shared" / "data" / "notes" / "til"
FRONT = "---\ntitle: On Harbours # as it was\ntags:\n- sea\n---\nText. #ships\n"


@pytest.fixture
def work() -> Iterator[ImportBench]:
    """The service over an empty vault."""
    with bench() as made:
        yield made


def write(work: ImportBench, folder: Path, ids: list[int] | None = None) -> ExportReport:
    """Export and wait."""
    return work.service.export_notes(folder, ids).done.result(PATIENCE)


def add(work: ImportBench, text: str, title: str = "", tags: tuple[str, ...] = ()) -> int:
    """Write a note in Hush."""
    given = tags_given(tags)
    now = work.clock.now()
    return work.vault.write(lambda c: note_rows.create(c, text, title, given, now).id).result()


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Notes in every form."""
    root = tmp_path / "Notes"
    (root / "sub").mkdir(parents=True)
    for name, data in {
        "front.md": FRONT.encode(),
        "plain.md": b"# Plain\r\n\r\nwindows\r\n",
        "sub/mac.md": b"# Mac\rold\r",
        "sub/wide.md": "\ufeff# Wide\n".encode("utf-16-le"),
        "mark.txt": b"\xef\xbb\xbfa text",
        "no end.md": b"no line end",
        "empty.md": b"",
        "rules.md": b"---\njust text\n---\nmore",
        "broken.md": b"---\ntags: [a\n---\nmore",
    }.items():
        (root / name).write_bytes(data)
    return root


def test_an_unmodified_note_comes_back_byte_for_byte(
    work: ImportBench, folder: Path, tmp_path: Path
) -> None:
    """Whatever its encoding, its line ends and its front matter; private, and of its own time."""
    os.utime(folder / "front.md", (1e9, 1e9))
    work.take(folder)
    assert write(work, tmp_path / "out") == ExportReport(written=9)
    assert files(tmp_path / "out") == files(folder)
    written = tmp_path / "out" / "front.md"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert written.stat().st_mtime == 1e9
    assert stat.S_IMODE((tmp_path / "out" / "sub").stat().st_mode) == 0o700


def test_there_and_back_changes_nothing(work: ImportBench, folder: Path, tmp_path: Path) -> None:
    """The export is known again, so are its files, and so is the first folder."""
    work.take(folder)
    add(work, "# Mine\n\nwords", tags=("a b", "c"))
    add(work, "no heading", title="Given")
    write(work, tmp_path / "out")
    before = work.all_notes()
    again = work.take(tmp_path / "out")
    assert (again.same, again.new, again.changed, again.kept_both) == (11, 0, 0, 0)
    assert work.all_notes() == before
    assert work.take(folder).same == 9
    assert write(work, tmp_path / "out") == ExportReport(unchanged=11)


def test_into_another_vault_nothing_is_lost(work: ImportBench, tmp_path: Path) -> None:
    """Titles, tags and times of notes that were written in Hush go along in front matter."""
    add(work, "# Mine\n\nwords #here", tags=("a b", "2024"))
    add(work, "no heading", title='A "title": [x] / y')
    write(work, tmp_path / "out")
    with bench() as other:
        other.take(tmp_path / "out")
        theirs = [(n.title, n.text, set(n.tags), n.created_at) for n in other.all_notes()]
        ours = [(n.title, n.text, set(n.tags), n.created_at) for n in work.all_notes()]
        assert sorted(theirs, key=str) == sorted(ours, key=str)


def test_what_was_changed_in_hush_is_in_the_file(
    work: ImportBench, folder: Path, tmp_path: Path
) -> None:
    """Text, tags and title; every other line of the front matter is as it was."""
    work.take(folder)
    front = work.notes()["front.md"]
    now = work.clock.now()

    def edit(c: Any) -> None:
        note_text_rows.save(c, front.id, "New text.\n", front.revision, "Another title", now)
        note_rows.choose_tags(c, front.id, ("sea", "north"))

    work.vault.write(edit).result()
    write(work, tmp_path / "out")
    text = (tmp_path / "out" / "front.md").read_text()
    assert text == '---\ntitle: "Another title"\ntags: [north, sea]\n---\nNew text.\n'
    before = work.all_notes()
    assert work.take(tmp_path / "out").same == 9
    assert work.all_notes() == before


def test_a_change_to_an_exported_file_comes_back(work: ImportBench, tmp_path: Path) -> None:
    """Also for a note that was written in Hush."""
    mine = add(work, "# Mine\n\nwords")
    write(work, tmp_path / "out")
    path = tmp_path / "out" / "Mine.md"
    path.write_text(path.read_text() + "\nand more")
    assert work.take(tmp_path / "out").changed == 1
    (note,) = work.all_notes()
    assert (note.id, note.text) == (mine, "# Mine\n\nwords\nand more")


def test_no_file_of_anybody_is_written_over(
    work: ImportBench, folder: Path, tmp_path: Path
) -> None:
    """One that Hush does not know, or that was changed since, keeps its name and its bytes."""
    work.take(folder)
    add(work, "# Mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "front.md").write_text("theirs")
    (out / "Mine.md").write_text("theirs, too")
    (out / "plain.md").mkdir()
    (out / "no end.md").symlink_to(tmp_path / "secret")
    report = write(work, out)
    assert report.written == 10
    assert (out / "front.md").read_text() == "theirs"
    assert (out / "Mine.md").read_text() == "theirs, too"
    assert (out / "front (2).md").read_bytes() == FRONT.encode()
    assert (out / "plain (2).md").is_file()
    assert not (tmp_path / "secret").exists()
    assert "Another file" in remarks_of(report)["front (2).md"]
    assert write(work, out).written == 0


def test_the_file_of_a_note_in_the_trash_is_not_written_over(
    work: ImportBench, tmp_path: Path
) -> None:
    """It may be all that is left of it, and a note of the same title is another."""
    first = add(work, "# Ideas\n\nfirst")
    write(work, tmp_path)
    work.vault.write(
        lambda c: c.execute("UPDATE note SET deleted_at = 1 WHERE id = ?", (first,)).rowcount
    ).result()
    earlier = (tmp_path / "Ideas.md").read_bytes()
    add(work, "# Ideas\n\nsecond")
    assert write(work, tmp_path).written == 1
    assert (tmp_path / "Ideas.md").read_bytes() == earlier
    assert b"second" in (tmp_path / "Ideas (2).md").read_bytes()
    assert write(work, tmp_path) == ExportReport(unchanged=1)


def remarks_of(report: ExportReport) -> dict[str, str]:
    """What was remarked, by name."""
    return dict(report.remarks)


def test_back_into_the_folder_it_is_from(work: ImportBench, folder: Path) -> None:
    """A file that Hush knows and nobody changed is brought up to date; all others stand."""
    work.take(folder)
    plain = work.notes()["plain.md"]
    now = work.clock.now()
    work.vault.write(
        lambda c: note_text_rows.save(c, plain.id, "# Plain\n\nnew\n", plain.revision, None, now)
    ).result()
    assert write(work, folder) == ExportReport(written=1, unchanged=8)
    assert (folder / "plain.md").read_bytes() == b"# Plain\r\n\r\nnew\r\n"
    assert work.take(folder).same == 9


@pytest.mark.skipif(sys.platform == "win32", reason="links as POSIX has them")
def test_no_folder_is_reached_through_a_link(
    work: ImportBench, folder: Path, tmp_path: Path
) -> None:
    """Nothing is written outside of the folder that was chosen."""
    work.take(folder)
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (out / "sub").symlink_to(elsewhere)
    report = write(work, out)
    assert [name for name, _ in report.skipped] == ["sub/mac.md", "sub/wide.md"]
    assert not files(elsewhere)


def test_documents_become_markdown_beside_their_names(work: ImportBench, tmp_path: Path) -> None:
    """The text of a PDF is no PDF."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.pdf").write_bytes(pdf(["words"]))
    work.take(tmp_path / "in")
    write(work, tmp_path / "out")
    assert files(tmp_path / "out") == {"a.pdf.md": b"words"}
    assert work.take(tmp_path / "out") == ImportReport(same=1)


def test_chosen_notes_alone(work: ImportBench, tmp_path: Path) -> None:
    """And none of the trash."""
    first, second = add(work, "# One"), add(work, "# Two")
    add(work, "# Three")
    work.vault.write(
        lambda c: c.execute("UPDATE note SET deleted_at = 1 WHERE id = ?", (second,)).rowcount
    ).result()
    assert write(work, tmp_path / "out", [first, second]).written == 1
    assert list(files(tmp_path / "out")) == ["One.md"]


def test_notes_of_one_name(work: ImportBench, tmp_path: Path) -> None:
    """Also where only some systems take them for one."""
    for text in ("# Same", "# same", "# SAME", ""):
        add(work, text)
    write(work, tmp_path / "out")
    names = ["SAME (3).md", "Same.md", "Untitled.md", "same (2).md"]
    assert list(files(tmp_path / "out")) == names


def test_a_text_file_has_no_place_for_tags(work: ImportBench, folder: Path, tmp_path: Path) -> None:
    """They stay in Hush, and that is said."""
    work.take(folder)
    mark = work.notes()["mark.txt"]
    work.vault.write(lambda c: note_rows.choose_tags(c, mark.id, ("a",))).result()
    report = write(work, tmp_path / "out")
    assert "stay in Hush" in remarks_of(report)["mark.txt"]
    assert (tmp_path / "out" / "mark.txt").read_bytes() == b"\xef\xbb\xbfa text"


@pytest.mark.parametrize("place", ["file", "file/below", "nowhere/below"])
def test_a_folder_that_can_be_none(work: ImportBench, tmp_path: Path, place: str) -> None:
    """In words, and nothing is written."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputRefused):
        write(work, tmp_path / place)
    assert files(tmp_path) == {"file": b"x"}


def test_a_full_disk(work: ImportBench, tmp_path: Path) -> None:
    """One sentence; no half file; and again, with room, all are there."""
    for n in range(30):
        add(work, f"# Note {n}\n\n{'words ' * 3000}")
    with small_disk_or_skip(tmp_path / "disk", 1) as disk:
        disk.leave_free(40)
        with pytest.raises(StorageFull, match=r"could not all be written there: \d+ are"):
            write(work, disk.root / "out")
        names = [path.name for path in (disk.root / "out").iterdir()]
        assert 0 < len(names) < 30
        assert not [name for name in names if name.startswith(".")]
        assert UNFINISHED_NAME in names
        disk.empty()
        report = write(work, disk.root / "out")
        assert not (disk.root / "out" / UNFINISHED_NAME).exists()
        assert report.written + report.unchanged == 30
        assert report.remarks == ()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Plain", "Plain"),
        ("../../etc/passwd", "etc passwd"),
        ('a/b\\c:d*e?f"g<h>i|j', "a b c d e f g h i j"),
        ("CON", "CON_"),
        ("nul.txt", "nul.txt_"),
        ("...", "Untitled"),
        ("", "Untitled"),
        ("[[x]] #y ^z", "x y z"),
        ("a\nb\x00c\x9b", "a b c"),
        ("é" * 500, "é" * 80),
    ],
)
def test_names_that_every_system_takes(title: str, name: str) -> None:
    """Whatever the title says."""
    assert file_name(title) == name


@pytest.mark.parametrize(
    "source", ["../a.md", "/a.md", "a/../../b.md", "C:a.md", "a\\..\\b", "", "a//b"]
)
def test_a_path_that_leads_outside_is_never_written_to(source: str) -> None:
    """Even if the vault had one."""
    assert not is_within(source)


@pytest.mark.skipif(not TIL.is_dir(), reason="needs the notes of ../shared")
def test_a_real_notebook_there_and_back(tmp_path: Path) -> None:
    """1,871 notes: all are imported, come back byte for byte, and are known again."""
    database = tmp_path / "vault.db"
    with bench(Vault.open(database, bytes(KEY_BYTES))) as work:
        report = work.take(TIL)
        assert (report.new, report.skipped, report.remarks) == (1_871, (), ())
        assert report.attachments == ("LICENSE",)
        assert write(work, tmp_path / "out").written == 1_871
        notes = {name: data for name, data in files(TIL).items() if name != "LICENSE"}
        assert files(tmp_path / "out") == notes
        assert work.take(tmp_path / "out") == ImportReport(same=1_871, tags=report.tags)
        assert work.take(TIL).same == 1_871


def test_the_report_of_many_names_is_bounded(work: ImportBench, tmp_path: Path) -> None:
    """A hostile folder may hold a hundred thousand bad files."""
    write_notes(tmp_path, 1)
    for n in range(1_100):
        (tmp_path / f"link{n}.md").symlink_to("0000.md")
    report = work.take(tmp_path)
    assert len(report.skipped) == 1_001
    assert report.skipped[-1].why == "100 more are not named here."
    assert skipped(report)
    assert not remarks(report)


def test_a_note_edited_while_it_is_written_is_not_taken_for_its_file(
    work: ImportBench, tmp_path: Path
) -> None:
    """Its file has the revision that was read: a change to that file keeps both, losing no edit."""
    note_id = add(work, "# Mine\n\nfirst")
    text, now = "# Mine\n\nsecond", work.clock.now()

    def edit_meanwhile() -> bool:
        work.vault.write(lambda c: note_text_rows.save(c, note_id, text, 1, None, now)).result()
        return False

    NotesExport(work.vault, tmp_path / "out", edit_meanwhile).work(None)
    file = tmp_path / "out" / "Mine.md"
    assert b"first" in file.read_bytes()
    assert work.take(tmp_path / "out").same == 1
    file.write_text("# Mine\n\nthird, in another program")
    report = work.take(tmp_path / "out")
    assert (report.kept_both, report.changed) == (1, 0)
    texts = [note.text for note in work.all_notes()]
    assert sorted(texts) == ["# Mine\n\nsecond", "# Mine\n\nthird, in another program"]


class TestCancelling:
    """What is half-way never looks whole."""

    def test_a_folder_says_that_it_is_not_all(self, work: ImportBench, tmp_path: Path) -> None:
        """Each note in it is whole, a file says the rest; the next export adds what is missing."""
        for n in range(60):
            add(work, f"# Note {n}")
        out = tmp_path / "out"
        answers = iter([False] * 30 + [True] * 30)
        report = NotesExport(work.vault, out, lambda: next(answers)).work(None)
        assert (report.written, report.cancelled) == (30, True)
        assert b"not written all" in (out / UNFINISHED_NAME).read_bytes()
        assert len(list(out.glob("*.md"))) == 30
        assert work.take(out).same == 30
        assert write(work, out) == ExportReport(written=30, unchanged=30)
        assert not (out / UNFINISHED_NAME).exists()

    def test_one_file_is_there_whole_or_not_at_all(self, work: ImportBench, tmp_path: Path) -> None:
        """An earlier one stands."""
        for n in range(60):
            add(work, f"# Note {n}")
        path = tmp_path / "all.json"
        path.write_text("earlier")
        answers = iter([False] * 30 + [True])
        report = export_all(work.vault, path, 1, lambda: next(answers))
        assert (report.written, report.cancelled) == (0, True)
        assert path.read_text() == "earlier"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_file_of_that_name_is_left_alone(self, work: ImportBench, tmp_path: Path) -> None:
        """It is somebody's own."""
        add(work, "# Mine")
        (tmp_path / UNFINISHED_NAME).write_text("my list")
        write(work, tmp_path)
        assert (tmp_path / UNFINISHED_NAME).read_text() == "my list"

    @pytest.mark.parametrize("to", ["folder", "file"])
    def test_it_is_called_off_by_its_number(self, tmp_path: Path, to: str) -> None:
        """And says how far it is, up to the end."""
        first, going = threading.Event(), threading.Event()

        def hear(event: Event) -> None:
            if isinstance(event, ExportProgress):
                first.set()
                going.wait(PATIENCE)

        with bench(hear=hear) as work:
            for n in range(60):
                add(work, f"# Note {n}")
            path = tmp_path / "out"
            export = work.service.export_notes if to == "folder" else work.service.export_json
            run = export(path)
            assert first.wait(PATIENCE)
            work.service.cancel(run.id)
            going.set()
            assert run.done.result(PATIENCE).cancelled
            again = export(path)
            assert again.id != run.id
            assert again.done.result(PATIENCE).written + again.done.result().unchanged == 60
            told = [work.events.get_nowait() for _ in range(work.events.qsize())]
        assert ExportProgress(run.id, 1, 60) in told
        assert told[-1] == ExportProgress(again.id, 60, 60)
