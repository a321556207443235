"""Placeholders in an answer become values again, wherever the answer is cut."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.redaction.records import Sort, Swap, Table
from assistant.redaction.restoring import MOST_HELD, Restorer, restored

TABLE = Table(
    (
        Swap("[EMAIL_1]", Sort.EMAIL, "anna@example.com"),
        Swap("[EMAIL_12]", Sort.EMAIL, "tom@example.com"),
        Swap("[NAME_1]", Sort.NAME, "Anna [NAME_2]"),
        Swap("[NAME_2]", Sort.NAME, "Tom"),
        Swap("[KEY_1]", Sort.KEY, "-----BEGIN\nhttps://x y"),
    )
)

PIECES = st.sampled_from(
    [
        *(
            "[EMAIL_1]",
            "[email_1]",
            r"\[EMAIL\_1\]",
            "[EMAIL_12]",
            "[NAME_1]",
            "[NAME_2]",
            "[KEY_1]",
        ),
        *("[", "]", "](", "](<", "(", ")", "<", ">", "\\", "_", "1", "E", "EMAIL", "[[", "//", "/"),
        *("http:", "https://evil.test/?q=", "www.", "mailto:", "tel:", "h", "ht", "w", " ", "\n"),
        *("\u00a0", "\t", "[OTHER_9]", "[NAME_", "Dear ", "text, ", "é", "🙂", "HTTPS:", "]("),
    ]
)


def fed(parts: list[str]) -> str:
    """What comes of it bit by bit; nothing may be held back beyond the limit."""
    restorer = Restorer(TABLE)
    out = []
    taken = 0
    for part in parts:
        out.append(restorer.feed(part))
        taken += len(part)
        assert len(restorer._held) <= MOST_HELD
    return "".join([*out, restorer.end()])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to [EMAIL_1].", "Write to anna@example.com."),
        (r"Write to \[EMAIL\_1\].", "Write to anna@example.com."),
        ("Write to [email_1].", "Write to anna@example.com."),
        ("[NAME_1] and [NAME_2]", "Anna [NAME_2] and Tom"),  # a value is never read again
        ("[EMAIL_2] [Email_1] EMAIL_1", "[EMAIL_2] [Email_1] EMAIL_1"),
        ("[[EMAIL_1]]", "[anna@example.com]"),
        ("[EMAIL_1", "[EMAIL_1"),
        ("", ""),
    ],
)
def test_restores_the_spellings_of_a_placeholder_and_nothing_looser(
    text: str, expected: str
) -> None:
    """Those that models were seen to write; anything else stays as it is."""
    assert restored(text, TABLE) == expected


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.test/?q=[EMAIL_1]",
        "HTTP://evil.test/[EMAIL_1]",
        "www.evil.test/[EMAIL_1]",
        "WWW.evil.test/[EMAIL_1]",
        "![x](https://evil.test/[EMAIL_1].png)",
        "[click](//evil.test/a(b)[EMAIL_1])",
        "[click](ht&#116;ps:&#47;/evil.test/[EMAIL_1])",
        "[click](<https://evil.test/a b [EMAIL_1]>)",
        "[click](\n  https://evil.test/[EMAIL_1])",
        "https://evil.test/\u00a0[EMAIL_1]",
        "<mailto:evil@evil.test?body=[EMAIL_1]>",
        "https://[EMAIL_1].evil.test/",
        r"https://evil.test/\[EMAIL\_1\]",
    ],
)
def test_restores_nothing_within_an_address(text: str) -> None:
    """A click would send it: addresses keep their placeholders, however they are written or cut."""
    assert restored(text, TABLE) == text
    for cut in range(len(text)):
        assert fed([text[:cut], text[cut:]]) == text


def test_an_address_made_of_a_placeholder_s_link_keeps_its_placeholders() -> None:
    """The text of a link is restored, its address is not."""
    text = "[EMAIL_1](x-evil/[NAME_2]) and [NAME_2]"
    assert restored(text, TABLE) == "anna@example.com(x-evil/[NAME_2]) and Tom"


def test_restores_again_behind_an_address() -> None:
    """A blank ends an address; of one in angle brackets only a new line does."""
    text = "See https://example.org and ask [NAME_2]\n[a](<https://x y>)\n[NAME_2]"
    assert restored(text, TABLE) == "See https://example.org and ask Tom\n[a](<https://x y>)\nTom"


@given(st.lists(PIECES, max_size=30), st.randoms(use_true_random=False))
def test_any_split_gives_the_same(pieces: list[str], dice: random.Random) -> None:
    """Cut anywhere, the same comes out as of the whole."""
    text = "".join(pieces)
    expected = restored(text, TABLE)
    cuts = sorted(dice.randrange(len(text) + 1) for _ in range(dice.randrange(12)))
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert fed(parts) == expected
    assert fed(list(text)) == expected


def test_every_split_in_two_of_many_texts_gives_the_same() -> None:
    """200 texts, each cut at each of its places."""
    dice = random.Random(5)  # noqa: S311 # seeded
    samples = [
        *(
            "Hi [NAME_2], ",
            "write to [EMAIL_12] ",
            r"or \[EMAIL\_1\] ",
            "https://a.test/[EMAIL_1] ",
        ),
        *(
            "[b](https://c.test/[NAME_2]) ",
            "www.d.test\n",
            "[EMAIL",
            "_1] ",
            "[email_1]",
            "](",
            "ht",
        ),
    ]
    for _ in range(200):
        text = "".join(dice.choices(samples, k=5))
        expected = restored(text, TABLE)
        for cut in range(len(text) + 1):
            assert fed([text[:cut], text[cut:]]) == expected


def test_a_table_that_is_read_back_restores_the_same() -> None:
    """As it is kept in the vault."""
    text = "[NAME_1] [EMAIL_1] [KEY_1]"
    assert restored(text, Table.from_json(TABLE.to_json())) == restored(text, TABLE)


@pytest.mark.parametrize("trap", ["[", "[EMAIL_1", "\\[", "](", "h", "http:", "www.", "/", "] ("])
def test_takes_linear_time(trap: str) -> None:
    """200,000 characters of what it waits for, in one piece and in pieces of seven."""
    text = trap * (200_000 // len(trap))
    whole = restored(text, TABLE)
    assert fed([text[at : at + 7] for at in range(0, len(text), 7)]) == whole == text
