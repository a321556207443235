"""What a text says of its note: title, tags, links, files; and what notes and tags are called."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import InputRefused
from assistant.notes.limits import (
    EXCERPT_CHARACTERS,
    MAX_LINKS,
    MAX_NOTE_CHARACTERS,
    MAX_TAG_CHARACTERS,
    MAX_TAGS,
    MAX_TITLE_CHARACTERS,
    note_text,
    note_title,
)
from assistant.notes.markdown_facts import excerpt_of, facts_of, plain, prose, title_of
from assistant.notes.names import (
    file_names,
    folded,
    link_target,
    note_name,
    tag_name,
    tags_given,
    tags_read,
)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", ""),
        ("  \n\t\n", ""),
        ("# Balcony\n\nText", "Balcony"),
        ("\n\n## Of *two* `parts` ##\n", "Of two parts"),
        ("plain words\nmore", "plain words"),
        ("- [ ] buy tea", "buy tea"),
        ("> quoted", "quoted"),
        ("#garden #list\n# Seeds", "Seeds"),  # tags alone are no title where there is another line
        ("#garden", "#garden"),
        ("---\n\nAfter a rule", "After a rule"),
        ("```python\nprint()\n```", "print()"),
        ("see [[Seeds|what I have]] and [this](x.md)", "see what I have and this"),
        ("![[packet.png]] of seeds", "packet.png of seeds"),
        ("2 * 3 = 6", "2 * 3 = 6"),
        ("a_snake_case", "a_snake_case"),
        ("!!!", "!!!"),
        ("\u202egnol\u202c", "gnol"),  # nothing that makes a text read as another
        ("tab\tand \x1b[31mred", "tab and [31mred"),
    ],
)
def test_title(text: str, title: str) -> None:
    """The first line with words, without its marks."""
    assert title_of(text) == title


def test_a_title_is_cut_between_words() -> None:
    """One line of 10 MB has a title, too."""
    title = title_of("word " * 2_000_000)
    assert len(title) <= MAX_TITLE_CHARACTERS
    assert title.endswith("word…")
    assert len(note_title("x" * 1_000)) == MAX_TITLE_CHARACTERS


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#garden and #to-do, #a_b.", ("garden", "to-do", "a_b")),
        ("#a/b/c #a//b #a/", ("a/b/c", "a/b", "a")),
        ("#Garden #garden #GARDEN", ("Garden",)),  # as first written
        ("# Heading\n##not #yes", ("yes",)),
        ("x#no http://x/#no [a](#no) (#no", ()),
        ("#123 #1-2 #1a", ("1a",)),
        ("`#no` ``#no ` #no`` #yes", ("yes",)),
        ("```\n#no\n```\n#yes\n~~~ md\n#no\n~~~~\n#too", ("yes", "too")),
        ("```\n#no to the end", ()),
        ("> #quoted\n- #listed\n\t#indented", ("quoted", "listed", "indented")),
        ("#\u0645\u06cc\u200c\u062e #हिन्दी #東京。", ("\u0645\u06cc\u200c\u062e", "हिन्दी", "東京")),
        ("#\U0001f469\U0001f3fd\u200d\U0001f680!", ("\U0001f469\U0001f3fd\u200d\U0001f680",)),
        ("#cafe\u0301 #caf\u00e9", ("cafe\u0301",)),  # one tag in two forms
        ("#" + "x" * (MAX_TAG_CHARACTERS + 1), ()),
        ("#", ()),
    ],
)
def test_tags(text: str, tags: tuple[str, ...]) -> None:
    """Not in code, not in addresses, not headings, not numbers."""
    assert facts_of(text).tags == tags


@pytest.mark.parametrize(
    ("text", "links", "files"),
    [
        ("[[Seeds]] [[Seeds|mine]] [[seeds#Old]]", ("Seeds", "seeds#Old"), ()),
        ("| [[A\\|b]] |", ("A",), ()),
        ("![[packet.png]] ![[Seeds]] [[paper.pdf]]", ("Seeds", "paper.pdf"), ("packet.png",)),
        ('[a](Other%20one.md) [b](<c d.markdown> "t")', ("Other one.md", "c d.markdown"), ()),
        ("![x](img/a%C3%A4.png) [y](doc.pdf 'z')", (), ("img/aä.png", "doc.pdf")),
        ("[a](https://x/y.md) [b](mailto:x@y.de) [c](//x/y.png) [d](#e) [f](g)", (), ()),
        ("`[[no]]` ```[[yes]]", ("yes",), ()),
        ("```\n[[no]]\n```", (), ()),
        ("[[]] [[ ]] [[a\nb]] [[[c]]]", ("c",), ()),
        ("[[" + "x" * 501 + "]]", (), ()),
        ("[a](%FF.md) [b](%0A.md)", ("\ufffd.md", " .md"), ()),
    ],
)
def test_links(text: str, links: tuple[str, ...], files: tuple[str, ...]) -> None:
    """To notes, in both ways of writing them, and to files; never what leads out of the folder."""
    found = facts_of(text)
    assert (found.links, found.attachments) == (links, files)


def test_of_ten_thousand_tags_all_count_and_of_more_the_first() -> None:
    """Nothing is lost by it: the text has them all."""
    text = " ".join(f"#t{number}x" for number in range(MAX_TAGS + 5))
    assert len(facts_of(text).tags) == MAX_TAGS
    linked = facts_of("".join(f"[[n{number}]]" for number in range(MAX_LINKS + 5)))
    assert len(linked.links) == MAX_LINKS


@pytest.mark.parametrize(
    "piece",
    [
        *("`", "`` ", "~~~", "%%", "\n", "#", "# ", "#a"),
        *("[[", "[[a|", "![[a.b", "](", "](a ", '](a "', "](<"),
    ],
)
def test_hostile_texts_take_no_longer_than_others(piece: str) -> None:
    """Half a megabyte of the beginning of something: over in a moment, not in a minute."""
    facts = facts_of(piece * (500_000 // len(piece)))
    assert len(facts.title) <= MAX_TITLE_CHARACTERS


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='#[]()|!`~ \nab/.-<>"\\%0', max_size=60))
def test_any_text_has_facts(text: str) -> None:
    """Whatever it is; and each of them is in the text, or made of it."""
    facts = facts_of(text)
    assert len(excerpt_of(text, facts.title)) <= EXCERPT_CHARACTERS
    assert all(tag and not tag.startswith("/") for tag in facts.tags)
    assert "\n" not in "".join((facts.title, *facts.tags, *facts.links, *facts.attachments))


def test_prose_is_the_text_without_its_code() -> None:
    """Fences of either kind, in lists and quotes too; code in a line by runs of equal length."""
    assert prose("a `b` c ``d ` e`` f ` g") == "a   c   f ` g"
    assert prose("x\n- ```\n  in\n  ```\ny") == "x\ny"
    assert prose("> ~~~\n> in\n> ~~~\n> out") == "> out"
    assert prose("````\n```\nin\n````\nout") == "out"
    assert prose("``` a`b\nnot a fence") == "``` a`b\nnot a fence"


@pytest.mark.parametrize(
    ("text", "title", "excerpt"),
    [
        ("# Balcony\n\nLettuce, *then*\n- peas", "Balcony", "Lettuce, then peas"),
        ("Lettuce\nand peas", "Let", "Lettuce and peas"),
        ("Balcony", "Balcony", ""),
        ("", "", ""),
        ("a\u2028b\x0bc\nd", "", "a b c d"),
    ],
)
def test_excerpt(text: str, title: str, excerpt: str) -> None:
    """What follows the title, on one line; all of the text where that does not begin with it."""
    assert excerpt_of(text, title) == excerpt


def test_an_excerpt_is_short() -> None:
    """However long the text, and the line."""
    assert len(excerpt_of("word " * 2_000_000, "")) <= EXCERPT_CHARACTERS
    assert len(excerpt_of("word\n" * 2_000_000, "word")) <= EXCERPT_CHARACTERS


def test_a_line_as_it_reads() -> None:
    """Marks go, words stay."""
    assert plain("> ## **B**, __c__ ~~d~~ ==e== [f](g) [[h|i]] ##") == "B, c d e f i"


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("Seeds", "seeds"),
        (" Two  words ", "two words"),
        ("Seeds#A heading", "seeds"),
        ("Seeds#^block", "seeds"),
        ("#A heading", ""),
        ("C#", "c#"),
        ("C# by example", "c# by example"),
        ("garden/Seeds.md", "garden/seeds"),
        ("../garden\\Seeds.markdown", "garden/seeds"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("cafe\u0301", "caf\u00e9"),
        ("..", ""),
        ("v1.2", "v1.2"),
    ],
)
def test_what_a_link_asks_for(written: str, target: str) -> None:
    """Without case, heading, ending; with the folders that are named."""
    assert link_target(written) == target


def test_a_title_is_looked_up_as_a_link_asks_for_it() -> None:
    """Also where it has a slash in it."""
    assert note_name("CI / CD") == link_target("CI/CD") == "ci/cd"


def test_the_names_of_a_file() -> None:
    """With any of its folders, with its ending where that is no note's, and without."""
    assert file_names("a/b/Seeds.md") == {"seeds", "b/seeds", "a/b/seeds"}
    assert file_names("a/Paper.PDF") == {"paper.pdf", "a/paper.pdf", "paper", "a/paper"}
    assert file_names("") == frozenset()
    assert file_names("v1.2.md") == {"v1.2"}
    assert len(file_names("/".join("x" * 50) + "/y.md")) == 8


def test_tags_that_are_given() -> None:
    """Cleaned, once each; too long or too many are refused, in words."""
    assert tags_given(["#Work", "work", " a / b ", "", "#", "\x00x", "to\ndo"]) == (
        "Work",
        "a/b",
        "\ufffdx",
        "to",
    )
    assert tag_name("#a//b/") == "a/b"
    with pytest.raises(InputRefused, match="100 characters"):
        tags_given(["x" * (MAX_TAG_CHARACTERS + 1)])
    with pytest.raises(InputRefused, match="10,000"):
        tags_given([f"t{number}" for number in range(MAX_TAGS + 1)])
    assert len(tags_given([f"t{number}" for number in range(MAX_TAGS)])) == MAX_TAGS


def test_tags_of_a_file() -> None:
    """Those that can be none are left out: a file is not refused for one."""
    names = ["x" * 101, "Work", "work", "", *(f"t{number}" for number in range(MAX_TAGS))]
    found = tags_read(names)
    assert found[0] == "Work"
    assert len(found) == MAX_TAGS


def test_text_is_cleaned_and_bounded() -> None:
    """NUL, lone surrogates and line ends; what is too long is refused with the limit."""
    assert note_text("a\r\nb\rc\x00d\ud800") == "a\nb\nc\ufffdd\ufffd"
    with pytest.raises(InputRefused, match="20,000,000"):
        note_text("x" * (MAX_NOTE_CHARACTERS + 1))
    assert folded(" A  ß\u0301 ") == folded("a SS\u0301")
