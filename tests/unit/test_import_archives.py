"""A .zip of notes is read as the folder that was zipped; what no honest one holds is refused."""

from __future__ import annotations

import io
import os
import stat
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.errors import FileRefused
from assistant.importing import archived_notes
from assistant.importing.archive_notebook import ArchiveNotebook, scan_archive
from assistant.importing.archived_notes import list_frames
from assistant.importing.folder import Entry, scan
from assistant.importing.notebook import FolderNotebook, Notebook
from assistant.importing.parsing import Parser
from assistant.importing.records import MOST_NAMED, Kind
from assistant.importing.surveying import notebook_of, survey
from assistant.importing.tally import Tally
from assistant.store import import_rows, note_rows, note_text_rows
from assistant.store.import_rows import MOST_REPORTS
from assistant.store.sqlcipher import KEY_BYTES, Connection
from assistant.store.vault import Vault
from tests.unit.import_bench import (
    ImportBench,
    archive,
    bench,
    chat,
    chats_file,
    pdf,
    remarks,
    skipped,
    word_file,
)

VAULT = {
    "Home.md": b"---\ntags: [sea]\n---\n# Home\n\nSee [[Oslo]]. #ships\n",
    "travel/norway/Oslo.md": b"# Oslo\r\n\r\nwords\r\n",
    "travel/wide.txt": "\ufeffwide".encode("utf-16-le"),
    "papers/harbours.docx": word_file(),
    "papers/tides.pdf": pdf(["Tides are long."]),
}
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


def frames(data: bytes) -> dict[str, str]:
    """What the process lists: by path, why it is not read, or nothing."""
    listed = list_frames(io.BytesIO(data))
    return {frame.get("path") or frame["name"]: frame.get("why", "") for frame in listed}


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


@pytest.mark.parametrize("first", ["zip", "folder"])
def test_a_zip_and_its_folder_are_one_notebook(
    work: ImportBench, tmp_path: Path, first: str
) -> None:
    """Whichever came first, with the folder in the archive or without, wherever they lie."""
    changed = VAULT | {"Home.md": b"# Home\n\nother words"}
    if first == "zip":
        work.take(zipped(tmp_path / "a" / "Vault.zip", below("Vault", VAULT)))
        report = work.take(unpacked(tmp_path / "b" / "Vault", changed))
    else:
        work.take(unpacked(tmp_path / "b" / "Vault", VAULT))
        report = work.take(zipped(tmp_path / "a" / "Vault.zip", changed))
    assert (report.same, report.changed, report.new) == (4, 1, 0)
    dated = zipped(tmp_path / "c" / "Vault-2026-11-21.zip", below("Vault", VAULT))
    again = work.take(dated)
    assert (again.same, again.changed, again.new) == (4, 1, 0)
    assert set(work.notes()) == set(VAULT)


def test_archives_of_other_names_are_others(work: ImportBench, tmp_path: Path) -> None:
    """Both have a Home.md; neither is taken for the other, though the first is gone by then."""
    first = zipped(tmp_path / "work.zip", {"Home.md": b"# Work"})
    work.take(first)
    first.unlink()
    assert work.take(zipped(tmp_path / "home.zip", {"Home.md": b"# At home"})).new == 1
    assert {source: note.text for source, note in work.notes().items()} == {
        "Home.md": "# Work",
        "home/Home.md": "# At home",
    }


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


def test_names_without_a_word_on_their_encoding() -> None:
    """Those of macOS are UTF-8 and do not say so; others are in code page 437."""
    data = archive({"café.md": b"# A"})
    silent = bytearray(data)
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        silent[data.index(sign) + place + 1] &= ~0x08
    assert frames(bytes(silent)) == {"café.md": ""}
    old = bytes(silent).replace("é".encode(), b"\x82x")  # é in code page 437
    assert frames(old) == {"caféx.md": ""}


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

    def test_a_long_list_of_others_is_counted(self, work: ImportBench, tmp_path: Path) -> None:
        """Some are named, all are counted."""
        members = {f"{n:04}.png": b"" for n in range(MOST_NAMED + 5)}
        report = work.take(zipped(tmp_path / "N.zip", members))
        assert (len(report.attachments), report.others) == (MOST_NAMED, MOST_NAMED + 5)
