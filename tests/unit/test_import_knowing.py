"""Which folder an import takes for which: no file of one ever becomes the other's note."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.store import note_rows
from tests.unit.import_bench import (
    PATIENCE,
    VAULT,
    ImportBench,
    below,
    bench,
    unpacked,
    write_notes,
    zipped,
)


@pytest.fixture
def work() -> Iterator[ImportBench]:
    """The service over an empty vault."""
    with bench() as made:
        yield made


def test_two_folders_with_files_of_the_same_name(work: ImportBench, tmp_path: Path) -> None:
    """No file of one is ever taken for the other's."""
    for name, text in (("One", "first"), ("Two", "second"), ("other/Two", "third")):
        write_notes(tmp_path / name, 1, text)
        assert work.take(tmp_path / name).new == 1
    assert {source: note.text for source, note in work.notes().items()} == {
        "0000.md": "first",
        "Two/0000.md": "second",
        "Two 2/0000.md": "third",
    }
    (tmp_path / "Two" / "0000.md").write_text("changed")
    assert work.take(tmp_path / "Two").changed == 1
    assert work.take(tmp_path / "One").same == 1
    assert work.notes()["Two/0000.md"].text == "changed"


def test_a_folder_that_moved_is_the_same_folder(work: ImportBench, tmp_path: Path) -> None:
    """Where nothing is left of the old one, also for a file that was edited since."""
    write_notes(tmp_path / "Old", 3)
    work.take(tmp_path / "Old")
    (tmp_path / "Old").rename(tmp_path / "New")
    (tmp_path / "New" / "0001.md").write_text("edited")
    report = work.take(tmp_path / "New")
    assert (report.new, report.changed, report.same) == (0, 1, 2)


def test_an_export_ties_a_note_to_no_other_folder(work: ImportBench, tmp_path: Path) -> None:
    """What was written in Hush follows nobody's file of that name, with the stick gone or not."""
    mine = work.vault.write(lambda c: note_rows.create(c, "# Ideas\n\nmine", "", (), 1)).result()
    stick = tmp_path / "stick"
    work.service.export_notes(stick).done.result(PATIENCE)
    away = stick.rename(tmp_path / "away")
    (tmp_path / "Theirs").mkdir()
    (tmp_path / "Theirs" / "Ideas.md").write_text("# Ideas\n\ntheirs")
    assert work.take(tmp_path / "Theirs").new == 1
    assert {source: note.text for source, note in work.notes().items()} == {
        "Ideas.md": "# Ideas\n\nmine",
        "Theirs/Ideas.md": "# Ideas\n\ntheirs",
    }
    assert work.take(tmp_path / "Theirs").same == 1
    before = work.all_notes()
    assert work.take(away).same == 1
    away.rename(stick)
    assert work.take(stick).same == 1
    assert work.all_notes() == before
    (stick / "Ideas.md").write_text("# Ideas\n\nmine, in another program")
    assert work.take(stick).changed == 1
    assert work.notes()["Ideas.md"].id == mine.id


def test_a_note_that_came_back_from_its_stick_is_nobody_elses(
    work: ImportBench, tmp_path: Path
) -> None:
    """Two notes are not the twenty of the stick, though one has the name of one of these."""
    write_notes(tmp_path / "stick", 20)
    work.take(tmp_path / "stick")
    (tmp_path / "stick").rename(tmp_path / "away")
    write_notes(tmp_path / "Theirs", 2, "theirs {n}")
    assert work.take(tmp_path / "Theirs").new == 2
    assert "Theirs/0001.md" in work.notes()


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


@pytest.mark.parametrize(
    ("first", "second"), [("work/notes.zip", "home/notes.zip"), ("N-work.zip", "N-home.zip")]
)
def test_archives_of_one_name_may_be_others(
    work: ImportBench, tmp_path: Path, first: str, second: str
) -> None:
    """Elsewhere, or beside it with the same folder inside: a Home.md in common says nothing."""
    ours = {f"{n}.md": b"# Work %d" % n for n in range(3)} | {"Home.md": b"# Work"}
    theirs = {f"{n}.md": b"# Home %d" % n for n in b"abc"} | {"Home.md": b"# At home"}
    work.take(zipped(tmp_path / first, below("N", ours)))
    at_work = {note.id: note.text for note in work.all_notes()}
    other = zipped(tmp_path / second, below("N", theirs))
    assert work.take(other).new == 4
    assert at_work.items() <= {note.id: note.text for note in work.all_notes()}.items()
    assert work.take(other).same == 4
    assert work.take(tmp_path / first).same == 4
    zipped(other, below("N", theirs | {"Home.md": b"# At home, later"}))
    assert work.take(other).changed == 1
    assert at_work.items() <= {note.id: note.text for note in work.all_notes()}.items()


def test_an_archive_that_is_visibly_the_notebook(work: ImportBench, tmp_path: Path) -> None:
    """Most of its files are there, though every one was changed; or one is there to the letter."""
    work.take(zipped(tmp_path / "a" / "V.zip", {f"{n}.md": b"# %d" % n for n in range(5)}))
    most = {f"{n}.md": b"# Later %d" % n for n in range(4)}
    assert work.take(zipped(tmp_path / "b" / "V.zip", most)).changed == 4
    one = {"0.md": b"# Later 0", "1.md": b"# Latest", "x.md": b"# X"}
    report = work.take(zipped(tmp_path / "c" / "V.zip", one))
    assert (report.same, report.changed, report.new) == (1, 1, 1)
