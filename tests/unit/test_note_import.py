"""Files that become notes: once, again, changed on one side, on the other, on both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from assistant.errors import InputRefused
from assistant.notes.records import NoteFilter, TitleBy
from assistant.store import note_link_rows as links
from assistant.store import note_list_rows as lists
from assistant.store import note_rows as notes
from assistant.store import note_trash_rows as trash
from assistant.store import revision_rows as revisions
from assistant.store import tag_rows as tags
from assistant.store.migrations import migrate
from assistant.store.note_rows import Imported, Outcome, files, put_imported
from assistant.store.sqlcipher import MEMORY, Connection, open_database

NOW = 1_790_000_000_000


@pytest.fixture
def connection() -> Iterator[Connection]:
    """An empty database with the newest schema."""
    opened = open_database(MEMORY, bytes(32))
    migrate(opened)
    yield opened
    opened.close()


def file(text: str, source: str = "garden/Seeds.md", *given: str, front: str = "") -> Imported:
    """A file as the importer hands it over: called by its name."""
    return Imported(
        source=source,
        source_hash=hashlib.sha256((front + text).encode()).digest(),
        title=source.rpartition("/")[2].removesuffix(".md"),
        title_by=TitleBy.HUSH,
        text=text,
        tags=given,
        front_matter=front,
        attachments=(),
        created_at=1_000,
        updated_at=2_000,
    )


def put(connection: Connection, one: Imported, *there: str) -> tuple[int, str]:
    """Import one file of a folder that has these, too."""
    note_id, outcome = put_imported(connection, one, NOW, {one.source, *there}.__contains__)
    return note_id, outcome.value


def count(connection: Connection) -> int:
    """How many notes there are."""
    return len(lists.lines(connection, NoteFilter()))


def test_a_new_file(connection: Connection) -> None:
    """Its text, title, tags, links, names and times; all of it cleaned."""
    one = replace(
        file("Parsley\x00 #green [[Plan]] ![[a.png]]", "garden/Seeds.md", "#list", "x" * 200),
        aliases=("What grows",),
        attachments=("cover.jpg",),
        front_matter="---\ntags: list\n---\n",
        form="crlf",
    )
    note_id, outcome = put(connection, one)
    assert outcome == "new"
    note = notes.get(connection, note_id)
    assert note.text == "Parsley\ufffd #green [[Plan]] ![[a.png]]"
    assert (note.title, note.title_by, note.source) == ("Seeds", TitleBy.HUSH, "garden/Seeds.md")
    assert (note.created_at, note.updated_at) == (1_000, 2_000)
    assert note.tags == ("green", "list")
    for name in ("seeds", "garden/seeds", "what grows", "SEEDS.md"):
        assert links.resolve(connection, name) == note_id
    assert links.attachments(connection, note_id) == ("a.png", "cover.jpg")
    (exported,) = files(connection, 0, 10)
    assert (exported.front_matter, exported.form) == (one.front_matter, "crlf")
    assert exported.source_hash == one.source_hash
    assert exported.tags == ("list",)
    assert not exported.edited


@pytest.mark.parametrize(
    ("by", "given", "title"),
    [
        (TitleBy.TEXT, "ignored", "Heading"),
        (TitleBy.HUSH, "Seeds", "Seeds"),
        (TitleBy.PERSON, "My\nseeds", "My"),
        (TitleBy.PERSON, " ", "Heading"),
    ],
)
def test_titles(connection: Connection, by: TitleBy, given: str, title: str) -> None:
    """From the text, the name or the front matter; an empty one is none."""
    note_id, _ = put(connection, replace(file("# Heading"), title=given, title_by=by))
    assert notes.get(connection, note_id).title == title


def test_times_that_cannot_be(connection: Connection) -> None:
    """Before 1970 or in the future: the nearest that can."""
    note_id, _ = put(connection, replace(file("x"), created_at=-5, updated_at=2**60))
    note = notes.get(connection, note_id)
    assert (note.created_at, note.updated_at) == (0, NOW)


def test_importing_twice_changes_nothing(connection: Connection) -> None:
    """Also after the note was edited, tagged or renamed in Hush."""
    one = file("Parsley", "a/Seeds.md", "list")
    note_id, _ = put(connection, one)
    assert put(connection, one) == (note_id, "same")
    notes.save(connection, note_id, "Parsley and peas", 1, "My seeds", NOW)
    notes.choose_tags(connection, note_id, ("mine",))
    before = notes.get(connection, note_id)
    assert put(connection, one) == (note_id, "same")
    assert notes.get(connection, note_id) == before
    assert count(connection) == 1
    assert files(connection, 0, 10)[0].edited


def test_changed_in_the_folder(connection: Connection) -> None:
    """The note follows; its earlier text is kept, and its own tags stay."""
    note_id, _ = put(connection, file("Parsley #green", "Seeds.md", "list", "old"))
    notes.choose_tags(connection, note_id, ("list", "old", "mine"))
    assert put(connection, file("Peas", "Seeds.md", "list", "new")) == (note_id, "changed")
    note = notes.get(connection, note_id)
    assert (note.text, note.tags, note.revision) == ("Peas", ("list", "mine", "new"), 2)
    assert revisions.text(connection, note_id, 1) == "Parsley #green"
    assert not files(connection, 0, 10)[0].edited
    assert put(connection, file("Beans", "Seeds.md")) == (note_id, "changed")


def test_only_its_front_matter_changed(connection: Connection) -> None:
    """Tags follow; where they are as they were there is nothing to tell."""
    note_id, _ = put(connection, file("Peas", "Seeds.md", "a", front="---\ntags: a\n---\n"))
    reordered = file("Peas", "Seeds.md", "a", front="---\nx: 1\ntags: a\n---\n")
    assert put(connection, reordered) == (note_id, "same")
    assert files(connection, 0, 10)[0].front_matter == reordered.front_matter
    assert put(connection, file("Peas", "Seeds.md", "b", front="---\n")) == (note_id, "changed")
    assert notes.get(connection, note_id).tags == ("b",)
    assert revisions.lines(connection, note_id) == []


def test_changed_on_both_sides(connection: Connection) -> None:
    """Both stay; from then on the folder's own note follows the folder."""
    note_id, _ = put(connection, file("Parsley"))
    linking = notes.create(connection, "[[Seeds]]", "", (), NOW).id
    notes.save(connection, note_id, "Mine", 1, None, NOW)
    theirs, outcome = put(connection, file("Theirs"))
    assert outcome == "kept both"
    assert notes.get(connection, note_id).text == "Mine"
    copy = notes.get(connection, theirs)
    assert (copy.text, copy.title) == ("Theirs", "Seeds (from the folder)")
    assert links.links(connection, linking) == {"Seeds": note_id}
    assert put(connection, file("Theirs")) == (theirs, "same")
    assert put(connection, file("Theirs, on")) == (theirs, "changed")
    assert notes.get(connection, note_id).text == "Mine"
    assert count(connection) == 3


def test_changed_on_both_sides_alike(connection: Connection) -> None:
    """An export that was imported again: nothing to keep twice, and both go on together."""
    note_id, _ = put(connection, file("Parsley"))
    notes.save(connection, note_id, "Parsley and peas", 1, None, NOW)
    assert put(connection, file("Parsley and peas")) == (note_id, "same")
    assert not files(connection, 0, 10)[0].edited
    assert put(connection, file("Peas")) == (note_id, "changed")


def test_a_title_of_the_persons_own_outlives_the_file(connection: Connection) -> None:
    """Where the text is the file's, and only the title is not."""
    note_id, _ = put(connection, file("Parsley"))
    notes.save(connection, note_id, "Parsley", 1, "Mine", NOW)
    again = file("Parsley", "garden/Seeds.md", front="---\nx: 1\n---\n")
    assert put(connection, again) == (note_id, "same")
    assert notes.get(connection, note_id).title == "Mine"
    assert files(connection, 0, 10)[0].edited


def test_a_file_that_was_moved(connection: Connection) -> None:
    """Known by its bytes where its old place is empty; edited or not."""
    note_id, _ = put(connection, file("Parsley"))
    assert put(connection, file("Parsley", "b/Herbs.md")) == (note_id, "changed")
    note = notes.get(connection, note_id)
    assert (note.source, note.title) == ("b/Herbs.md", "Herbs")
    notes.save(connection, note_id, "Mine", note.revision, None, NOW)
    assert put(connection, file("Parsley", "c/Herbs.md")) == (note_id, "same")
    note = notes.get(connection, note_id)
    assert (note.source, note.text) == ("c/Herbs.md", "Mine")
    assert links.resolve(connection, "c/herbs") == note_id
    assert files(connection, 0, 10)[0].edited


def test_two_files_with_the_same_bytes(connection: Connection) -> None:
    """Are two notes while both are there; empty ones always."""
    first, _ = put(connection, file("Template", "a.md"), "b.md")
    second, outcome = put(connection, file("Template", "b.md"), "a.md")
    assert (outcome, second == first) == ("new", False)
    put(connection, file("", "day 1.md"))
    assert put(connection, file("", "day 2.md"))[1] == "new"
    assert count(connection) == 4


def test_an_export_of_a_note_written_in_hush(connection: Connection) -> None:
    """Is that note: same title, same text. From then on they go together."""
    made = notes.create(connection, "# Plan\nPeas", "", ("list",), NOW)
    exported = replace(file("# Plan\nPeas", "Plan.md", "list"), title_by=TitleBy.TEXT)
    assert put(connection, exported) == (made.id, "same")
    assert notes.get(connection, made.id).tags == ("list",)
    assert count(connection) == 1
    changed = replace(file("# Plan\nBeans", "Plan.md", "list"), title_by=TitleBy.TEXT)
    assert put(connection, changed) == (made.id, "changed")


def test_a_note_of_the_same_title_is_another_note(connection: Connection) -> None:
    """Where its text is: what was written in Hush is not touched."""
    made = notes.create(connection, "Written here", "Seeds", (), NOW)
    note_id, outcome = put(connection, file("Parsley"))
    assert (outcome, note_id == made.id) == ("new", False)
    assert notes.get(connection, note_id).title == "Seeds"
    assert notes.get(connection, made.id) == made


def test_a_note_in_the_trash_stays_there(connection: Connection) -> None:
    """Whatever the folder says: the person threw it away."""
    note_id, _ = put(connection, file("Parsley"))
    trash.throw_away(connection, [note_id], NOW)
    for one in (file("Parsley"), file("Peas"), file("Parsley", "moved.md")):
        assert put(connection, one) == (note_id, "in the trash")
    trash.begin_purge(connection, NOW + 1)
    again, outcome = put(connection, file("Parsley"))
    assert (outcome, again == note_id) == ("new", False)


def test_what_cannot_be_a_note(connection: Connection) -> None:
    """Too long: refused in words, and nothing of it is there. Many tags: those that fit."""
    with pytest.raises(InputRefused, match="20,000,000"):
        put(connection, file("x" * 20_000_001))
    assert count(connection) == 0
    note_id, _ = put(connection, file("x", "y.md", *(f"t{number}" for number in range(10_050))))
    assert len(notes.get(connection, note_id).tags) == 10_000


def test_files_to_export(connection: Connection) -> None:
    """Page by page, by id; those chosen; none from the trash."""
    made = [notes.create(connection, f"Note {n} #x", "", ("y",), n).id for n in range(5)]
    trash.throw_away(connection, made[1:2], 9)
    first = files(connection, 0, 2)
    assert [one.id for one in first] == [made[0], made[2]]
    assert [one.id for one in files(connection, first[-1].id, 9)] == made[3:]
    assert [one.id for one in files(connection, 0, 9, made[:3])] == [made[0], made[2]]
    assert first[0].edited
    assert first[0].tags == ("y",)
    assert tags.of_note(connection, made[0]) == ("x", "y")


def test_outcomes_are_their_words() -> None:
    """Reports are made of them."""
    assert [one.value for one in Outcome] == ["new", "changed", "same", "kept both", "in the trash"]
