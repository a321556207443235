"""YAML at the head of a note: what it says, what it may not ask for, and how it is changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.importing.front_matter import (
    MAX_CHARACTERS,
    Facts,
    FrontMatterRefused,
    make,
    read,
    rewrite,
    split,
)

OBSIDIAN = """---
title: "On Harbours"
tags: [sea, travel/north]
aliases:
  - Ports
  - Quays
created: 2024-03-01T10:20:30+00:00
# a remark of the person's own
rating: 5
---
"""


def test_a_file_is_parted_and_whole_again() -> None:
    """To the letter, whatever stands where."""
    matter, text = split(f"{OBSIDIAN}# Harbours\n---\nmore")
    assert matter == OBSIDIAN
    assert text == "# Harbours\n---\nmore"


@pytest.mark.parametrize(
    "text",
    ["", "---", "---\n", "---\nnever closed\n", "--- \ntitle: a\n----\n", " ---\na: b\n---\n"],
)
def test_what_is_no_front_matter_is_text(text: str) -> None:
    """A rule at the head of a text is a rule."""
    assert split(text) == ("", text)


def test_a_long_one_is_text() -> None:
    """YAML takes time, and nobody writes 64 KiB of it by hand."""
    text = f"---\nnote: {'x' * MAX_CHARACTERS}\n---\n"
    assert split(text) == ("", text)


def test_what_it_says() -> None:
    """Every scalar is a string; times are of the world's clock."""
    assert read(OBSIDIAN) == Facts(
        title="On Harbours",
        tags=("sea", "travel/north"),
        aliases=("Ports", "Quays"),
        created_at=1_709_288_430_000,
    )


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("tags: a, b c", ("a", "b", "c")),
        ("tags:\n- '#a'\n- b", ("a", "b")),
        ("Tags: [2024, yes, null]", ("2024", "yes", "null")),
        ("tag: one", ("one",)),
        ("tags:", ()),
        ("tags: {a: b}", ()),
        ("tags: [[a], b]", ("b",)),
        ("tags: [a, a]", ("a",)),
    ],
)
def test_tags_in_every_shape(line: str, tags: tuple[str, ...]) -> None:
    """As Obsidian reads them; what is none is passed over."""
    facts = read(f"---\n{line}\n---\n")
    assert facts is not None
    assert facts.tags == tags


@pytest.mark.parametrize("created", ["2024-99-99", "0001-01-01", "9999-12-31", "soon", "1e999"])
def test_a_time_that_cannot_be_is_none(created: str) -> None:
    """The file's own time stands in for it."""
    facts = read(f"---\ncreated: {created}\n---\n")
    assert facts == Facts()


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{later}: &{later} [*{now}, *{now}]\n"
    for now, later in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("yaml", "word"),
    [
        ("tags: [never closed", "not YAML"),
        ("a: b: c", "not YAML"),
        ("\tx: 1", "not YAML"),
        ("title: \x07", "not YAML"),
        ("[" * 60_000, "not YAML"),
        ("- " * 30_000, "not YAML"),
        ("? [a]\n: b", "not YAML"),
        (LAUGHS, "references"),
        ("a: &a\n  b: *a", "references"),
        ("x: !!python/object/apply:os.system ['touch harm']", "objects"),
        ("x: !!python/name:os.system", "objects"),
        ("!!python/object:object {}", "objects"),
        ("x: !custom 1", "objects"),
        ("x: !!set {a, b}", "objects"),
    ],
)
def test_what_is_not_done_is_refused_in_words(yaml: str, word: str) -> None:
    """No reference is followed, no object made, and no number of a million digits."""
    with pytest.raises(FrontMatterRefused, match=word):
        read(f"---\n{yaml}\n---\n")


def test_numbers_stay_words() -> None:
    """Nothing is computed from a file."""
    facts = read(f"---\ntitle: {'9' * 5000}\nx: 1:1:1:1\ny: 0o777\n---\n")
    assert facts is not None
    assert facts.title == "9" * 5000


@pytest.mark.parametrize("text", ["just words", "- a\n- b", "# only a remark\nwords"])
def test_text_between_two_rules_is_no_front_matter(text: str) -> None:
    """It is not hidden from whoever wrote it."""
    assert read(f"---\n{text}\n---\n") is None


def test_an_empty_one_says_nothing() -> None:
    """Two rules with nothing between."""
    assert read("---\n---\n") == Facts()


def test_only_the_lines_that_changed_are_written_anew() -> None:
    """The person's own remarks, order and spelling stay."""
    written = rewrite(OBSIDIAN, None, ("sea", "a b", "true"))
    assert written is not None
    assert 'tags: [sea, "a b", "true"]' in written
    kept = [line for line in OBSIDIAN.splitlines() if not line.startswith("tags")]
    assert [line for line in written.splitlines() if not line.startswith("tags")] == kept


def test_a_title_is_changed_and_tags_in_a_list_are_dropped() -> None:
    """With all the lines that hang on them."""
    matter = "---\ntags:\n- a\n-  b\nTitle: old\nx: 1\n---"
    written = rewrite(matter, 'A "new" one: \\ yes', ())
    assert written is not None
    facts = read(written)
    assert facts == Facts(title='A "new" one: \\ yes')
    assert "x: 1" in written


@pytest.mark.parametrize(
    "matter",
    [
        "---\n{tags: [a], x: 1}\n---\n",
        "---\nx: |\n tags: y\n'tags' : [a]\n? tags\n: b\n---\n",
        "---\nnot yaml: [\n---\n",
    ],
)
def test_what_cannot_be_changed_for_certain_is_left_alone(matter: str) -> None:
    """Rather than a file that says something else."""
    assert rewrite(matter, "title", ("b",)) is None


@given(
    title=st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    tags=st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1)),
)
def test_any_title_and_tags_come_back(title: str, tags: list[str]) -> None:
    """Whatever the characters: what Hush writes it reads."""
    clean = tuple(dict.fromkeys(" ".join(tag.lstrip("#").split()) for tag in tags))
    wanted = tuple(tag for tag in clean if tag and not tag.startswith("#"))
    facts = read(make(" ".join(title.split()), wanted, 1_700_000_000_123))
    assert facts == Facts(title=" ".join(title.split()), tags=wanted, created_at=1_700_000_000_123)
