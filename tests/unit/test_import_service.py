"""Importing a folder: what becomes of it, what is said, and every way it can be cut off."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import FileRefused, NotFound, StorageFull
from assistant.events import Event, ImportProgress
from assistant.importing.files import GONE, LINK
from assistant.importing.note_batch import MOST_FILES
from assistant.importing.parsing import Parser
from assistant.importing.records import ImportReport
from assistant.importing.tally import Tally
from assistant.notes.records import TitleBy
from assistant.store import import_rows
from assistant.store.note_rows import Outcome
from assistant.store.sqlcipher import KEY_BYTES
from assistant.store.vault import Vault
from tests.unit.import_bench import (
    PATIENCE,
    ImportBench,
    archive,
    bench,
    chat,
    chats_file,
    pdf,
    remarks,
    skipped,
    word_file,
    write_notes,
)
from tests.unit.small_disks import small_disk_or_skip

KEY = bytes(range(KEY_BYTES))
DAY = 86_400_000


@pytest.fixture
def work() -> Iterator[ImportBench]:
    """The service over an empty vault."""
    with bench() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of notes."""
    root = tmp_path / "Notes"
    (root / "travel").mkdir(parents=True)
    (root / ".obsidian").mkdir()
    (root / ".obsidian" / "app.json").write_text("{}")
    (root / "harbours.md").write_text(
        "---\ntitle: On Harbours\ntags: [sea, travel/north]\naliases: Ports\n"
        "created: 2024-03-01T10:20:30Z\n---\nSee [[oslo]] and ![[map.png]]. #ships\n"
    )
    (root / "travel" / "oslo.md").write_text("# Oslo\n\nA harbour.\n")
    (root / "plain.txt").write_text("no heading\n---\n")
    (root / "map.png").write_bytes(b"png")
    return root


@pytest.fixture
def every_kind(folder: Path) -> Path:
    """The same with documents and chats, for each of which a process is started."""
    (folder / "report.pdf").write_bytes(pdf(["A report"]))
    (folder / "letter.docx").write_bytes(word_file())
    (folder / "conversations.json").write_bytes(chats_file(chat("Ships", ("user", "q"))))
    return folder


def test_a_folder_of_every_kind(work: ImportBench, every_kind: Path) -> None:
    """Each file becomes what it is, and what is nobody's note stays where it is."""
    report = work.take(every_kind)
    assert report == ImportReport(new=6, conversations=1, tags=3, attachments=("map.png",))
    notes = work.notes()
    harbours = notes["harbours.md"]
    assert (harbours.title, harbours.title_by) == ("On Harbours", TitleBy.PERSON)
    assert set(harbours.tags) == {"sea", "travel/north", "ships"}
    assert harbours.text == "See [[oslo]] and ![[map.png]]. #ships\n"
    assert harbours.created_at == 1_709_288_430_000
    assert (notes["travel/oslo.md"].title, notes["travel/oslo.md"].title_by) == (
        "Oslo",
        TitleBy.TEXT,
    )
    assert notes["plain.txt"].title == "plain"
    assert notes["report.pdf"].text == "A report"
    assert notes["letter.docx"].title == "letter"
    assert list(work.chats()) == ["Ships"]


def test_a_look_says_what_would_be_done(work: ImportBench, every_kind: Path) -> None:
    """And does nothing."""
    (every_kind / "link.md").symlink_to("plain.txt")
    plan = work.service.look(every_kind).result(PATIENCE)
    assert (plan.notes, plan.documents, plan.chats, plan.files) == (3, 2, 1, 6)
    assert dict(plan.skipped) == {"link.md": LINK}
    assert not work.all_notes()


def test_again_changes_nothing(work: ImportBench, every_kind: Path) -> None:
    """No file is even taken apart."""
    work.take(every_kind)
    before = work.all_notes()
    assert work.take(every_kind) == ImportReport(
        same=6, conversations=1, tags=3, attachments=("map.png",)
    )
    assert work.all_notes() == before


def test_a_changed_file_brings_its_note_up_to_date(work: ImportBench, folder: Path) -> None:
    """Text and tags; all others stay."""
    work.take(folder)
    (folder / "travel" / "oslo.md").write_text("# Oslo\n\nA big harbour. #city\n")
    report = work.take(folder)
    assert (report.changed, report.same) == (1, 2)
    assert work.notes()["travel/oslo.md"].tags == ("city",)


def test_a_file_that_moved_keeps_its_note(work: ImportBench, folder: Path) -> None:
    """And its copy becomes another."""
    work.take(folder)
    oslo = work.notes()["travel/oslo.md"]
    (folder / "travel" / "oslo.md").rename(folder / "norway.md")
    report = work.take(folder)
    assert (report.new, report.changed) == (0, 0)
    assert work.notes()["norway.md"].id == oslo.id
    (folder / "copy.md").write_bytes((folder / "norway.md").read_bytes())
    assert work.take(folder).new == 1
    (folder / "norway.md").unlink()
    (folder / "norway.md").write_text("# Something else\n")
    assert work.take(folder).changed == 1


def test_two_files_alike_are_two_notes(work: ImportBench, tmp_path: Path) -> None:
    """In one batch, and empty ones, too."""
    write_notes(tmp_path / "N", 3, "alike")
    for name in ("a", "b"):
        (tmp_path / "N" / f"empty-{name}.md").write_text("")
    assert work.take(tmp_path / "N").new == 5
    assert work.take(tmp_path / "N").same == 5


def test_one_file_and_then_its_folder(work: ImportBench, folder: Path) -> None:
    """It is known by then."""
    assert work.take(folder / "harbours.md").new == 1
    assert work.take(folder).new == 2
    assert work.take(folder / "harbours.md").same == 1
    assert len(work.all_notes()) == 3


def test_what_is_in_the_trash_stays_there(work: ImportBench, folder: Path) -> None:
    """Changed in the folder or not."""
    work.take(folder)
    work.vault.write(lambda c: c.execute("UPDATE note SET deleted_at = 1").rowcount).result()
    (folder / "plain.txt").write_text("other words")
    report = work.take(folder)
    assert (report.in_trash, report.new, report.changed) == (3, 0, 0)
    assert work.notes()["plain.txt"].text == "no heading\n---\n"


def test_changed_here_and_there_keeps_both(work: ImportBench, folder: Path) -> None:
    """The text of Hush stands, and the file is a note beside it, from then on."""
    work.take(folder)
    edited = work.notes()["plain.txt"]
    edit = "UPDATE note SET text = 'mine', revision = revision + 1 WHERE id = ?"
    work.vault.write(lambda c: c.execute(edit, (edited.id,)).rowcount).result()
    (folder / "plain.txt").write_text("theirs")
    assert work.take(folder).kept_both == 1
    assert work.notes()["plain.txt"].text == "theirs"
    assert next(note for note in work.all_notes() if note.id == edited.id).text == "mine"
    (folder / "plain.txt").write_text("theirs, again")
    assert work.take(folder).changed == 1


def test_bad_files_are_skipped_by_name_and_end_nothing(work: ImportBench, tmp_path: Path) -> None:
    """Each with its reason; what is beside them is imported."""
    write_notes(tmp_path, 2)
    (tmp_path / "latin.md").write_bytes("Müller".encode("latin-1"))
    (tmp_path / "zeros.md").write_bytes(bytes(100))
    (tmp_path / "long.md").write_text("x" * 20_000_001)
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "link.md").symlink_to("/etc/passwd")
    (tmp_path / "Zoë 🎉.md").write_text("fine")
    report = work.take(tmp_path)
    assert report.new == 3
    assert set(skipped(report)) == {"latin.md", "zeros.md", "long.md", "broken.pdf", "link.md"}
    assert "too long" in skipped(report)["long.md"]


def test_front_matter_that_is_none_stays_in_the_text(work: ImportBench, tmp_path: Path) -> None:
    """Told by name, hidden from nobody; and nothing it asks for is done."""
    harm = tmp_path / "harm"
    texts = {
        "bad.md": "---\ntags: [a\n---\ntext\n",
        "object.md": f"---\nx: !!python/object/apply:os.system ['touch {harm}']\n---\ntext\n",
        "laughs.md": "---\na: &a [x]\nb: [*a, *a]\n---\ntext\n",
    }
    (tmp_path / "N").mkdir()
    for name, text in texts.items():
        (tmp_path / "N" / name).write_text(text)
    report = work.take(tmp_path / "N")
    assert report.new == 3
    assert not harm.exists()
    assert {name: note.text for name, note in work.notes().items()} == texts
    assert "not YAML" in remarks(report)["bad.md"]
    assert "objects" in remarks(report)["object.md"]
    assert "references" in remarks(report)["laughs.md"]


def test_odd_notes_survive(work: ImportBench, tmp_path: Path) -> None:
    """10 MB in one line, 10,000 tags here and there, a NUL, links that go round in a circle."""
    many = [f"t{n}" for n in range(10_001)]
    (tmp_path / "line.md").write_text("word " * 2_000_000)
    (tmp_path / "tags.md").write_text(" ".join(f"#{tag}" for tag in many))
    (tmp_path / "given.md").write_text(f"---\ntags: [{', '.join(many[:8_000])}]\n---\nx\n")
    (tmp_path / "nul.md").write_bytes(b"words and \x00 more of them, so it is a text")
    (tmp_path / "a.md").write_text("[[b]]")
    (tmp_path / "b.md").write_text("[[a]] [[b]]")
    report = work.take(tmp_path)
    assert (report.new, report.skipped) == (6, ())
    notes = work.notes()
    assert len(notes["line.md"].text) == 10_000_000
    assert len(notes["tags.md"].tags) == 10_000
    assert len(notes["given.md"].tags) == 8_000
    assert "\ufffd" in notes["nul.md"].text
    assert "NUL" in remarks(report)["nul.md"]


def test_a_file_from_the_future_is_of_now(work: ImportBench, tmp_path: Path) -> None:
    """A wrong clock somewhere must not keep a note at the head of the list for years."""
    write_notes(tmp_path, 1)
    (tmp_path / "old.md").write_text("old")
    later = work.clock.now() / 1000 + 1e9
    os.utime(tmp_path / "0000.md", (later, later))
    os.utime(tmp_path / "old.md", (1e9, 1e9))
    work.take(tmp_path)
    assert work.notes()["0000.md"].updated_at == work.clock.now()
    assert work.notes()["old.md"].updated_at == 1_000_000_000_000


def test_progress_is_told_up_to_the_end(work: ImportBench, tmp_path: Path) -> None:
    """First that it is counted, then how far it is."""
    write_notes(tmp_path, 2 * MOST_FILES + 1)
    run = work.service.start(tmp_path)
    run.done.result(PATIENCE)
    told = []
    while not work.events.empty():
        event = work.events.get()
        assert isinstance(event, ImportProgress)
        assert event.run_id == run.id
        told.append((event.done, event.total))
    assert told[0] == (0, 0)
    assert told[-1] == (101, 101)
    assert told == sorted(told)


def test_a_folder_that_changes_while_it_is_read(tmp_path: Path) -> None:
    """What went is named, what changed is read as it is then, and nothing outside is read."""
    secret = tmp_path / "secret"
    write_notes(secret, 1, "secret")
    root = tmp_path / "N"
    write_notes(root, 200)
    write_notes(root / "z", 1)

    def hear(event: Event) -> None:
        if isinstance(event, ImportProgress) and event.done == MOST_FILES:
            (root / "0120.md").unlink()
            (root / "0130.md").write_text("new words")
            (root / "0140.md").unlink()
            (root / "0140.md").symlink_to(secret / "0000.md")
            (root / "z" / "0000.md").unlink()
            (root / "z").rmdir()
            (root / "z").symlink_to(secret)
            (root / "0999.md").write_text("too late")

    with bench(hear=hear) as work:
        report = work.take(root)
        assert skipped(report) == {"0120.md": GONE, "0140.md": LINK, "z/0000.md": LINK}
        assert report.new == 198
        assert work.notes()["0130.md"].text == "new words"
        assert "secret" not in {note.text for note in work.all_notes()}


class TestCutOff:
    """An import that is called off, killed, or has no room: what is in stays, the rest follows."""

    def test_called_off(self, tmp_path: Path) -> None:
        """Its report comes; there is nothing left to go on with, and again is no harm."""
        write_notes(tmp_path, 300)

        def hear(event: Event) -> None:
            if isinstance(event, ImportProgress) and event.done == MOST_FILES:
                work.service.cancel(event.run_id)

        with bench(hear=hear) as work:
            report = work.take(tmp_path)
            assert report.cancelled
            assert report.new == MOST_FILES
            assert work.service.unfinished().result() == []
        with bench() as work:
            assert work.take(tmp_path).new == 300

    def test_called_off_before_it_began(self, tmp_path: Path) -> None:
        """It waits behind another one."""
        write_notes(tmp_path, 60)
        gate = threading.Event()
        with bench(hear=lambda _: gate.wait(PATIENCE)) as work:
            first, second = work.service.start(tmp_path), work.service.start(tmp_path)
            work.service.cancel(second.id)
            gate.set()
            assert first.done.result(PATIENCE).new == 60
            assert second.done.result(PATIENCE).cancelled
            assert first.id != second.id

    def test_closed_in_the_middle(self, tmp_path: Path) -> None:
        """The next start of Hush goes on, and counts each file once."""
        write_notes(tmp_path / "N", 300)
        vault = Vault.open(tmp_path / "vault.db", KEY)
        closing: list[ImportBench] = []

        def hear(event: Event) -> None:
            if isinstance(event, ImportProgress) and event.done == 2 * MOST_FILES:
                # It waits for this thread in vain, and leaves it to end by itself.
                other = threading.Thread(target=closing[0].service.close)
                other.start()
                other.join()

        with bench(vault, hear) as work:
            closing.append(work)
            work.take(tmp_path / "N")
        with bench(Vault.open(tmp_path / "vault.db", KEY)) as work:
            (left,) = work.service.unfinished().result()
            assert left.path == tmp_path / "N"
            assert left.done == 2 * MOST_FILES
            run = work.service.resume(left.id)
            assert run.id == left.id
            assert run.done.result(PATIENCE).new == 300
            assert work.service.unfinished().result() == []

    @pytest.mark.parametrize(
        ("after", "how"),
        [(0, "resume"), (MOST_FILES, "again"), (170, "resume"), (201, "resume")],
    )
    def test_killed(self, tmp_path: Path, after: int, how: str) -> None:
        """No note is lost, none is there twice, and the report is of all of it."""
        write_notes(tmp_path / "N", 200)
        (tmp_path / "N" / "bad.md").write_bytes(b"\xff\xff")
        database = tmp_path / "vault.db"
        child = [sys.executable, "-m", "tests.unit.import_child"]
        ended = subprocess.run(
            [*child, str(database), str(tmp_path / "N"), str(after)],
            input=KEY.hex().encode(),
            check=False,
        )
        assert ended.returncode == -9
        with bench(Vault.open(database, KEY)) as work:
            (left,) = work.service.unfinished().result()
            service = work.service
            run = service.resume(left.id) if how == "resume" else service.start(tmp_path / "N")
            report = run.done.result(PATIENCE)
            assert (report.new, report.same) == (200, 0)
            assert list(skipped(report)) == ["bad.md"]
            assert len(work.all_notes()) == 200
            assert service.unfinished().result() == []
            assert work.take(tmp_path / "N").same == 200

    def test_the_disk_fills_at_note_900(self, tmp_path: Path) -> None:
        """One clear sentence, what is in stays, and with room again the rest follows."""
        write_notes(tmp_path / "N", 1_200, "# Note {n}\n\n" + "words " * 700)
        with small_disk_or_skip(tmp_path / "disk", 24) as disk:
            fills = iter([disk.leave_free])  # once

            def hear(event: Event) -> None:
                if isinstance(event, ImportProgress) and event.done == 900:
                    for fill in fills:
                        fill(0)

            with bench(Vault.open(disk.root / "vault.db", KEY), hear) as work:
                run = work.service.start(tmp_path / "N")
                with pytest.raises(StorageFull, match="1,200 files are imported") as full:
                    run.done.result(PATIENCE)
                assert full.value.message.startswith("The disk is full.")
                count = len(work.all_notes())
                assert 900 <= count < 1_200
                assert f"{count:,} of" in full.value.message
                (left,) = work.service.unfinished().result()
                assert left.done == count
                disk.empty()
                report = work.service.resume(run.id).done.result(PATIENCE)
                assert report.new == 1_200
                assert len(work.all_notes()) == 1_200

    def test_one_that_ended_cannot_be_gone_on_with(self, work: ImportBench, tmp_path: Path) -> None:
        """In words."""
        write_notes(tmp_path, 1)
        run = work.service.start(tmp_path)
        run.done.result(PATIENCE)
        with pytest.raises(NotFound, match="has ended"):
            work.service.resume(run.id).done.result(PATIENCE)

    def test_nobody_wants_it_to_go_on(self, work: ImportBench) -> None:
        """It is not offered again."""

        def begin(c: Any) -> None:
            c.execute("INSERT INTO import_run (id, path, started_at) VALUES (1, '/gone', 1)")

        work.vault.write(begin).result()
        work.service.forget(1).result()
        assert work.service.unfinished().result() == []

    @pytest.mark.parametrize("how", ["resume", "again"])
    def test_its_folder_is_not_there_now(self, work: ImportBench, tmp_path: Path, how: str) -> None:
        """It may lie on a stick: it is said, and can be gone on with once that is plugged in."""
        stick = tmp_path / "stick"

        def begin(c: Any) -> None:
            import_rows.begin(c, 1, str(stick), 1)

        work.vault.write(begin).result()
        run = work.service.resume(1) if how == "resume" else work.service.start(stick)
        with pytest.raises(NotFound):
            run.done.result(PATIENCE)
        (left,) = work.service.unfinished().result()
        write_notes(stick, 3)
        assert work.service.resume(left.id).done.result(PATIENCE).new == 3
        assert work.service.unfinished().result() == []

    def test_what_never_began_is_not_offered(self, work: ImportBench, tmp_path: Path) -> None:
        """There was nothing to import there, and nothing is in."""
        with pytest.raises(NotFound):
            work.take(tmp_path / "nowhere")
        assert work.service.unfinished().result() == []

    def test_no_process_can_be_started_now(self, tmp_path: Path) -> None:
        """That passes: the import that was cut off is there still."""
        (tmp_path / "Vault.zip").write_bytes(archive({"a.md": b"# A"}))
        with bench(parser=Parser((str(tmp_path / "no program"),))) as work:
            path = str(tmp_path / "Vault.zip")
            work.vault.write(lambda c: import_rows.begin(c, 1, path, 1)).result()
            with pytest.raises(FileRefused, match="no process could be started"):
                work.service.resume(1).done.result(PATIENCE)
            assert [left.id for left in work.service.unfinished().result()] == [1]

    def test_called_off_while_it_is_looked_at_again(self, tmp_path: Path) -> None:
        """Its report is of all that came in, not of the moment since."""
        write_notes(tmp_path, 3)

        def begin(c: Any) -> None:
            import_rows.begin(c, 1, str(tmp_path), 1)
            import_rows.report_so_far(c, 1, Tally({Outcome.NEW: 170}).to_json())

        told: list[ImportBench] = []
        with bench(hear=lambda _: told[0].service.cancel(1)) as work:
            told.append(work)
            work.vault.write(begin).result()
            report = work.service.resume(1).done.result(PATIENCE)
            assert (report.new, report.cancelled) == (170, True)
            (past,) = work.service.reports().result()
            assert past.report == report
