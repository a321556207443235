"""Notes in the store: what is written is what is read, and both sides of a conflict stay."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from assistant.errors import InputRefused, NotFound
from assistant.notes.records import NoteFilter, NoteLine, TagCount, TitleBy
from assistant.store import chore_rows
from assistant.store import note_link_rows as links
from assistant.store import note_list_rows as lists
from assistant.store import note_rows as notes
from assistant.store import note_trash_rows as trash
from assistant.store import revision_rows as revisions
from assistant.store import tag_rows as tags
from assistant.store.migrations import migrate
from assistant.store.sqlcipher import MEMORY, Connection, open_database

HOSTILE = (
    *('"', '""', "*", '"*', "'", "';--", "(", ")", "{a}", ":", "^", "+", "-", "\\", "%", "_", "."),
    *(
        "NEAR",
        "NEAR(",
        "AND",
        "OR x",
        "NOT",
        "text:lettuce",
        "lettuce*peas",
        '"lettuce',
        "^lettuce",
    ),
    *("\0", "let\0tuce", "\ud800", "lettuce \udfff", "\u202e", "💤", "👩🏽\u200d🚀", "\ufeff"),
    *("x" * 10_000, "x " * 5_000, '" ' * 5_000, "*" * 10_000, "\n" * 10_000),
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    """An empty database with the newest schema."""
    opened = open_database(MEMORY, bytes(32))
    migrate(opened)
    yield opened
    opened.close()


def note(connection: Connection, text: str, *given: str, title: str = "", now: int = 1_000) -> int:
    """A note; returns its id."""
    return notes.create(connection, text, title, given, now).id


def titles(
    connection: Connection, words: str = "", tag: str = "", *, trash: bool = False
) -> list[str]:
    """What a list shows."""
    return [line.title for line in lists.lines(connection, NoteFilter(words, tag, trash))]


def index(connection: Connection) -> None:
    """Cut all that waits into one passage each, as the index would."""
    connection.execute("INSERT INTO edition (encoder, state) VALUES ('', 'serving')")
    connection.execute(
        "INSERT INTO passage (edition_id, note_id, seq, start, length, context, text, hash)"
        " SELECT 1, id, 0, 0, length(text), title, text, x'00' FROM note"
        " WHERE id IN (SELECT owner_id FROM index_queue WHERE kind = 'note')"
    )
    connection.execute("DELETE FROM index_queue")


def test_written_is_what_is_read(connection: Connection) -> None:
    """The value returned and the value stored are one."""
    made = notes.create(connection, "# Seeds\r\nParsley #garden\x00", "", ("list",), 1_000)
    assert notes.get(connection, made.id) == made
    assert (made.title, made.title_by) == ("Seeds", TitleBy.TEXT)
    assert made.text == "# Seeds\nParsley #garden\ufffd"
    assert made.tags == ("garden", "list")
    assert (made.revision, made.created_at, made.updated_at) == (1, 1_000, 1_000)
    assert not made.pinned
    assert made.deleted_at is None


def test_an_empty_note(connection: Connection) -> None:
    """Has no title yet; it gets one with its first line."""
    made = notes.create(connection, "", "", (), 1)
    assert (made.title, made.text) == ("", "")
    saved = notes.save(connection, made.id, "First line\nand more", 1, None, 2).note
    assert (saved.title, saved.revision, saved.updated_at) == ("First line", 2, 2)


def test_a_title_of_ones_own_stays(connection: Connection) -> None:
    """Until it is taken away: then the text's first line is the title again."""
    made = notes.create(connection, "# Seeds", " My\n list ", (), 1)
    assert (made.title, made.title_by) == ("My", TitleBy.PERSON)
    saved = notes.save(connection, made.id, "# Other", 1, None, 2).note
    assert saved.title == "My"
    saved = notes.save(connection, made.id, "# Other", 2, "My", 2).note
    assert saved.revision == 2
    saved = notes.save(connection, made.id, "# Other", 2, "", 3).note
    assert (saved.title, saved.title_by, saved.revision) == ("Other", TitleBy.TEXT, 3)
    # An editor that hands over the title it shows does not make it the person's.
    saved = notes.save(connection, made.id, "# Third", 3, "Other", 4).note
    assert (saved.title, saved.title_by) == ("Third", TitleBy.TEXT)


def test_saving_the_same_changes_nothing(connection: Connection) -> None:
    """Whatever revision is expected: nobody's words are lost by it."""
    made = notes.create(connection, "same", "", (), 1)
    for expected in (1, 7):
        saved = notes.save(connection, made.id, "same", expected, None, 9)
        assert (saved.note, saved.other) == (made, None)


def test_a_conflict_keeps_both(connection: Connection) -> None:
    """What stands is not touched; the other text is a note of its own, with the same tags."""
    made = notes.create(connection, "# Plan\nfirst #a", "", ("b",), 1)
    theirs = notes.save(connection, made.id, "# Plan\ntheirs #a", 1, None, 2).note
    saved = notes.save(connection, made.id, "# Plan\nmine #c", 1, None, 3)
    assert saved.note == theirs == notes.get(connection, made.id)
    assert saved.other is not None
    assert saved.other == notes.get(connection, saved.other.id)
    assert saved.other.text == "# Plan\nmine #c"
    assert saved.other.title == "Plan (other version)"
    assert saved.other.tags == ("b", "c")
    assert titles(connection) == ["Plan (other version)", "Plan"]
    again = notes.save(connection, saved.other.id, "# Plan\nmine, on", 1, None, 4)
    assert again.other is None
    assert again.note.title == "Plan (other version)"


def test_what_is_gone_cannot_be_saved(connection: Connection) -> None:
    """It says so: whoever has the text keeps it. In the trash it can be."""
    made = note(connection, "words")
    trash.throw_away(connection, [made], 2)
    saved = notes.save(connection, made, "more words", 1, None, 3).note
    assert (saved.text, saved.deleted_at) == ("more words", 2)
    trash.begin_purge(connection, 10)
    for work in (
        lambda: notes.save(connection, made, "x", 1, None, 4),
        lambda: notes.get(connection, made),
        lambda: notes.pin(connection, made, pinned=True),
        lambda: notes.choose_tags(connection, made, ("x",)),
        lambda: notes.revert(connection, made, 1, 5),
        lambda: trash.restore(connection, [made]),
        lambda: trash.throw_away(connection, [made], 5),
        lambda: notes.get(connection, 99),
    ):
        with pytest.raises(NotFound):
            work()


def test_a_note_that_is_too_long(connection: Connection) -> None:
    """Refused with the limit, whole."""
    made = note(connection, "short")
    with pytest.raises(InputRefused, match="20,000,000"):
        notes.save(connection, made, "x" * 20_000_001, 1, None, 2)
    assert notes.get(connection, made).text == "short"


def test_going_back_and_forth(connection: Connection) -> None:
    """An earlier text comes back; the one of now becomes an earlier one, however short it stood."""
    made = note(connection, "one #a", now=1)
    notes.save(connection, made, "two #b", 1, None, 10 * 60_000)
    saved = notes.revert(connection, made, 1, 10 * 60_000 + 9_000).note
    assert (saved.text, saved.tags, saved.revision) == ("one #a", ("a",), 3)
    assert revisions.text(connection, made, 2) == "two #b"
    assert notes.revert(connection, made, 2, 10 * 60_000 + 19_000).note.text == "two #b"
    with pytest.raises(NotFound):
        notes.revert(connection, made, 77, 3)
    same = notes.revert(connection, made, 2, 10 * 60_000 + 29_000).note
    assert same.revision == 4


def test_tags_and_their_reasons(connection: Connection) -> None:
    """Given, or in the text: a tag goes with the last reason that there is for it."""
    made = note(connection, "see #Garden", "list")
    assert tags.beside_text(connection, made) == ("list",)
    assert notes.choose_tags(connection, made, ("garden", "new")).tags == ("Garden", "new")
    saved = notes.save(connection, made, "see", 1, None, 2).note
    assert saved.tags == ("new",)  # it was there for the text's sake
    notes.save(connection, made, "see #new", 2, None, 3)
    assert notes.save(connection, made, "see", 3, None, 4).note.tags == ("new",)
    assert notes.choose_tags(connection, made, ()).tags == ()
    assert connection.execute("SELECT count(*) FROM tag").fetchone() == (0,)


def test_tags_are_counted_as_first_written(connection: Connection) -> None:
    """In the alphabet's order; what is in the trash does not count."""
    note(connection, "#Work/plans")
    note(connection, "#work/PLANS #b")
    gone = note(connection, "#b #c")
    trash.throw_away(connection, [gone], 1)
    assert tags.counts(connection) == [TagCount("b", 1), TagCount("Work/plans", 2)]


def test_ten_thousand_tags(connection: Connection) -> None:
    """One note has them all; a list shows the first few."""
    names = tuple(f"t{number}" for number in range(10_000))
    made = note(connection, "#intext", *names)
    assert len(notes.get(connection, made).tags) == 10_001
    (line,) = lists.lines(connection, NoteFilter())
    assert line.tags == ("intext", "t0", "t1", "t10", "t100", "t1000", "t1001", "t1002")
    assert notes.choose_tags(connection, made, ("t5",)).tags == ("intext", "t5")
    assert connection.execute("SELECT count(*) FROM tag").fetchone() == (2,)


def test_a_list(connection: Connection) -> None:
    """Pinned first, then the newest; of two of one moment the later made."""
    first = note(connection, "# First\n\nIts *text*.", "a", now=10)
    for title, now in (("second", 20), ("third", 20)):
        note(connection, title, now=now)
    assert titles(connection) == ["third", "second", "First"]
    notes.pin(connection, first, pinned=True)
    (line, *_) = lists.lines(connection, NoteFilter())
    assert line == NoteLine(first, "First", "Its text.", True, ("a",), 10)
    assert notes.pin(connection, first, pinned=False).updated_at == 10
    assert titles(connection)[-1] == "First"


def test_a_list_reads_no_text(connection: Connection) -> None:
    """All that it shows stands in one index."""
    plan = connection.execute(f"EXPLAIN QUERY PLAN {lists._LISTED}").fetchall()
    assert "USING COVERING INDEX note_listed" in plan[0][3]
    assert len(plan) == 1  # and nothing is sorted


def test_a_list_of_a_tag(connection: Connection) -> None:
    """With all that is nested in it, and nothing that only begins alike."""
    for text in ("one #work", "two #Work/plans/old", "three #workshop", "four #w"):
        note(connection, text)
    assert set(titles(connection, tag="WORK")) == {"one #work", "two #Work/plans/old"}
    assert set(titles(connection, tag="#work/plans")) == {"two #Work/plans/old"}
    assert titles(connection, tag="nothing") == []
    assert len(titles(connection, tag=" ")) == 4


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lettuce", {"Balcony"}),
        ("LETT", {"Balcony"}),
        ("peas lettuce", {"Balcony"}),
        ("balcony peas", {"Balcony"}),  # one in the title, one in the text
        ("lettuce nothing", set()),
        ("caf\u00e9", {"Places"}),
        ("  ", {"Balcony", "Places"}),
    ],
)
def test_a_list_of_words(
    connection: Connection, words: str, found: set[str], *, indexed: bool
) -> None:
    """All of them, each as the beginning of a word; whether the index has them yet or not."""
    note(connection, "# Balcony\nLettuce.\n\nPeas.")
    note(connection, "# Places\nA cafe\u0301.")
    if indexed:
        index(connection)
    assert set(titles(connection, words)) == found


def test_no_word_is_a_query(connection: Connection) -> None:
    """Whatever is typed, it is looked for or finds nothing; nothing fails."""
    note(connection, "# Balcony\nLettuce and peas")
    index(connection)
    note(connection, "Waits")
    for words in HOSTILE:
        assert set(titles(connection, words)) <= {"Balcony", "Waits"}


def test_links_and_backlinks(connection: Connection) -> None:
    """By title; both ways; also of a note that is made later, or that gets another title."""
    plan = note(connection, "# Plan\n[[seeds|mine]] [[Seeds#Old]] [[nowhere]] [[#here]]")
    assert links.links(connection, plan) == {"seeds": None, "Seeds#Old": None, "nowhere": None}
    seeds = note(connection, "# Seeds")
    found = links.links(connection, plan)
    assert found == {"seeds": seeds, "Seeds#Old": seeds, "nowhere": None}
    assert [line.id for line in lists.backlinks(connection, seeds)] == [plan]
    assert links.resolve(connection, "SEEDS.md") == seeds
    notes.save(connection, seeds, "# Nowhere", 1, None, 2)
    assert links.links(connection, plan)["nowhere"] == seeds
    assert links.resolve(connection, "Seeds") is None
    notes.save(connection, plan, "# Plan", 1, None, 3)
    assert links.links(connection, plan) == {}
    assert lists.backlinks(connection, seeds) == []


def test_links_in_a_circle(connection: Connection) -> None:
    """To each other, and to oneself: nobody follows them further than asked."""
    one = note(connection, "# One\n[[Two]] [[One]]")
    two = note(connection, "# Two\n[[One]] [[Two]]")
    assert [line.id for line in lists.backlinks(connection, one)] == [two]
    assert [line.id for line in lists.backlinks(connection, two)] == [one]


def test_of_two_notes_with_one_name_the_older_is_meant(connection: Connection) -> None:
    """And backlinks say the same; in the trash it is none."""
    older, newer = note(connection, "# Same"), note(connection, "# same\nnewer")
    linking = note(connection, "[[Same]]")
    assert links.resolve(connection, "same") == older
    assert [line.id for line in lists.backlinks(connection, older)] == [linking]
    assert lists.backlinks(connection, newer) == []
    trash.throw_away(connection, [older], 2)
    assert links.resolve(connection, "same") == newer
    assert [line.id for line in lists.backlinks(connection, newer)] == [linking]
    trash.throw_away(connection, [linking], 3)
    assert lists.backlinks(connection, newer) == []
    trash.restore(connection, [older, linking])
    assert links.resolve(connection, "same") == older


def test_files_of_a_note(connection: Connection) -> None:
    """What its text shows; it changes with the text."""
    made = note(connection, "![[a.png]] ![b](img/b.jpg)")
    assert links.attachments(connection, made) == ("a.png", "img/b.jpg")
    notes.save(connection, made, "![[c.png]]", 1, None, 2)
    assert links.attachments(connection, made) == ("c.png",)


def test_the_trash(connection: Connection) -> None:
    """Out of the list, in the trash, what came last first; and back where it was."""
    first, second, stays = (note(connection, text) for text in ("first", "second", "stays"))
    trash.throw_away(connection, [first], 10)
    trash.throw_away(connection, [second, first, 99], 20)
    assert titles(connection) == ["stays"]
    assert titles(connection, trash=True) == ["second", "first"]
    assert notes.get(connection, first).deleted_at == 10
    trash.restore(connection, [first, second])
    assert titles(connection) == ["stays", "second", "first"]
    trash.throw_away(connection, [], 30)
    for work in (trash.restore, lambda c, ids: trash.throw_away(c, ids, 1)):
        with pytest.raises(NotFound):
            work(connection, [99])
    assert stays


def rows(connection: Connection) -> dict[str, int]:
    """How many rows each table of notes has."""
    names = (
        *("note", "note_name", "note_link", "note_attachment", "note_tag", "tag", "note_revision"),
        *("passage", "vector", "index_queue", "message_source"),
    )
    queries = {name: f"SELECT count(*) FROM {name}" for name in names}  # noqa: S608 - our own names
    found = {name: connection.execute(query).fetchall()[0][0] for name, query in queries.items()}
    return {name: count for name, count in found.items() if count}


def test_gone_for_good(connection: Connection) -> None:
    """With all that was made of it, in small parts; a scrub is due then."""
    made = note(connection, "# Gone\n#a [[b]] ![[c.png]] " + "words " * 99, "d")
    notes.save(connection, made, "# Gone\n#a [[b]] ![[c.png]]", 1, None, 10**9)
    index(connection)
    connection.execute("UPDATE passage SET vector_id = 1")
    connection.execute("INSERT INTO vector (edition_id, hash, code) VALUES (1, x'00', x'00')")
    for seq in range(1, 6):
        connection.execute(
            "INSERT INTO passage (edition_id, note_id, seq, start, length, context, text, hash)"
            " VALUES (1, ?, ?, 0, 1, '', 'x', x'01')",
            (made, seq),
        )
    kept = note(connection, "Kept")
    kept_rows = {"note": 1, "note_name": 1, "index_queue": 1}
    trash.throw_away(connection, [made], 5)
    trash.begin_purge(connection, 5)  # before that moment
    assert trash.purge_some(connection, 100).ids == ()
    assert not chore_rows.scrub_is_due(connection)
    trash.begin_purge(connection, 6, [kept])
    assert trash.purge_some(connection, 100) == trash.Purged((), is_all=True)
    trash.begin_purge(connection, 6, [kept, made])
    assert titles(connection, trash=True) == []
    parts = [trash.purge_some(connection, 2) for _ in range(3)]
    assert [part.is_all for part in parts] == [False, False, True]
    assert parts[-1].ids == (made,)
    assert rows(connection) == kept_rows
    assert chore_rows.scrub_is_due(connection)


def test_many_notes(connection: Connection) -> None:
    """Hundreds with tags and links: lists, tags and backlinks agree with a plain count."""
    chance = random.Random(5)  # noqa: S311 - the same each time
    texts = {}
    for number in range(350):
        linked = chance.randrange(350)
        text = f"# Note {number}\n[[Note {linked}]] #t{number % 7}"
        texts[note(connection, text, now=number)] = (number, linked)
    assert len(lists.lines(connection, NoteFilter())) == 350
    assert [found.notes for found in tags.counts(connection)] == [50] * 7
    assert len(titles(connection, tag="t3")) == 50
    for note_id in chance.sample(sorted(texts), 50):
        mine = texts[note_id][0]
        wanted = {other for other, (number, to) in texts.items() if to == mine != number}
        assert links.linking(connection, note_id) == wanted
