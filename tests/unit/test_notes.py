"""The notes of a person: kept, found, thrown away and gone; with room on the disk, and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assistant.errors import InputRefused, NotFound, StorageFull
from assistant.notes.limits import TRASH_DAYS
from assistant.notes.records import NoteFilter
from assistant.notes.service import NoteService
from assistant.store import chore_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from tests.cipher_pages import hits
from tests.fakes.clock import FakeClock
from tests.unit.small_disks import small_disk_or_skip

KEY = bytes(range(32))
DAY = 24 * 3600  # seconds
CANARY = "zqvkwxjbnmtrpl"


@dataclass
class Notes:
    """The service over a vault, and how often it told of a change."""

    vault: Vault = field(default_factory=Vault.in_memory)
    clock: FakeClock = field(default_factory=FakeClock)
    told: int = 0

    def __post_init__(self) -> None:
        self.vaults = Vaults(self.vault)
        self.service = NoteService(self.vaults, self.clock, self._tell)

    def _tell(self) -> None:
        self.told += 1

    def listed(self, chosen: NoteFilter | None = None) -> list[str]:
        """Titles."""
        return [line.title for line in self.service.list(chosen or NoteFilter()).result(10)]


@pytest.fixture
def notes() -> Iterator[Notes]:
    """In memory."""
    made = Notes()
    yield made
    made.vaults.close()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Notes]:
    """On disk."""
    made = Notes(Vault.open(tmp_path / "vault.db", KEY))
    yield made
    made.vaults.close()


def test_a_note_from_beginning_to_end(notes: Notes) -> None:
    """Made, saved, tagged, pinned, listed, linked, taken back, thrown away."""
    service = notes.service
    made = service.create("# Plan\n[[Seeds]]", tags=["#Work"]).result(10)
    seeds = service.create("Parsley", title="Seeds").result(10)
    assert service.get(made.id).result(10) == made
    assert service.links(made.id).result(10) == {"Seeds": seeds.id}
    assert service.resolve("seeds").result(10) == seeds.id
    assert [line.id for line in service.backlinks(seeds.id).result(10)] == [made.id]
    notes.clock.advance(3600)
    saved = service.save(made.id, "# Plan\nPeas ![[a.png]]", made.revision).result(10)
    assert saved.other is None
    assert service.attachments(made.id).result(10) == ("a.png",)
    (line,) = service.revisions(made.id).result(10)
    assert service.revision_text(made.id, line.revision).result(10) == made.text
    assert service.revert(made.id, line.revision).result(10).note.text == made.text
    assert service.tag(made.id, ["a", "b"]).result(10).tags == ("a", "b")
    assert service.pin(made.id, pinned=True).result(10).pinned
    assert [tag.name for tag in service.tags().result(10)] == ["a", "b"]
    assert notes.listed() == ["Plan", "Seeds"]
    assert notes.listed(NoteFilter(tag="a")) == ["Plan"]
    service.trash([made.id]).result(10)
    assert notes.listed(NoteFilter(trash=True)) == ["Plan"]
    service.restore([made.id]).result(10)
    assert notes.listed() == ["Plan", "Seeds"]


def test_nobody_is_told_of_what_failed(notes: Notes) -> None:
    """The index looks again after what was written, and only then."""
    made = notes.service.create("x").result(10)
    assert notes.told == 1
    with pytest.raises(NotFound):
        notes.service.save(99, "x", 1).result(10)
    with pytest.raises(InputRefused):
        notes.service.tag(made.id, ["x" * 101]).result(10)
    notes.listed()
    assert notes.told == 1


def test_a_note_of_ten_megabytes(notes: Notes) -> None:
    """In one line and in many: it opens, saves, goes back, and is listed without being read."""
    line = "some words of a note " * 500_000 + "#tag [[Other]]"
    made = notes.service.create(line).result(30)
    assert made.text == line
    assert made.tags == ("tag",)
    notes.clock.advance(3600)
    saved = notes.service.save(made.id, line.replace(" of", "\n", 50_000), 1).result(30)
    assert saved.note.revision == 2
    assert notes.service.revision_text(made.id, 1).result(30) == line
    assert notes.service.revert(made.id, 1).result(30).note.text == line
    (listed,) = notes.service.list().result(10)
    assert len(listed.excerpt) <= 160
    notes.service.trash([made.id]).result(30)
    assert notes.service.empty_trash().result(60).notes == 1


def test_strange_text(notes: Notes) -> None:
    """NUL, lone surrogates, line ends of three kinds: cleaned; all else as it is."""
    made = notes.service.create("a\x00b\r\nc\rd\ud800 \u202e💤", title="\x00\ud800t\x1b").result(10)
    assert made.text == "a\ufffdb\nc\nd\ufffd \u202e💤"
    assert made.title == "\ufffd\ufffdt"


def index(connection: Connection) -> None:
    """Passages, their words and vectors, as the index makes them."""
    connection.execute("INSERT INTO edition (encoder, state) VALUES ('', 'serving')")
    connection.execute("INSERT INTO vector (edition_id, hash, code) VALUES (1, x'00', x'00')")
    connection.execute(
        "INSERT INTO passage"
        " (edition_id, vector_id, note_id, seq, start, length, context, text, hash)"
        " SELECT 1, 1, id, 0, 0, length(text), title, text, x'00' FROM note"
    )
    connection.execute("INSERT INTO passage_term SELECT term FROM passage_word_counts")


def test_the_trash_is_emptied_by_hand(kept: Notes, tmp_path: Path) -> None:
    """All of it or what was chosen; nothing of it is left in the file, and nothing else goes."""
    path = tmp_path / "vault.db"
    words = [f"{CANARY}{letter}" for letter in "abcdefgh"]
    text = f"# {words[0]}\n{words[1]} #{words[2]} [[{words[3]}]] ![[{words[4]}.png]]"
    made = kept.service.create(text, tags=[words[5]]).result(10)
    other = kept.service.create("stays #both").result(10)
    kept.vault.write(index).result(10)
    kept.clock.advance(DAY)
    kept.service.save(made.id, f"{text} {words[6]}", 1).result(10)
    kept.clock.advance(DAY)
    kept.service.save(made.id, "Nothing of it #both", 2, title=words[7]).result(10)
    assert set(hits(path, KEY, words)) == set(words)
    kept.service.trash([made.id, other.id]).result(10)
    assert kept.service.empty_trash([made.id]).result(10).notes == 1
    assert hits(path, KEY, words) == []
    terms = kept.vault.read(lambda c: c.execute("SELECT term FROM passage_term").fetchall())
    assert terms.result(10) == [("both",), ("stays",)]
    assert notes_in(kept, trash=True) == ["stays #both"]
    assert not kept.vault.read(chore_rows.scrub_is_due).result(10)
    assert kept.service.empty_trash().result(10).notes == 1
    assert kept.service.empty_trash().result(10).notes == 0


def notes_in(notes: Notes, *, trash: bool) -> list[str]:
    """Titles, in the trash or outside of it."""
    return notes.listed(NoteFilter(trash=trash))


def test_only_what_is_in_the_trash_goes(notes: Notes) -> None:
    """Also where others are named."""
    made = notes.service.create("stays").result(10)
    assert notes.service.empty_trash([made.id]).result(10).notes == 0
    assert notes.listed() == ["stays"]


def test_what_lies_long_in_the_trash_goes_by_itself(notes: Notes) -> None:
    """After thirty days, not before; and what a kill had left goes at the next start."""
    old, young, begun = (notes.service.create(name).result(10) for name in ("o", "y", "b"))
    notes.service.trash([old.id]).result(10)
    notes.clock.advance(DAY)
    notes.service.trash([young.id, begun.id]).result(10)
    notes.clock.advance((TRASH_DAYS - 1) * DAY)
    assert notes.service.purge_old().result(10).notes == 0
    notes.clock.advance(1)
    assert notes.service.purge_old().result(10).notes == 1
    assert notes_in(notes, trash=True) == ["b", "y"]

    def cut_off(connection: Connection) -> None:
        connection.execute("UPDATE note SET deleted_at = 0 WHERE id = ?", (begun.id,))

    notes.vault.write(cut_off).result(10)
    assert notes.service.purge_old().result(10).notes == 1
    assert notes_in(notes, trash=True) == ["y"]


def test_others_write_while_a_long_note_goes(notes: Notes) -> None:
    """It goes in parts; it is out of sight from the first on."""
    made = notes.service.create("long").result(10)

    def fill(connection: Connection) -> None:
        connection.execute("INSERT INTO edition (encoder, state) VALUES ('', 'serving')")
        connection.executemany(
            "INSERT INTO passage (edition_id, note_id, seq, start, length, context, text, hash)"
            " VALUES (1, ?, ?, 0, 4, '', 'some words', x'00')",
            [(made.id, seq) for seq in range(2_000)],
        )

    notes.vault.write(fill).result(10)
    notes.service.trash([made.id]).result(10)
    emptied = notes.service.empty_trash()
    written = notes.service.create("in between").result(10)
    assert not emptied.done()
    assert written.title == "in between"
    with pytest.raises(NotFound):
        notes.service.restore([made.id]).result(10)
    assert emptied.result(30).notes == 1


class Unscrubbed(Vault):
    """A vault that has no room to be scrubbed."""

    def scrub(self, is_calm: Callable[[], bool] = lambda: True) -> Future[bool]:
        """It is full."""
        full: Future[bool] = Future()
        full.set_exception(StorageFull("The disk is full."))
        return full


def test_no_room_to_scrub() -> None:
    """It is said; the note is gone all the same, and the scrub stays due."""
    notes = Notes(Unscrubbed.in_memory())
    made = notes.service.create("x").result(10)
    notes.service.trash([made.id]).result(10)
    with pytest.raises(StorageFull):
        notes.service.empty_trash().result(10)
    assert notes_in(notes, trash=True) == []
    assert notes.vault.read(chore_rows.scrub_is_due).result(10)
    notes.vaults.close()


def test_a_vault_that_may_only_be_read(tmp_path: Path) -> None:
    """Lists and shows; what writes says why it does not."""
    path = tmp_path / "vault.db"
    with Vault.open(path, KEY) as writer:
        made = Notes(writer).service.create("words").result(10)
    notes = Notes(Vault.open_read_only(path, KEY))
    assert notes.listed() == ["words"]
    assert notes.service.get(made.id).result(10).text == "words"
    with pytest.raises(StorageFull):
        notes.service.save(made.id, "other", 1).result(10)
    notes.vaults.close()


def test_the_disk_fills_up(tmp_path: Path) -> None:
    """In the middle of writing notes: what was kept stays, one is refused whole, room helps."""
    with small_disk_or_skip(tmp_path / "disk", 4) as disk:
        notes = Notes(Vault.open(disk.root / "vault.db", KEY))
        text = "A line of a note that takes some room. " * 50
        made = [notes.service.create(f"# Note {n}\n{text}").result(10) for n in range(20)]
        disk.leave_free(8)
        refused = []
        for number in range(20, 60):
            try:
                made.append(notes.service.create(f"# Note {number}\n{text}").result(10))
            except StorageFull as error:
                refused.append(error.message)
        assert set(refused) == {"The disk is full. What was saved before is safe."}
        with pytest.raises(StorageFull):
            notes.service.save(made[0].id, text * 40, made[0].revision).result(10)
        assert {line.title for line in notes.service.list().result(10)} == {
            note.title for note in made
        }
        disk.empty()
        saved = notes.service.save(made[0].id, text * 2, made[0].revision).result(10)
        assert saved.note.text == text * 2
        notes.vaults.close()
        with Vault.open(disk.root / "vault.db", KEY) as again:
            assert len(Notes(again).service.list().result(10)) == len(made)
