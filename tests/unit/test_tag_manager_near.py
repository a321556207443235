"""Tags that may be one: by spelling, by meaning, by the notes that have them."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from assistant.embed.source import ChosenEncoder
from assistant.store import note_rows, note_trash_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.tags import near
from assistant.tags.managing import TagManager
from assistant.tags.near import Near
from assistant.tags.records import TagInfo
from assistant.vaults import Vaults
from tests.fakes.clock import FakeClock
from tests.fakes.encoder import FakeEncoder

if TYPE_CHECKING:
    from assistant.embed.protocol import Vectors


def nothing(_: Sequence[str]) -> Vectors | None:
    """No embedding model."""
    return None


def pairs(names: Sequence[str]) -> set[tuple[str, str]]:
    """What is spelt alike."""
    return set(near.spelt_alike(names))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("recipe", "recipes"),
        ("to-do", "todo"),
        ("to do", "To_Do"),
        ("category", "categories"),
        ("caf\u00e9", "cafe"),
        ("python", "pyhton"),
        ("garden", "gardens"),
        ("javascript", "javascipt"),
        ("work/meeting", "work/meetings"),
        ("boxes", "box"),
    ],
)
def test_what_is_spelt_alike(one: str, other: str) -> None:
    """A plural, a hyphen, an accent, one slip of the pen."""
    assert pairs([one, other]) == {tuple(sorted((one, other)))}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("java", "lava"),  # short words: another letter is another word
        ("week-1", "week-2"),
        ("2023", "2024"),
        ("garden", "garden/s"),
        ("a", "a/b"),
        ("class", "clas"),
        ("politics", "poetics"),
        ("\u732b", "\u72ac"),
    ],
)
def test_what_is_another_word(one: str, other: str) -> None:
    """Numbers count, short words too; what is nested in a tag is not that tag."""
    assert pairs([one, other]) == set()


def test_one_character_apart_is_what_it_says() -> None:
    """Found by what is left of a word exactly where comparing each with each finds it."""
    chance = random.Random(7)  # noqa: S311 - words, no secrets
    words = sorted(
        {"".join(chance.choices("abc", k=chance.randint(5, 7))) for _ in range(60)}
        | {"".join(chance.choices("abcdefgh", k=9)) for _ in range(60)}
    )
    words = [word for word in words if near.spelling(word) == word]

    def apart(one: str, other: str) -> bool:
        if abs(len(one) - len(other)) > 1:
            return False
        changed = {
            one[:at] + letter + one[at + 1 :] for at in range(len(one)) for letter in "abcdefgh"
        }
        added = {
            one[:at] + letter + one[at:] for at in range(len(one) + 1) for letter in "abcdefgh"
        }
        gone = {one[:at] + one[at + 1 :] for at in range(len(one))}
        turned = {one[:at] + one[at + 1] + one[at] + one[at + 2 :] for at in range(len(one) - 1)}
        return other in changed | added | gone | turned

    expected = {pair for pair in combinations(words, 2) if apart(*pair)}
    assert pairs(words) <= expected
    # What a series hides is all that is missing: so many words of three letters are one.
    few = [word for word in words if len(word) == 9]
    assert pairs(few) == {pair for pair in expected if set(pair) <= set(few)}


def test_a_series_is_no_slip_of_the_pen() -> None:
    """Five thousand names that differ in one character, and quickly said."""
    series = [f"chapter{chr(0x4E00 + number)}" for number in range(5_000)]
    assert pairs(series) == set()


def test_five_thousand_tags_are_looked_through() -> None:
    """Those that are alike are found among them; the answer is a page, not a book."""
    chance = random.Random(3)  # noqa: S311 - names, no secrets
    names = {"".join(chance.choices(string.ascii_lowercase, k=10)) for _ in range(5_000)}
    tags = [TagInfo(name, 1) for name in sorted(names)]
    tags += [TagInfo(f"{name}s", 1) for name in sorted(names)[:200]]
    encoder = FakeEncoder()
    found = Near(encoder.encode).find(tags, [(tag.name, 1) for tag in tags[:20]])
    assert len(found) == near.MOST
    assert {one.why for one in found} == {"spelling"}


def test_what_means_the_same() -> None:
    """By names and descriptions; the one that more notes have comes first."""
    encoder = FakeEncoder()
    tags = [
        TagInfo("travel", 2, "planes trains hotels and far away places"),
        TagInfo("trip", 5, "planes trains hotels and far away places"),
        TagInfo("cooking", 1),
    ]
    finder = Near(encoder.encode)
    (one,) = finder.find(tags, [])
    assert (one.a, one.b, one.why) == ("trip", "travel", "meaning")
    assert near._MEANING <= one.likeness <= 1
    before = len(encoder.encoded)
    finder.find(tags, [])
    assert len(encoder.encoded) == before + 1  # one, to see that it is the same model still
    assert Near(nothing).find(tags, []) == []


def test_what_means_the_same_to_the_real_model(exported_encoder: ChosenEncoder) -> None:
    """Words for one thing; what is merely kindred is not that."""
    alike = [("car", "automobile"), ("film", "movies"), ("kids", "children"), ("photo", "pictures")]
    others = ["python", "ruby", "postgres", "mysql", "dog", "cat", "france", "germany", "week"]
    tags = [TagInfo(name, 1) for name in (*(name for pair in alike for name in pair), *others)]
    found = Near(exported_encoder.open().encode).find(tags, [])
    assert {frozenset((one.a, one.b)) for one in found} == set(map(frozenset, alike))


def test_another_model_understands_anew() -> None:
    """Vectors of two models do not compare; nor do those of other lengths."""
    encoders = [FakeEncoder("a"), FakeEncoder("b"), FakeEncoder("b", dimensions=16)]
    serving = iter(encoders)
    current = [next(serving)]
    finder = Near(lambda texts: current[0].encode(texts))
    tags = [TagInfo("one two three four five", 1), TagInfo("one two three four five six", 1)]
    for encoder in encoders:
        current[0] = encoder
        finder.find(tags, [])
        assert set(encoder.encoded) == {tag.name for tag in tags}


def test_what_stands_on_the_same_notes() -> None:
    """Of three notes and more; not what is nested."""
    alike = [("tax", 1), ("tax", 2), ("tax", 3), ("tax", 4)]
    alike += [("money", 1), ("money", 2), ("money", 3), ("money/tax", 1), ("rare", 1)]
    alike += [("money/tax", 2), ("money/tax", 3)]
    counts = {"tax": 4, "money": 3, "money/tax": 3, "rare": 1}
    found = near.on_the_same_notes(counts, alike)
    assert found == {("money", "tax"): 0.75, ("money/tax", "tax"): 0.75}


def test_the_manager_asks_the_vault() -> None:
    """Notes in the trash, and notes with very many tags, say nothing of two tags."""
    vaults = Vaults(Vault.in_memory())
    many = ["sun", "moon", *(f"t{number}" for number in range(40))]

    def fill(connection: Connection) -> None:
        for _ in range(3):
            note_rows.create(connection, "x", "", ["cat", "dog"], 1)
            note_rows.create(connection, "x", "", many, 1)
            gone = note_rows.create(connection, "x", "", ["up", "down"], 1)
            note_trash_rows.throw_away(connection, [gone.id], 1)

    vaults.kept.write(fill).result(10)
    manager = TagManager(vaults, FakeClock())
    (one,) = manager.near_duplicates().result(10)
    assert ({one.a, one.b}, one.why, one.likeness) == ({"cat", "dog"}, "notes", 1.0)
    assert "dog" not in repr(one)
    vaults.close()
