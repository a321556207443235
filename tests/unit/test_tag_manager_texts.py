"""Where tags stand in a text, and the text with other tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.notes.markdown_facts import facts_of, prose, tag_places, tags_in
from assistant.notes.names import folded
from assistant.tags.in_text import can_stand, renamed

# What decides where a tag begins and ends, and what is code: in all orders.
NAMES = ("#a", "#b/c", "#", "/", "x", "é", " ", "\t", "\n")
CODE = ("`", "``", "```", "~~~", "#a`", "\\", "- ", "> ")
LINKS = ("[[", "]]", "|", "[", "]", "](", "](<", ">", "(", ")", "]: ", "!")
PIECES = st.lists(st.sampled_from((*NAMES, *CODE, *LINKS)), max_size=60).map("".join)


@given(PIECES)
def test_the_same_tags_as_the_text_is_said_to_have(text: str) -> None:
    """Each place holds what it says; none of them is one that the note has not."""
    places = list(tag_places(text))
    for start, end, name in places:
        assert text[start] == "#"
        assert folded(text[start + 1 : end].strip("/").replace("//", "/")) == folded(name)
    named = [name for _, _, name in tags_in(prose(text))]
    ours = [name for _, _, name in places]
    remaining = iter(named)
    assert all(name in remaining for name in ours)  # the same, in order, but those in links
    if "[" not in text:
        assert ours == named


@given(PIECES)
def test_renaming_leaves_all_else(text: str) -> None:
    """Taken back it is the text; and it has the new tag where it had the old one."""
    after = renamed(text, {"a": "zz/new", "b/c": "other"})
    assert after.replace("#zz/new", "#a").replace("#other", "#b/c") == text
    if "[" not in text:
        had = set(facts_of(text).tags)
        names = {"a": "zz/new", "b/c": "other"}
        assert set(facts_of(after).tags) == {names.get(name, name) for name in had}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#Old", "#new"),
        ("#old/", "#new/"),
        ("#/old x", "#new x"),
        ("a#old", "a#old"),
        ("#older #old-er #old_er", "#older #old-er #old_er"),
        ("(#old", "(#old"),
        ("#old, #old. #old\u3002", "#new, #new. #new\u3002"),
        ("# #old", "# #new"),
        ("\\#old", "\\#old"),
        ("`#old` #old", "`#old` #new"),
        ("`#old #old", "`#old #new"),
        ("``#old` #old`` #old", "``#old` #old`` #new"),
        ("```\n#old\n````\n#old", "```\n#old\n````\n#new"),
        ("> ```\n> #old", "> ```\n> #old"),
        ("[[A #old|see #old ]]", "[[A #old|see #new ]]"),
        ("[see #old ](b #old )", "[see #new ](b #new )"),  # no link: a blank ends an address
        ("[see #old ](<b #old >)", "[see #new ](<b #old >)"),
        ('![x](a.png "of #old")', '![x](a.png "of #new")'),
        ("[1]: #old", "[1]: #old"),
        ("x [1]: #old", "x [1]: #new"),
        ("<https://a.b/#old>", "<https://a.b/#old>"),
        ("", ""),
    ],
)
def test_where_it_is_a_tag(text: str, expected: str) -> None:
    """And nowhere else."""
    assert renamed(text, {"old": "new"}) == expected


def test_two_change_places() -> None:
    """All at once."""
    assert renamed("#a #b #A", {"a": "b", "b": "a"}) == "#b #a #b"


@pytest.mark.parametrize(
    ("name", "can"),
    [
        ("garden", True),
        ("garden/peas-and_beans", True),
        ("\u4e1c\u4eac", True),
        ("two words", False),
        ("2024", False),
        ("c++", False),
        ("a.b", False),
        ("", False),
        ("x" * 101, False),
        ("a/", False),
    ],
)
def test_whether_a_text_can_hold_a_name(name: str, can: bool) -> None:
    """As one tag, and as this one."""
    assert can_stand(name) is can
