"""What the vault's place says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

import pytest

from assistant.store.keyslot_format import SlotType
from ui.vault.words import (
    after_a_loss,
    begin,
    breakable,
    contents,
    date,
    is_only_way,
    moment,
    size,
    still_opens,
)

NOW = datetime(2027, 3, 1, 0, 30, tzinfo=UTC)
ANY_TWO = list(combinations(SlotType, 2))


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 kB"),
        (1, "1 kB"),
        (999, "1 kB"),
        (340_000, "340 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (1_240_000, "1.2 MB"),
        (9_960_000, "10 MB"),
        (12_400_000, "12 MB"),
        (1_000_000_000, "1.0 GB"),
        (3 * 10**15, "3000 TB"),
    ],
)
def test_sizes(count: int, words: str) -> None:
    """Three digits at most, as file managers count."""
    assert size(count) == words


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (NOW, "today, 00:30"),
        (NOW - timedelta(hours=1), "yesterday, 23:30"),
        (NOW - timedelta(days=2), "27 February 2027, 00:30"),
        (NOW + timedelta(days=1), "2 March 2027, 00:30"),
    ],
)
def test_moments(then: datetime, words: str) -> None:
    """Days have names where they are near; a clock that was wrong shows its date."""
    assert moment(then, NOW) == words


def test_words() -> None:
    """One is one."""
    assert contents(1, 1) == "1 chat, 1 message"
    assert contents(0, 12_000) == "0 chats, 12,000 messages"
    assert date(NOW) == "1 March 2027"
    assert begin("today, 00:30") == "Today, 00:30"
    assert begin("") == ""


@pytest.mark.parametrize("kind", SlotType)
def test_the_only_way(kind: SlotType) -> None:
    """It is called that, with what its loss means."""
    assert is_only_way([kind])
    assert "the only way in" in after_a_loss([kind])
    assert "nobody can open your chats again" in after_a_loss([kind])


@pytest.mark.parametrize("kinds", ANY_TWO)
def test_two_ways(kinds: tuple[SlotType, SlotType]) -> None:
    """The order in which they come does not matter; what is left is named."""
    assert not is_only_way(kinds)
    assert after_a_loss(kinds) == after_a_loss(kinds[::-1])
    assert after_a_loss(kinds).endswith("still does.")
    for gone in kinds:
        assert still_opens(kinds, gone).startswith("Without it, only")


def test_three_ways() -> None:
    """And none at all."""
    assert "two are lost" in after_a_loss(list(SlotType))
    assert "the other two" in still_opens(list(SlotType), SlotType.KEYRING)
    assert after_a_loss([]) == ""


@pytest.mark.parametrize("name", ["short", "n" * 200, "with space", "ünïcödé" * 9])
def test_a_path_can_be_broken(name: str) -> None:
    """It stays what it is, and no stretch of it is too long for a line."""
    path = Path("/home") / name / "backups"
    shown = breakable(path)
    assert shown.replace("\u200b", "") == str(path)
    assert max(len(part) for part in shown.split("\u200b")) <= 25
