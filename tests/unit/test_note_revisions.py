"""Earlier texts: small, few, readable again, and none that matters is lost."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import NotFound, VaultDamaged
from assistant.notes.delta import common_beginning, common_end, difference, restored
from assistant.notes.earlier import EVERY, PAUSE, is_kept, staying
from assistant.notes.records import RevisionLine
from assistant.store import note_rows as notes
from assistant.store import revision_rows as revisions
from assistant.store.migrations import migrate
from assistant.store.sqlcipher import MEMORY, Connection, open_database

HOUR = 3_600_000
DAY = 24 * HOUR
BEGAN = 1_790_000_000_000

texts = st.text(alphabet=st.sampled_from("ab\nä \U0001f680"), max_size=80)
written = st.lists(texts, max_size=8).map("\n".join)


@pytest.fixture
def connection() -> Iterator[Connection]:
    """An empty database with the newest schema."""
    opened = open_database(MEMORY, bytes(32))
    migrate(opened)
    yield opened
    opened.close()


@settings(max_examples=300, deadline=None)
@given(written, written)
def test_a_difference_gives_the_text_back(earlier: str, later: str) -> None:
    """For any two texts, and without a later one."""
    assert restored(difference(earlier, later), later) == earlier
    assert restored(difference(earlier)) == earlier


def test_an_ordinary_edit_takes_few_bytes() -> None:
    """In a long text, in one line, at one place or at several, and when lines were moved."""
    chance = random.Random(7)  # noqa: S311 - the same each time
    words = ["".join(chance.choices("abcdefghij", k=7)) for _ in range(20_000)]
    later = " ".join(words)
    assert len(difference(later.replace(words[9_000], "other", 1), later)) < 60
    lines = [" ".join(words[place : place + 10]) for place in range(0, 20_000, 10)]
    later = "\n".join(lines)
    earlier = [*lines]
    earlier[10], earlier[1_900] = "first", "second"
    del earlier[700]
    assert len(difference("\n".join(earlier), later)) < 100
    moved = "\n".join([*lines[1_000:], *lines[:1_000]])
    assert len(difference(moved, later)) < 120


def test_ten_megabytes_of_one_line() -> None:
    """And nothing of it is given twice."""
    earlier = "x" * 5_000_000 + "y" + "x" * 5_000_000
    data = difference(earlier, earlier.replace("y", "z"))
    assert len(data) < 60
    assert restored(data, earlier.replace("y", "z")) == earlier


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_what_two_have_in_common(one: bytes, other: bytes) -> None:
    """Counted byte by byte, it is the same."""
    count = next((n for n in range(41) if one[: n + 1] != other[: n + 1] or n >= len(one)), 0)
    assert common_beginning(one, other) == min(count, len(one), len(other))
    assert common_end(one[::-1], other[::-1]) == common_beginning(one, other)


@pytest.mark.parametrize("wrong", ["", "no", "a text, but another one than it was made from"])
def test_a_difference_from_another_text_is_damage(wrong: str) -> None:
    """Never a wrong text in silence: here what is to be copied is not all there."""
    data = difference("0123456789" * 50, "0123456789" * 49)
    with pytest.raises(VaultDamaged, match="note itself is whole"):
        restored(data, wrong)


@pytest.mark.parametrize("data", [b"", b"nonsense", difference("abc")[:-3]])
def test_damaged_differences_are_told(data: bytes) -> None:
    """Not compressed, cut short, empty."""
    with pytest.raises(VaultDamaged):
        restored(data)


def kept(earlier: str, later: str, stood: int, since: int) -> bool:
    """Whether the earlier one is kept, that stood for so long, the last one so long ago."""
    return is_kept(earlier, later, BEGAN - stood, BEGAN - since, BEGAN)


def test_what_becomes_an_earlier_version() -> None:
    """After a pause, from time to time, and when much goes at once; else it is only typing."""
    assert not kept("some words", "some words more", 400, HOUR // 60)
    assert kept("some words", "some words more", PAUSE, PAUSE)
    assert kept("some words", "some words more", 400, EVERY)
    assert not kept(" \n", "first words", DAY, DAY)
    assert not kept("same", "same", DAY, DAY)
    long = "a sentence of some words. " * 40
    assert kept(long, "", 400, 400)
    assert kept(long, "x" * len(long), 400, 400)
    assert not kept(long, long[: len(long) * 3 // 4], 400, 400)
    assert not kept(long, f"A new beginning. {long}", 400, 400)
    assert not kept("short", "", 400, 400)


def test_few_stay_of_many() -> None:
    """A year of writing, every forty minutes of each day's eight hours."""
    lines, revision = [], 0
    for day in range(365):
        for minutes in range(0, 480, 40):
            revision += 1
            lines.append(RevisionLine(revision, BEGAN + day * DAY + minutes * 60_000, 1))
            now = lines[-1].at
            stay = staying(lines, now)
            lines = [line for line in lines if line.revision in stay]
    assert lines[-1].revision == revision
    assert 60 < len(lines) < 100
    ages = [(lines[-1].at - line.at) / DAY for line in lines]
    assert sum(age < 1 for age in ages) <= 16
    assert max(ages) > 330


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 400 * DAY), min_size=1, max_size=60, unique=True), st.integers(0, DAY)
)
def test_thinning_twice_is_thinning_once(ages: list[int], later: int) -> None:
    """What stays, stays; the newest always; and a clock that goes back takes nothing."""
    now = BEGAN + 400 * DAY
    times = sorted(now - age for age in ages)
    lines = [RevisionLine(number, at, 1) for number, at in enumerate(times)]
    stay = staying(lines, now + later)
    assert len(times) - 1 in stay
    left = [line for line in lines if line.revision in stay]
    assert staying(left, now + later) == stay
    assert staying(lines[-1:], now - 1_000 * DAY) == {lines[-1].revision}


def test_the_first_of_each_hour_stays() -> None:
    """It is how the note was before that hour's writing."""
    lines = [RevisionLine(number, BEGAN + number * 600_000, 1) for number in range(60)]
    stay = staying(lines, BEGAN + 60 * 600_000)
    first = [line.revision for line in lines if line.revision in stay and line.revision < 50]
    hours = {(lines[number].at // HOUR) for number in first}
    assert len(hours) == len(first)


def save_at_intervals(connection: Connection, minutes: list[int]) -> tuple[int, dict[int, str]]:
    """A note that is written on; returns its id, and its text by revision."""
    made = notes.create(connection, "# Diary\n" + "line\n" * 100, "", (), BEGAN)
    by_revision = {made.revision: made.text}
    now, note = BEGAN, made
    for number, pause in enumerate(minutes):
        now += pause * 60_000
        text = f"{note.text}entry {number} with words\n"
        note = notes.save(connection, made.id, text, note.revision, None, now).note
        by_revision[note.revision] = text
    return made.id, by_revision


def test_every_version_that_is_kept_can_be_read(connection: Connection) -> None:
    """Also after many were let go from between them."""
    note_id, by_revision = save_at_intervals(connection, [12] * 150)
    lines = revisions.lines(connection, note_id)
    assert 20 < len(lines) < 80
    for line in lines:
        text = revisions.text(connection, note_id, line.revision)
        assert text == by_revision[line.revision]
        assert line.characters == len(text)
    assert [line.revision for line in lines] == sorted(
        (line.revision for line in lines), reverse=True
    )
    size = connection.execute("SELECT sum(length(data)) FROM note_revision").fetchone()
    assert size is not None
    assert size[0] < 12_000  # of 60 texts of 1 to 8 KB


def test_typing_makes_no_versions(connection: Connection) -> None:
    """Saved every ten seconds for two minutes: none; for an hour: one each ten minutes."""
    made = notes.create(connection, "", "", (), BEGAN)
    note, now = made, BEGAN
    for number in range(360):
        now += 10_000
        text = f"{note.text} w{number}"
        note = notes.save(connection, made.id, text, note.revision, None, now).note
        if number == 12:
            assert revisions.lines(connection, made.id) == []
    assert len(revisions.lines(connection, made.id)) == 6


def test_a_text_that_is_not_kept(connection: Connection) -> None:
    """The newest is the note itself; others never were, or went."""
    note_id, _ = save_at_intervals(connection, [6, 6])
    for revision in (0, 99):
        with pytest.raises(NotFound):
            revisions.text(connection, note_id, revision)


def test_versions_are_bounded_in_bytes(connection: Connection) -> None:
    """The oldest go; the newest stays, however large."""
    chance = random.Random(3)  # noqa: S311 - the same each time
    note = notes.create(connection, "first", "", (), BEGAN)
    for day in range(6):
        text = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9_000))
        revisions.keep(connection, note.id, day, text, BEGAN + day * DAY, most_bytes=20_000)
    lines = revisions.lines(connection, note.id)
    assert [line.revision for line in lines] == [5, 4, 3]
    for line in lines:
        assert len(revisions.text(connection, note.id, line.revision)) == 9_000
    revisions.keep(connection, note.id, 6, text[::-1], BEGAN + 6 * DAY, most_bytes=1)
    assert [line.revision for line in revisions.lines(connection, note.id)] == [6]


def test_a_damaged_version_leaves_the_note(connection: Connection) -> None:
    """It is told; the note is whole, and is written on. What cannot be read goes then."""
    note_id, _ = save_at_intervals(connection, [6, 6])
    connection.execute("UPDATE note_revision SET data = x'00'")
    with pytest.raises(VaultDamaged):
        revisions.text(connection, note_id, 1)
    note = notes.get(connection, note_id)
    saved = notes.save(connection, note_id, "on", note.revision, None, BEGAN + DAY).note
    assert saved.text == "on"
    (left,) = revisions.lines(connection, note_id)
    assert revisions.text(connection, note_id, left.revision) == note.text
