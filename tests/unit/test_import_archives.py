"""A .zip of notes is read as the folder that was zipped, with folders as tags; and its report."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.errors import FileRefused
from assistant.importing.archive_notebook import ArchiveNotebook, scan_archive
from assistant.importing.folder import Entry, scan
from assistant.importing.notebook import FolderNotebook, Notebook
from assistant.importing.parsing import Parser
from assistant.importing.records import MOST_NAMED, Kind
from assistant.importing.surveying import notebook_of, survey
from assistant.importing.tally import Tally
from assistant.store import (
    chore_rows,
    import_rows,
    note_rows,
    note_text_rows,
    note_trash_rows,
)
from assistant.store.import_rows import MOST_REPORTS
from assistant.store.sqlcipher import KEY_BYTES, Connection
from assistant.store.vault import Vault
from tests.unit.import_bench import (
    VAULT,
    ImportBench,
    archive,
    bench,
    chat,
    chats_file,
    listed,
    remarks,
    skipped,
    unpacked,
    zipped,
)

BESIDE = {
    ".obsidian/app.json": b"{}",
    "__MACOSX/._Home.md": b"\0",
    "travel/fjord.png": b"\x89PNG",
}


@pytest.fixture
def work() -> Iterator[ImportBench]:
    """The service over an empty vault."""
    with bench() as made:
        yield made


class NotebookContract:
    """What a folder and an archive both do."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """The notes, as this kind has them."""
        raise NotImplementedError

    @pytest.fixture
    def opened(self, path: Path) -> Iterator[tuple[Notebook, dict[str, Entry]]]:
        """The notebook, and what lies in it."""
        found = survey(path, Parser(), Cancel())
        notebook = notebook_of(found, Parser(), Cancel())
        yield notebook, {entry.path: entry for entry in found.entries}
        notebook.close()

    def test_the_same_entries(self, opened: tuple[Notebook, dict[str, Entry]]) -> None:
        assert list(opened[1]) == sorted(VAULT)

    def test_every_byte(self, opened: tuple[Notebook, dict[str, Entry]]) -> None:
        notebook, entries = opened
        for name in ("Home.md", "travel/norway/Oslo.md", "travel/wide.txt"):
            assert notebook.whole(entries[name]).data == VAULT[name]

    def test_the_time_it_was_written(self, opened: tuple[Notebook, dict[str, Entry]]) -> None:
        notebook, entries = opened
        at = notebook.whole(entries["Home.md"]).modified_at
        assert abs(at - 1_700_000_000_000) <= 2_000  # an archive counts in steps of two seconds

    def test_documents_between_texts(self, opened: tuple[Notebook, dict[str, Entry]]) -> None:
        notebook, entries = opened
        notebook.whole(entries["Home.md"])
        parsed = notebook.document(entries["papers/tides.pdf"], None)
        assert parsed is not None
        assert parsed.text == "Tides are long."
        assert notebook.document(entries["papers/tides.pdf"], parsed.hash) is None
        assert (
            "Ships rest" in (notebook.document(entries["papers/harbours.docx"], b"") or parsed).text
        )
        assert notebook.whole(entries["travel/wide.txt"]).data == VAULT["travel/wide.txt"]

    def test_a_stop(self, path: Path) -> None:
        found = survey(path, Parser(), Cancel())
        stop = Cancel()
        stop.ask()
        entry = next(entry for entry in found.entries if entry.kind is Kind.PDF)
        with pytest.raises(CancelledError):
            notebook_of(found, Parser(), stop).document(entry, None)


class TestFolder(NotebookContract):
    """A folder passes the contract."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """The notes as files."""
        folder = unpacked(tmp_path / "Vault", VAULT)
        for file in folder.rglob("*.*"):
            os.utime(file, (1.7e9, 1.7e9))
        return folder

    def test_it_is_one(self, opened: tuple[Notebook, dict[str, Entry]]) -> None:
        assert isinstance(opened[0], FolderNotebook)


class TestArchive(NotebookContract):
    """An archive passes the contract."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """The notes as one file, as a file manager writes it."""
        unpacked(tmp_path / "Vault", VAULT)
        made = tmp_path / "Vault.zip"
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
            for name in sorted(VAULT, reverse=True):
                source = tmp_path / "Vault" / name
                os.utime(source, (1.7e9, 1.7e9))
                file.write(source, f"Vault/{name}")
        return made

    def test_it_is_one(self, opened: tuple[Notebook, dict[str, Entry]]) -> None:
        assert isinstance(opened[0], ArchiveNotebook)


def test_a_zip_of_notes_is_imported(work: ImportBench, tmp_path: Path) -> None:
    """As the folder would be; what is hidden stays out, and other files are counted."""
    path = zipped(tmp_path / "Vault.zip", VAULT | BESIDE)
    plan = work.service.look(path).result(60)
    assert (plan.notes, plan.documents, plan.chats) == (3, 2, 0)
    report = work.take(path)
    assert (report.new, report.skipped, report.attachments) == (5, (), ("travel/fjord.png",))
    notes = work.notes()
    assert set(notes) == set(VAULT)
    assert notes["Home.md"].tags == ("sea", "ships")
    assert notes["travel/wide.txt"].text == "wide"
    assert not [each for each in tmp_path.iterdir() if each != path]


def test_again_and_changed(work: ImportBench, tmp_path: Path) -> None:
    """By the bytes of each file, as for a folder."""
    path = zipped(tmp_path / "Vault.zip", VAULT)
    work.take(path)
    before = work.all_notes()
    assert work.take(path).same == 5
    assert work.all_notes() == before
    zipped(path, VAULT | {"Home.md": b"# Home\n\nother words"})
    report = work.take(path)
    assert (report.changed, report.same, report.new) == (1, 4, 0)


def test_an_export_of_chats_is_one_still(work: ImportBench, tmp_path: Path) -> None:
    """With its file on top, or in a folder and no notes beside it; among notes it is no such."""
    chats = chats_file(chat("Harbours", ("user", "Where?"), ("assistant", "There.")))
    for name in ("conversations.json", "export/conversations.json"):
        path = zipped(tmp_path / "chatgpt.zip", {name: chats, "chat.html": b"<p>"})
        assert work.service.look(path).result(60).chats == 1
        assert work.take(path).conversations == 1
    mixed = zipped(tmp_path / "notes.zip", {"old/conversations.json": chats, "a.md": b"# A"})
    report = work.take(mixed)
    assert (report.new, report.conversations) == (1, 0)
    assert "import it by itself" in skipped(report)["old/conversations.json"]


def test_names_without_a_word_on_their_encoding() -> None:
    """Those of macOS are UTF-8 and do not say so; others are in code page 437."""
    data = archive({"café.md": b"# A"})
    silent = bytearray(data)
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        silent[data.index(sign) + place + 1] &= ~0x08
    assert listed(bytes(silent)) == {"café.md": ""}
    old = bytes(silent).replace("é".encode(), b"\x82x")  # é in code page 437
    assert listed(old) == {"caféx.md": ""}


def test_an_archive_that_is_replaced_meanwhile(tmp_path: Path) -> None:
    """Nothing is taken for what it is not: not another file, nor one that is no longer there."""
    path = zipped(tmp_path / "Vault.zip", {"a.md": b"# A", "b.md": b"# B"})
    found = scan_archive(scan(path), path, Parser(), Cancel())
    notebook = notebook_of(found, Parser(), Cancel())
    zipped(path, {"other.md": b"# Other"})
    with pytest.raises(FileRefused, match="kept changing"):
        notebook.whole(found.entries[0])
    with pytest.raises(FileRefused, match="disappeared"):
        notebook.whole(found.entries[1])
    notebook.close()


class TestFolderTags:
    """Folders as tags, wherever the folders are."""

    @pytest.fixture(params=["folder", "zip"])
    def path(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        """The same notes."""
        if request.param == "zip":
            return zipped(tmp_path / "in" / "Vault.zip", VAULT)
        return unpacked(tmp_path / "in" / "Vault", VAULT)

    def take(self, work: ImportBench, path: Path, by_folder: bool | None = True) -> dict[str, str]:
        """Import; the tags of each note."""
        work.service.start(path, by_folder=by_folder).done.result(60)
        return {source: " ".join(note.tags) for source, note in work.notes().items()}

    def test_off_unless_it_is_wanted(self, work: ImportBench, path: Path) -> None:
        """Nobody's notes get tags that they did not ask for."""
        plan = work.service.look(path).result(60)
        assert plan.folders == ("papers", "travel/norway", "travel")
        assert not plan.by_folder
        assert set(self.take(work, path, None).values()) == {"sea ships", ""}

    def test_each_note_gets_its_folder(self, work: ImportBench, path: Path) -> None:
        """Documents, too; and a later import of the same goes on so."""
        tags = self.take(work, path)
        assert tags == {
            "Home.md": "sea ships",
            "papers/harbours.docx": "papers",
            "papers/tides.pdf": "papers",
            "travel/norway/Oslo.md": "travel/norway",
            "travel/wide.txt": "travel",
        }
        assert work.service.look(path).result(60).by_folder
        before = work.all_notes()
        assert work.take(path).same == 5
        assert work.all_notes() == before

    def test_wanted_later_and_no_longer(self, work: ImportBench, path: Path) -> None:
        """What is in already gets them, and loses them, though no file changed."""
        plain = self.take(work, path, None)
        report = work.service.start(path, by_folder=True).done.result(60)
        assert (report.changed, report.same) == (4, 1)
        assert work.notes()["travel/norway/Oslo.md"].tags == ("travel/norway",)
        assert self.take(work, path, False) == plain

    def test_one_taken_away_stays_away(self, work: ImportBench, path: Path) -> None:
        """As long as its file stays as it is."""
        self.take(work, path)
        note = work.notes()["travel/wide.txt"]
        work.vault.write(lambda c: note_rows.choose_tags(c, note.id, ())).result()
        assert self.take(work, path, None)["travel/wide.txt"] == ""

    def test_there_and_back_changes_nothing(
        self, work: ImportBench, path: Path, tmp_path: Path
    ) -> None:
        """The files are what they were, to the letter: their folder says the tag."""
        self.take(work, path)
        before = work.all_notes()
        out = tmp_path / "out"
        work.service.export_notes(out).done.result(60)
        for name in ("Home.md", "travel/norway/Oslo.md", "travel/wide.txt"):
            assert (out / name).read_bytes() == VAULT[name]
        again = work.service.start(out, by_folder=True).done.result(60)
        assert (again.same, again.new, again.changed) == (5, 0, 0)
        assert work.all_notes() == before
        with bench() as other:
            report = other.service.start(out, by_folder=True).done.result(60)
            assert report.new == 5
            found = {source.removesuffix(".md"): n.tags for source, n in other.notes().items()}
        assert found == {note.source.removesuffix(".md"): note.tags for note in before}

    def test_a_tag_of_the_file_itself_is_in_the_file(
        self, work: ImportBench, tmp_path: Path
    ) -> None:
        """Where its front matter has the same tag, that one stays when the folder's goes."""
        folder = unpacked(tmp_path / "N", {"sea/a.md": b"---\ntags: [sea]\n---\ntext"})
        self.take(work, folder)
        assert self.take(work, folder, False) == {"sea/a.md": "sea"}

    def test_a_tag_given_in_hush_goes_into_the_file_alone(
        self, work: ImportBench, path: Path, tmp_path: Path
    ) -> None:
        """The folder's own is not written there."""
        self.take(work, path)
        note = work.notes()["travel/norway/Oslo.md"]
        tags = ("travel/norway", "north")
        work.vault.write(lambda c: note_rows.choose_tags(c, note.id, tags)).result()
        work.service.export_notes(tmp_path / "out").done.result(60)
        written = (tmp_path / "out" / "travel/norway/Oslo.md").read_text()
        assert "tags: [north]" in written

    def test_a_note_that_moved(self, work: ImportBench, tmp_path: Path) -> None:
        """It has the tag of the folder where it lies now."""
        folder = unpacked(tmp_path / "N", {"sea/a.md": b"# A", "sea/b.md": b"# B"})
        self.take(work, folder)
        edited = work.notes()["sea/b.md"]
        work.vault.write(
            lambda c: note_text_rows.save(c, edited.id, "# B\n\nmore", 1, None, work.clock.now())
        ).result()
        (folder / "land").mkdir()
        for name in ("a.md", "b.md"):
            (folder / "sea" / name).rename(folder / "land" / name)
        assert self.take(work, folder) == {"land/a.md": "land", "land/b.md": "land"}
        assert work.notes()["land/b.md"].text == "# B\n\nmore"

    def test_folders_too_long_for_a_tag(self, work: ImportBench, tmp_path: Path) -> None:
        """The note is imported, and the report says so."""
        folder = unpacked(tmp_path / "N", {f"{'x' * 101}/a.md": b"# A"})
        report = work.service.start(folder, by_folder=True).done.result(60)
        assert report.new == 1
        assert "make no tag" in remarks(report)[f"{'x' * 101}/a.md"]

    def test_the_choice_outlives_the_program(self, work: ImportBench, path: Path) -> None:
        """An import that is gone on with goes on as it was begun."""

        def begin(connection: Connection) -> None:
            import_rows.begin(connection, 7, str(path), 1)
            import_rows.report_so_far(connection, 7, Tally(by_folder=True).to_json())

        work.vault.write(begin).result()
        work.service.resume(7).done.result(60)
        assert work.notes()["travel/wide.txt"].tags == ("travel",)


class TestReports:
    """What an import came to can be read again."""

    def test_it_is_there_after_a_restart(self, tmp_path: Path) -> None:
        """To the last name and sentence."""
        folder = unpacked(tmp_path / "N", {"a.md": b"# A", "bad.md": b"\xff\xff", "p.png": b""})
        key = bytes(KEY_BYTES)
        with bench(Vault.open(tmp_path / "vault.db", key)) as first:
            report = first.take(folder)
        assert skipped(report)
        with bench(Vault.open(tmp_path / "vault.db", key)) as second:
            (past,) = second.service.reports().result(60)
            assert (past.path, past.report) == (folder, report)
            assert past.ended_at == first.clock.now()
            assert second.service.unfinished().result(60) == []
            second.service.forget(past.id).result(60)
            assert second.service.reports().result(60) == []

    def test_the_last_few(self, work: ImportBench, tmp_path: Path) -> None:
        """The latest first; older ones give way."""
        for n in range(MOST_REPORTS + 2):
            work.clock.advance(1)
            work.take(unpacked(tmp_path / f"{n}", {"a.md": b"# A"}))
        found = [past.path.name for past in work.service.reports().result(60)]
        assert found == [f"{n}" for n in range(MOST_REPORTS + 1, 1, -1)]

    def test_what_is_deleted_for_good_is_named_no_more(
        self, work: ImportBench, tmp_path: Path
    ) -> None:
        """Neither in a report nor in what is left of it in the file; what was counted stays."""
        odd = b"words and \x00 more of them, so it is a text"
        folder = unpacked(tmp_path / "N", {"secret.md": odd, "other.md": odd + b"."})
        report = work.take(folder)
        assert set(remarks(report)) == {"secret.md", "other.md"}
        secret = work.notes()["secret.md"].id

        def begin(connection: Connection) -> None:
            import_rows.begin(connection, 7, "/elsewhere", 1)
            tally = Tally(remarks={"secret.md": "why", "third.md": "why"})
            import_rows.report_so_far(connection, 7, tally.to_json())
            note_trash_rows.throw_away(connection, [secret], 1)
            note_trash_rows.begin_purge(connection, 2)

        work.vault.write(begin).result()
        (past,) = work.service.reports().result(60)
        assert (set(remarks(past.report)), past.report.new) == ({"other.md"}, 2)
        left = work.vault.read(lambda c: import_rows.run(c, 7)).result()
        assert set(Tally.parse(left.report).remarks) == {"third.md"}

    def test_a_report_that_is_dropped_leaves_the_file(
        self, work: ImportBench, tmp_path: Path
    ) -> None:
        """By hand, or because later ones came: it named files."""
        for n in range(MOST_REPORTS + 1):
            assert work.vault.read(chore_rows.due).result() is None
            work.clock.advance(1)
            work.take(unpacked(tmp_path / f"{n}", {f"{n}.md": b"# %d" % n}))
        assert work.vault.read(chore_rows.due).result() is not None
        work.vault.write(chore_rows.scrub_done).result()

    def test_a_long_list_of_others_is_counted(self, work: ImportBench, tmp_path: Path) -> None:
        """Some are named, all are counted."""
        members = {f"{n:04}.png": b"" for n in range(MOST_NAMED + 5)}
        report = work.take(zipped(tmp_path / "N.zip", members))
        assert (len(report.attachments), report.others) == (MOST_NAMED, MOST_NAMED + 5)
