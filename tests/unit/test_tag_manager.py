"""Tags renamed, merged, nested, described and deleted; each of it taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from assistant.errors import InputRefused, NotFound, StorageFull, TagExists, TagInTexts, VaultLocked
from assistant.notes import limits
from assistant.notes.markdown_facts import facts_of
from assistant.notes.names import folded
from assistant.notes.records import Note, NoteFilter, TitleBy
from assistant.notes.service import NoteService
from assistant.store import (
    chore_rows,
    note_rows,
    note_text_rows,
    tag_label_rows,
    tag_manager_rows,
    tag_rows,
    tag_suggestion_rows,
)
from assistant.store.note_rows import Imported, Outcome
from assistant.store.sqlcipher import Connection
from assistant.store.tag_label_rows import Decision
from assistant.store.vault import Vault
from assistant.tags import rewriting
from assistant.tags.in_text import renamed
from assistant.tags.managing import TagManager
from assistant.tags.records import Renamed
from assistant.vaults import Vaults
from tests.cipher_pages import hits
from tests.fakes.clock import FakeClock

KEY = bytes(range(32))
SECRET = "qvxkzjwpfmtgh"


class Bench:
    """Notes and their tags over one vault."""

    def __init__(self, vault: Vault | None = None) -> None:
        self.clock = FakeClock()
        self.vaults = Vaults(vault or Vault.in_memory())
        self.notes = NoteService(self.vaults, self.clock)
        self.told = 0
        self.tags = TagManager(self.vaults, self.clock, self._tell)

    def _tell(self) -> None:
        self.told += 1

    def note(self, text: str, *tags: str) -> int:
        """A note with this text and, beside those in it, these tags."""
        return self.notes.create(text, tags=tags).result(10).id

    def get(self, note_id: int) -> Note:
        """As it is now."""
        return self.notes.get(note_id).result(10)

    def rename(self, name: str, to: str, *, merge: bool = False) -> Renamed:
        """And wait for it."""
        return self.tags.rename(name, to, merge=merge).result(30)

    def undo(self, done: Renamed) -> Renamed:
        """And wait for it."""
        return self.tags.undo(done.token).result(30)

    def all(self) -> dict[str, int]:
        """Names, and how many notes have each."""
        return {tag.name: tag.notes for tag in self.tags.all().result(10)}

    def held(self) -> list[object]:
        """All that a note has, and all that is known of tags."""

        def work(connection: Connection) -> list[object]:
            tags = connection.execute(
                "SELECT name, folded, description, colour, kept FROM tag ORDER BY folded"
            ).fetchall()
            notes = connection.execute(
                "SELECT n.id, n.text, n.updated_at, t.name, nt.given, nt.in_text, nt.in_file"
                " FROM note n LEFT JOIN note_tag nt ON nt.note_id = n.id"
                " LEFT JOIN tag t ON t.id = nt.tag_id ORDER BY n.id, t.folded"
            ).fetchall()
            said = connection.execute(
                "SELECT d.note_id, t.name, d.accepted, d.at FROM tag_decision d"
                " JOIN tag t ON t.id = d.tag_id ORDER BY 1, 2"
            ).fetchall()
            return [tags, notes, said]

        return self.vaults.kept.read(work).result(10)

    def decide(self, note_id: int, tag: str, at: int, *, accepted: bool) -> None:
        """Have the person have said this of a suggestion."""

        def work(connection: Connection) -> None:
            tag_id = tag_rows.known(connection, tag)
            assert tag_id is not None
            said = Decision(note_id, tag_id, accepted, 0.8, 1.0, at)
            tag_label_rows.decide(connection, said)

        self.vaults.kept.write(work).result(10)

    def agrees(self) -> None:
        """Each note has for its text's sake exactly the tags that its text has."""

        def work(connection: Connection) -> None:
            for note_id, text in connection.execute("SELECT id, text FROM note").fetchall():
                rows = connection.execute(
                    "SELECT t.folded FROM note_tag nt JOIN tag t ON t.id = nt.tag_id"
                    " WHERE nt.note_id = ? AND nt.in_text = 1",
                    (note_id,),
                ).fetchall()
                assert {row[0] for row in rows} == set(map(folded, facts_of(text).tags))
            assert not connection.execute("PRAGMA foreign_key_check").fetchall()

        self.vaults.kept.read(work).result(10)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """In memory."""
    made = Bench()
    yield made
    made.vaults.close()


# --- Making and describing ---------------------------------------------------------------------


def test_a_tag_is_made_described_and_coloured_and_stays_without_notes(bench: Bench) -> None:
    """It is the person's own: the last note does not take it along."""
    bench.tags.create("#Garden", "All that\n grows").result(10)
    bench.tags.colour("garden", "green").result(10)
    (tag,) = bench.tags.all().result(10)
    assert (tag.name, tag.notes, tag.description) == ("Garden", 0, "All that grows")
    assert (tag.colour, tag.kept) == ("green", True)
    note = bench.note("Peas", "garden")
    assert bench.all() == {"Garden": 1}
    bench.notes.tag(note, ()).result(10)
    assert bench.all() == {"Garden": 0}


def test_a_tag_of_notes_alone_goes_with_the_last(bench: Bench) -> None:
    """As ever; and described it stays."""
    note = bench.note("Peas", "plain", "told")
    bench.tags.describe("told", "Why it is there").result(10)
    bench.notes.tag(note, ()).result(10)
    assert bench.all() == {"told": 0}


@pytest.mark.parametrize("name", ["", "  ", "#", "/", "# /\t/", "\n", "x" * 101, "a/" * 60])
def test_what_is_no_name_is_refused(bench: Bench, name: str) -> None:
    """Empty, too long: nothing is made of it, and nothing renamed to it."""
    bench.note("Peas", "a")
    with pytest.raises(InputRefused):
        bench.tags.create(name).result(10)
    with pytest.raises(InputRefused):
        bench.rename("a", name)
    assert bench.all() == {"a": 1}


def test_control_characters_and_blanks_are_cleaned_away(bench: Bench) -> None:
    """One line, no control characters; NULs and lone surrogates show that something was there."""
    bench.tags.create("  to\x1b[31m   do\u202e /\r\n\x00 ").result(10)
    bench.tags.create("lone \ud800").result(10)
    assert set(bench.all()) == {"to [31m do", "lone \ufffd"}


def test_a_name_is_taken_once(bench: Bench) -> None:
    """However it is spelt; one that only the trash has is free."""
    bench.note("Peas", "Garden")
    with pytest.raises(TagExists):
        bench.tags.create("GARDEN").result(10)
    gone = bench.note("Old", "attic")
    bench.notes.trash([gone]).result(10)
    bench.tags.create("Attic", "up there").result(10)
    assert bench.all() == {"Attic": 0, "Garden": 1}


def test_what_cannot_be_said_of_a_tag_is_refused(bench: Bench) -> None:
    """A description of a page, a colour nobody knows, a tag that is gone."""
    bench.tags.create("a").result(10)
    for refused in (bench.tags.describe("a", "x" * 501), bench.tags.colour("a", "octarine")):
        with pytest.raises(InputRefused):
            refused.result(10)
    for missing in (bench.tags.describe("b", ""), bench.tags.colour("b", "red")):
        with pytest.raises(NotFound):
            missing.result(10)
    assert bench.tags.all().result(10)[0].description == ""


# --- Renaming ----------------------------------------------------------------------------------

WRITTEN = """# Plan #old
- #Old, #old/er and #older (#old) is (no tag: `(#old)`)
`#old` ``x `#old` `` [#old](http://x/#old) [[Note #old]] ![](a.png)#old
```
#old
```
~~~ #old
#old
~~~
[ref]: #old
"""


def test_renaming_rewrites_texts_but_no_code_and_no_link(bench: Bench) -> None:
    """By the rules by which a text's tags are found; what a link leads to stays."""
    note = bench.note(WRITTEN)
    before = bench.get(note)
    bench.clock.advance(5)
    done = bench.rename("old", "new")
    assert bench.get(note).text == (
        WRITTEN.replace("Plan #old", "Plan #new")
        .replace("#Old, #old/er", "#new, #new/er")
        .replace("[#old]", "[#old]")
    )
    assert done.skipped == (note,)  # a link has it still: both names
    assert (done.in_texts, done.changed) == (1, (note,))
    after = bench.get(note)
    assert after.revision == before.revision + 1
    assert after.updated_at == before.updated_at
    assert set(after.tags) == {"new", "new/er", "old", "older"}
    bench.agrees()


def test_renaming_can_be_taken_back_from_the_note_itself(bench: Bench) -> None:
    """The text before is an earlier version, at once."""
    note = bench.note("Bread #old and butter")
    done = bench.rename("old", "new")
    assert bench.get(note).text == "Bread #new and butter"
    assert done == Renamed(1, 1, (note,), (), done.token)
    (line,) = bench.notes.revisions(note).result(10)
    assert bench.notes.revision_text(note, line.revision).result(10) == "Bread #old and butter"
    assert bench.told == 1


def test_the_title_follows_its_text(bench: Bench) -> None:
    """Where it is the text's own; the person's own stays."""
    own = bench.note("Peas #old\n\nmore")
    given = bench.notes.create("x #old", title="About #old").result(10).id
    bench.rename("old", "new")
    assert bench.get(own).title == "Peas #new"
    assert (bench.get(given).title, bench.get(given).title_by) == ("About #old", TitleBy.PERSON)


def test_what_is_nested_goes_along(bench: Bench) -> None:
    """In texts and beside them; what only begins alike does not."""
    note = bench.note("#a #a/b/c #ab", "a/given")
    done = bench.rename("A", "x/y")
    assert bench.get(note).text == "#x/y #x/y/b/c #ab"
    assert set(bench.get(note).tags) == {"x/y", "x/y/b/c", "x/y/given", "ab"}
    assert done.notes == 1
    assert bench.undo(done).notes == 1
    assert bench.get(note).text == "#a #a/b/c #ab"
    assert set(bench.get(note).tags) == {"a", "a/b/c", "a/given", "ab"}
    bench.agrees()


def test_an_outer_tag_that_no_note_has_is_renamed_too(bench: Bench) -> None:
    """It is there because something is nested in it."""
    bench.note("x", "home/kitchen")
    bench.rename("home", "house")
    assert bench.all() == {"house/kitchen": 1}


def test_a_tag_keeps_its_id_and_what_was_said_of_it(bench: Bench) -> None:
    """Description, colour, decisions, proposals: whoever learned from them need not begin anew."""
    note, other = bench.note("#old"), bench.note("x")
    bench.tags.describe("old", "words").result(10)
    bench.decide(other, "old", 5, accepted=False)
    write = bench.vaults.kept.write
    write(lambda c: tag_label_rows.propose(c, other, ["Old", "else"], 3)).result(10)
    before = bench.vaults.kept.read(lambda c: tag_rows.known(c, "old")).result(10)
    bench.rename("old", "new")
    read = bench.vaults.kept.read
    assert read(lambda c: tag_rows.known(c, "new")).result(10) == before
    assert bench.tags.all().result(10)[0].description == "words"
    assert before is not None
    said = read(lambda c: tag_label_rows.decision(c, other, before)).result(10)
    assert said is not None
    assert not said.accepted
    names = [one.name for one in read(lambda c: tag_label_rows.proposals(c, other)).result(10)]
    assert names == ["else", "new"]
    assert bench.get(note).tags == ("new",)


def test_other_capitals_change_the_name_and_no_text(bench: Bench) -> None:
    """It is the same tag."""
    note = bench.note("#garden", "garden/peas")
    done = bench.rename("garden", "Garden")
    assert bench.all() == {"Garden": 1, "Garden/peas": 1}
    assert bench.get(note).text == "#garden"
    assert done.in_texts == 0
    bench.undo(done)
    assert bench.all() == {"garden": 1, "garden/peas": 1}
    same = bench.rename("garden", "garden")
    assert (same.notes, same.token) == (0, 0)


@pytest.mark.parametrize("to", ["a/b", "A/x/y"])
def test_no_tag_stands_under_itself(bench: Bench, to: str) -> None:
    """Neither renamed, nor nested, nor merged so."""
    bench.note("#a #a/b")
    held = bench.held()
    for refused in (
        bench.tags.rename("a", to),
        bench.tags.nest("a", to),
        bench.tags.merge(["a"], to),
    ):
        with pytest.raises(InputRefused, match="under itself"):
            refused.result(10)
    assert bench.held() == held


def test_an_inner_tag_takes_the_place_of_its_outer_one(bench: Bench) -> None:
    """And what is nested in it takes its own place in turn."""
    note = bench.note("#a/b #a/b/b #a/b/b/c", "a/b/given")
    done = bench.rename("a/b", "a")
    assert bench.get(note).text == "#a #a/b #a/b/c"
    assert set(bench.get(note).tags) == {"a", "a/b", "a/b/c", "a/given"}
    bench.agrees()
    bench.undo(done)
    assert bench.get(note).text == "#a/b #a/b/b #a/b/b/c"
    assert set(bench.get(note).tags) == {"a/b", "a/b/b", "a/b/b/c", "a/b/given"}
    bench.agrees()


def test_nesting_and_taking_out(bench: Bench) -> None:
    """Under another, and under none again."""
    note = bench.note("#kitchen")
    bench.tags.nest("kitchen", "home").result(10)
    assert bench.get(note).text == "#home/kitchen"
    bench.tags.nest("home/kitchen", "").result(10)
    assert bench.get(note).text == "#kitchen"


@pytest.mark.parametrize("to", ["two words", "2024", "c++ (new)", "a.b"])
def test_a_name_that_texts_cannot_hold_is_refused_where_they_have_it(bench: Bench, to: str) -> None:
    """Told with the number of notes; given tags may be called so."""
    bench.note("#old")
    bench.note("#old/er")
    bench.note("x", "free")
    with pytest.raises(InputRefused, match="One note has" if to == "2024" else "2 notes have"):
        bench.rename("old", to)
    bench.rename("free", to)
    assert set(bench.all()) == {"old", "old/er", to}


def test_a_tag_that_is_there_is_merged_only_on_wish(bench: Bench) -> None:
    """And nothing is begun before that is asked."""
    note = bench.note("#old")
    bench.note("x", "new")
    held = bench.held()
    with pytest.raises(TagExists):
        bench.rename("old", "New")
    assert bench.held() == held
    bench.rename("old", "New", merge=True)
    assert bench.all() == {"New": 2}
    assert bench.get(note).text == "#New"


def test_a_tag_that_is_not_there_is_not_found(bench: Bench) -> None:
    """Renamed, merged, nested, deleted."""
    for missing in (
        bench.tags.rename("a", "b"),
        bench.tags.merge(["a"], "b"),
        bench.tags.nest("a", "b"),
        bench.tags.delete("a"),
        bench.tags.undo(7),
    ):
        with pytest.raises(NotFound):
            missing.result(10)
    assert bench.tags.merge(["b"], "b").result(10).notes == 0


def test_notes_in_the_trash_are_renamed_too(bench: Bench) -> None:
    """They may come back."""
    note = bench.note("#old")
    bench.notes.trash([note]).result(10)
    bench.rename("old", "new")
    assert bench.get(note).text == "#new"


def test_a_long_note_is_rewritten_beside_the_store(bench: Bench) -> None:
    """Its text is looked at on another thread; what comes of it is the same."""
    long = "word #old `#old`\n" * (note_text_rows.LONG_BYTES // 16)
    note = bench.note(long)
    done = bench.rename("old", "new")
    assert bench.get(note).text == long.replace("d #old", "d #new")
    bench.undo(done)
    assert bench.get(note).text == long
    bench.agrees()


@pytest.mark.parametrize("changes", [1, 100])
def test_a_long_note_that_changes_meanwhile_loses_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, changes: int
) -> None:
    """It is looked at again; where it changes again and again it is skipped, and told."""
    long = "word #old\n" * (note_text_rows.LONG_BYTES // 10 + 1)
    note = bench.note(long)
    left = changes

    def busy(text: str, names: Mapping[str, str]) -> str:
        nonlocal left
        if left:
            left -= 1
            now = bench.get(note)
            bench.notes.save(note, f"{left} {now.text}", now.revision).result(10)
        return renamed(text, names)

    monkeypatch.setattr(rewriting, "renamed", busy)
    done = bench.rename("old", "new")
    after = bench.get(note)
    if changes == 1:
        assert after.text == f"0 {long}".replace("#old", "#new")
        assert done.skipped == ()
    else:
        assert after.text.endswith(long)
        assert (done.skipped, done.notes, after.tags) == ((note,), 0, ("old",))
    assert len(bench.notes.list().result(10)) == 1  # no second version of it
    bench.agrees()


def test_a_note_that_is_deleted_meanwhile_is_passed_over(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are renamed."""
    first, second = bench.note("#old"), bench.note("#old too")
    real = rewriting.rename

    def deleting(vault: Vault, note_id: int, names: Mapping[str, str], now: int) -> object:
        if note_id == first:
            bench.notes.trash([second]).result(10)
            bench.notes.empty_trash().result(10)
        return real(vault, note_id, names, now)

    monkeypatch.setattr(rewriting, "rename", deleting)
    done = bench.rename("old", "new")
    assert (done.changed, done.skipped) == ((first,), ())
    assert bench.all() == {"new": 1}


def test_renaming_while_the_vault_closes_is_told(bench: Bench) -> None:
    """As locked; nothing hangs."""
    bench.note("#old")
    bench.vaults.close()
    with pytest.raises(VaultLocked):
        bench.rename("old", "new")


def test_a_note_without_room_for_the_longer_name_is_skipped(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, keeps the old tag, and doing it again finishes once there is room."""
    full, other = bench.note("#old " * 20), bench.note("#old")
    monkeypatch.setattr(limits, "MAX_NOTE_CHARACTERS", 100)
    done = bench.rename("old", "longer")
    assert done.skipped == (full,)
    assert (bench.get(full).tags, bench.get(other).tags) == (("old",), ("longer",))
    bench.agrees()
    monkeypatch.undo()
    bench.rename("old", "longer", merge=True)
    assert bench.get(full).tags == ("longer",)
    bench.agrees()


def test_what_was_cut_off_is_whole_and_can_be_finished(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each note has the tag that its text says; its description is not lost meanwhile."""
    notes = [bench.note(f"#old {number}", "old") for number in range(3)]
    bench.tags.describe("old", "words").result(10)
    real = rewriting.rename

    def failing(*given: object) -> object:
        if given[1] == notes[2]:
            raise StorageFull("There is no room.")
        return real(*given)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(rewriting, "rename", failing)
    with pytest.raises(StorageFull):
        bench.rename("old", "new")
    bench.agrees()
    assert [bench.get(note).text for note in notes] == ["#new 0", "#new 1", "#old 2"]
    monkeypatch.undo()
    bench.rename("old", "new", merge=True)
    assert [bench.get(note).tags for note in notes] == [("new",)] * 3
    assert bench.tags.all().result(10)[0].description == "words"
    bench.agrees()


def test_what_was_cut_off_keeps_no_tag(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes with its last note as before, whether Hush failed or was killed in the middle."""
    note = bench.note("#secret one")

    def failing(*_: object) -> object:
        raise StorageFull("There is no room.")

    monkeypatch.setattr(rewriting, "rename", failing)
    with pytest.raises(StorageFull):
        bench.rename("secret", "other")
    bench.notes.trash([note]).result(10)
    bench.notes.empty_trash().result(10)
    assert _names(bench) == []
    killed, gone = bench.note("#killed one"), bench.note("#gone one")
    kept = bench.vaults.kept
    tags = [kept.read(partial(tag_rows.known, tag=tag)).result(10) for tag in ("killed", "gone")]
    held = [tag for tag in tags if tag is not None]
    kept.write(lambda c: tag_manager_rows.hold(c, held)).result(10)
    bench.notes.trash([gone]).result(10)
    bench.notes.empty_trash().result(10)
    assert bench.all() == {"killed": 1}
    TagManager(bench.vaults, bench.clock)  # as the next Hush opens it
    assert _names(bench) == ["killed"]
    bench.notes.trash([killed]).result(10)
    bench.notes.empty_trash().result(10)
    assert _names(bench) == []


def _names(bench: Bench) -> list[str]:
    """Of all tags that are written down, seen or not."""

    def work(connection: Connection) -> list[str]:
        return [row[0] for row in connection.execute("SELECT name FROM tag ORDER BY folded")]

    return bench.vaults.kept.read(work).result(10)


def test_of_ten_thousand_tags_on_a_note_one_is_renamed(bench: Bench) -> None:
    """In its text, which may have no more."""
    text = " ".join(f"#tag{number}" for number in range(10_000))
    note = bench.note(text)
    bench.rename("tag9999", "last")
    after = bench.get(note)
    assert after.text == text.replace("#tag9999", "#last")
    assert len(after.tags) == 10_000


def test_five_thousand_tags_move_under_another(bench: Bench) -> None:
    """All that are nested in one."""
    for some in range(5):
        bench.note("x", *(f"a/{some}-{number}" for number in range(1_000)))
    bench.rename("a", "b")
    names = bench.all()
    assert len(names) == 5_000
    assert all(name.startswith("b/") for name in names)


# --- Files -------------------------------------------------------------------------------------


def imported(text: str, tags: tuple[str, ...], *, content: bytes = b"1") -> Imported:
    """One file of a folder."""
    return Imported(
        source="a.md",
        source_hash=content,
        title="A",
        title_by=TitleBy.HUSH,
        text=text,
        tags=tags,
        front_matter="",
        attachments=(),
        created_at=1,
        updated_at=1,
        folder_tag="shelf",
    )


def test_a_files_tag_stays_renamed_until_the_file_changes(bench: Bench) -> None:
    """The same file again changes nothing; one that was changed says its own again."""
    write = bench.vaults.kept.write
    file = imported("words", ("front", "shelf"))
    note, _ = write(lambda c: note_rows.put_imported(c, file, 9)).result(10)
    bench.rename("front", "back")
    bench.rename("shelf", "board")
    again = write(lambda c: note_rows.put_imported(c, file, 9)).result(10)
    assert again == (note, Outcome.SAME)
    assert bench.get(note).tags == ("back", "board")
    newer = imported("other words", ("front", "shelf"), content=b"2")
    assert write(lambda c: note_rows.put_imported(c, newer, 9)).result(10)[0] == note
    assert bench.get(note).tags == ("front", "shelf")


def test_a_text_that_was_rewritten_stays_so_when_its_file_comes_again(bench: Bench) -> None:
    """The unchanged file is known by its bytes."""
    write = bench.vaults.kept.write
    file = imported("words #old", ("shelf",))
    note, _ = write(lambda c: note_rows.put_imported(c, file, 9)).result(10)
    bench.rename("old", "new")
    assert write(lambda c: note_rows.put_imported(c, file, 9)).result(10) == (note, Outcome.SAME)
    assert bench.get(note).text == "words #new"


# --- Merging -----------------------------------------------------------------------------------


def test_merging_and_taking_it_back(bench: Bench) -> None:
    """All as it was: texts, given tags, decisions, descriptions."""
    first = bench.note("#todo", "to-do")
    second = bench.note("x", "todos", "todos/urgent")
    third = bench.note("#to-do", "todo")
    bench.tags.describe("to-do", "What to do").result(10)
    bench.tags.colour("todo", "red").result(10)
    bench.decide(second, "to-do", 5, accepted=False)
    bench.decide(second, "todo", 9, accepted=True)
    bench.decide(third, "todos", 7, accepted=False)
    held = bench.held()
    done = bench.tags.merge(["todos", "to-do", "todo"], "todo").result(10)
    assert bench.all() == {"todo": 3, "todo/urgent": 1}
    assert bench.get(third).text == "#todo"
    (info, _) = bench.tags.all().result(10)
    assert (info.description, info.colour) == ("What to do", "red")
    assert done.in_texts == 1
    bench.agrees()
    bench.undo(done)
    assert bench.held() == held
    assert bench.get(first).tags == ("to-do", "todo")
    with pytest.raises(NotFound):
        bench.undo(done)


def test_of_contradicting_decisions_the_later_counts(bench: Bench) -> None:
    """Two tags of which one note wanted the one and not the other become one."""
    note = bench.note("x")
    bench.tags.create("a").result(10)
    bench.tags.create("b").result(10)
    bench.decide(note, "a", 5, accepted=False)
    bench.decide(note, "b", 4, accepted=True)
    bench.tags.merge(["a"], "b").result(10)
    (said,) = bench.vaults.kept.read(tag_label_rows.decisions).result(10)
    assert (said.accepted, said.at) == (False, 5)


def test_several_become_one_that_was_not_there(bench: Bench) -> None:
    """And come apart again."""
    one, both, other = bench.note("#a"), bench.note("x", "a", "b"), bench.note("x", "b")
    held = bench.held()
    done = bench.tags.merge(["a", "b"], "c").result(10)
    assert bench.all() == {"c": 3}
    bench.undo(done)
    assert bench.held() == held
    assert [bench.get(note).tags for note in (one, both, other)] == [("a",), ("a", "b"), ("b",)]


@pytest.mark.parametrize(("names", "into"), [(["a"], "b"), (["a", "d"], "b"), (["a", "d"], "new")])
def test_what_was_done_since_a_merge_stays(bench: Bench, names: list[str], into: str) -> None:
    """A tag that was taken off and given by hand, a description and a colour typed since."""
    given, left = bench.note("x one", "a"), bench.note("y", "a")
    bench.note("y two", "b", "d")
    bench.tags.describe("a", "what a is").result(10)
    done = bench.tags.merge(names, into).result(10)
    bench.notes.tag(given, []).result(10)
    bench.notes.tag(given, [into]).result(10)
    bench.tags.describe(into, "typed since").result(10)
    bench.undo(done)
    assert bench.get(given).tags == ("a", into)
    assert bench.get(left).tags == ("a",)
    said = {tag.name: (tag.description, tag.kept) for tag in bench.tags.all().result(10)}
    assert said[into] == ("typed since", True)
    assert said["a"] == ("what a is", True)
    bench.agrees()


def test_what_a_merge_takes_back_is_nobodys_word(bench: Bench) -> None:
    """What Hush gave goes with the merge that moved it: nobody took it off by hand."""
    note = bench.note("x")
    bench.tags.create("a").result(10)
    bench.tags.create("b").result(10)
    offers = [tag_suggestion_rows.Offer("a", 0.99, 1.0)]

    def give(connection: Connection) -> None:
        run = tag_suggestion_rows.begin_run(connection, None, 0.9, 1)
        tag_suggestion_rows.put(connection, run, note, offers, 1)

    bench.vaults.kept.write(give).result(10)
    bench.undo(bench.tags.merge(["a"], "b").result(10))
    assert bench.get(note).tags == ("a",)
    assert (
        bench.vaults.kept.read(lambda c: tag_label_rows.labels(c, note)).result(10).negative == ()
    )


def test_a_text_that_changed_since_is_not_taken_back(bench: Bench) -> None:
    """It is the person's now, and told of; a renamed tag follows there, too."""
    note, other = bench.note("#old one"), bench.note("#old two")
    renamed = bench.rename("old", "new")
    now = bench.get(note)
    bench.notes.save(note, "#new and more", now.revision).result(10)
    back = bench.undo(renamed)
    assert bench.get(other).text == "#old two"
    assert bench.get(note).text == "#old and more"
    assert set(back.changed) == {note, other}
    bench.note("y", "there")
    merged = bench.rename("old", "there", merge=True)
    now = bench.get(note)
    bench.notes.save(note, "#there and yet more", now.revision).result(10)
    back = bench.undo(merged)
    assert (bench.get(note).text, bench.get(other).text) == ("#there and yet more", "#old two")
    assert back.skipped == (note,)
    bench.agrees()


# --- Deleting ----------------------------------------------------------------------------------


def test_deleting_and_taking_it_back(bench: Bench) -> None:
    """All as it was; what is nested in it is another tag."""
    first, second = bench.note("x", "gone", "gone/not"), bench.note("y", "gone")
    bench.tags.describe("gone", "words").result(10)
    bench.decide(second, "gone", 5, accepted=True)
    held = bench.held()
    done = bench.tags.delete("Gone").result(10)
    assert done.notes == 2
    assert bench.all() == {"gone/not": 1}
    assert bench.get(first).tags == ("gone/not",)
    bench.undo(done)
    assert bench.held() == held


def test_deleting_says_how_many_have_it_in_their_text(bench: Bench) -> None:
    """And does nothing, unless those may keep it."""
    written = bench.note("#tag", "tag")
    given = bench.note("x", "tag")
    held = bench.held()
    with pytest.raises(TagInTexts, match="One note has"):
        bench.tags.delete("tag").result(10)
    assert bench.held() == held
    done = bench.tags.delete("tag", keep_in_texts=True).result(10)
    assert (done.notes, done.skipped) == (1, (written,))
    assert (bench.get(written).tags, bench.get(given).tags) == (("tag",), ())
    bench.agrees()
    bench.undo(done)
    assert bench.held() == held


def test_what_was_given_again_since_stays(bench: Bench) -> None:
    """A note that is gone for good is not tagged any more; the others are."""
    first, second = bench.note("x", "gone"), bench.note("y", "gone")
    done = bench.tags.delete("gone").result(10)
    bench.notes.trash([first]).result(10)
    bench.notes.empty_trash().result(10)
    bench.notes.tag(second, ["gone", "new"]).result(10)
    assert bench.undo(done).notes == 1
    assert bench.all() == {"gone": 1, "new": 1}


def test_nothing_of_a_deleted_tag_stays_in_the_file(tmp_path: Path) -> None:
    """Its name and description leave with the next scrub, which is noted."""
    path = tmp_path / "vault.db"
    bench = Bench(Vault.open(path, KEY))
    bench.note("x", SECRET)
    bench.tags.describe(SECRET, f"about {SECRET[::-1]}").result(10)
    bench.tags.delete(SECRET).result(10)
    assert bench.vaults.kept.read(chore_rows.due).result(10) is not None
    assert bench.vaults.kept.scrub().result(30)
    assert hits(path, KEY, [SECRET, SECRET[::-1]]) == []
    bench.vaults.close()


def test_what_was_proposed_for_a_deleted_note_leaves_the_file(tmp_path: Path) -> None:
    """With its decisions and suggestions; a described tag is the person's own, and stays."""
    path = tmp_path / "vault.db"
    bench = Bench(Vault.open(path, KEY))
    note = bench.note("x", "kept", "own")
    bench.tags.describe("kept", "stays").result(10)
    bench.decide(note, "kept", 3, accepted=True)
    write = bench.vaults.kept.write
    write(lambda c: tag_label_rows.propose(c, note, [SECRET], 3)).result(10)
    bench.notes.trash([note]).result(10)
    bench.notes.empty_trash().result(10)
    assert hits(path, KEY, [SECRET]) == []
    left = bench.vaults.kept.read(
        lambda c: c.execute(
            "SELECT note_id FROM tag_decision UNION SELECT note_id FROM tag_proposal"
            " UNION SELECT note_id FROM tag_queue UNION SELECT note_id FROM note_tag"
        ).fetchall()
    ).result(10)
    assert left == []
    assert bench.all() == {"kept": 0}
    bench.vaults.close()


def test_the_list_of_tags_beside_the_notes_has_only_those_that_notes_have(bench: Bench) -> None:
    """As before: one that is only kept is not offered there; renamed ones are found."""
    bench.tags.create("alone").result(10)
    bench.note("x", "a")
    bench.rename("a", "b")
    assert [tag.name for tag in bench.notes.tags().result(10)] == ["b"]
    found = bench.notes.list(NoteFilter(tag="b")).result(10)
    assert len(found) == 1
