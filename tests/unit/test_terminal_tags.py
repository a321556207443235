"""``hush notes tags``: the tags there are, looked after."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from assistant.app import App, Session
from assistant.errors import InputRefused, NotFound, TagExists, TagInTexts
from assistant.terminal.arguments import Arguments, parse
from assistant.terminal.console import Console
from assistant.terminal.tag_managing import tags
from assistant.terminal.waiting import Events
from tests.unit.terminal_notes import Desk


def manage(arguments: Arguments, _: App, session: Session, __: Events, console: Console) -> int:
    """As the other commands are called."""
    return tags(arguments, session, console)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Two notes with a tag, one of them in the text."""
    desk = Desk()
    desk.note("A rebase.", "git", "tools/cli")
    desk.note("A merge. #git")
    yield desk
    desk.close()


def test_list(desk: Desk) -> None:
    """Without a further word, too."""
    desk.manager.describe("git", "Version control.").result(10)
    desk.manager.colour("git", "teal").result(10)
    assert desk.run(manage, "tags") == 0
    assert desk.out.splitlines() == [
        "     2  #git  (teal)  Version control.",
        "     1  #tools/cli",
    ]
    assert desk.run(manage, "tags", "list", "--json") == 0
    assert desk.lines()[0] == {
        "name": "git",
        "notes": 2,
        "description": "Version control.",
        "colour": "teal",
        "kept": True,
    }
    assert desk.run(manage, "tags", "--json") == 0
    assert len(desk.lines()) == 2


def test_create_describe_colour(desk: Desk) -> None:
    """A tag that no note has; each can be taken back."""
    assert desk.run(manage, "tags", "create", "work", "Things", "for", "work") == 0
    assert desk.run(manage, "tags", "describe", "#git", "Version control") == 0
    assert desk.run(manage, "tags", "colour", "git", "red", "--json") == 0
    assert desk.lines() == [{"name": "git"}]
    found = {tag.name: tag for tag in desk.manager.all().result(10)}
    assert (found["work"].description, found["work"].notes) == ("Things for work", 0)
    assert (found["git"].description, found["git"].colour) == ("Version control", "red")
    desk.run(manage, "tags", "colour", "git", "none")
    desk.run(manage, "tags", "describe", "git")
    found = {tag.name: tag for tag in desk.manager.all().result(10)}
    assert (found["git"].description, found["git"].colour) == ("", "")


def test_rename(desk: Desk) -> None:
    """On the notes and in their texts."""
    assert desk.run(manage, "tags", "rename", "git", "vcs") == 0
    assert desk.out == "2 notes changed, 1 of them in the text.\n"
    assert desk.get(2).text == "A merge. #vcs"
    assert desk.run(manage, "tags", "rename", "vcs", "git", "--json") == 0
    (told,) = desk.lines()
    assert told == {"notes": 2, "in_texts": 1, "changed": [2], "skipped": []}


def test_rename_to_one_that_there_is(desk: Desk) -> None:
    """The advice is a command."""
    with pytest.raises(TagExists) as problem:
        desk.run(manage, "tags", "rename", "git", "tools/cli")
    assert "hush notes tags merge" in problem.value.advice


def test_merge_and_nest(desk: Desk) -> None:
    """Several into one; one under another, and out again."""
    desk.note("Three.", "Git-VCS")
    assert desk.run(manage, "tags", "merge", "Git-VCS", "git", "vcs") == 0
    assert {tag.name for tag in desk.manager.all().result(10)} == {"vcs", "tools/cli"}
    assert desk.run(manage, "tags", "nest", "vcs", "tools") == 0
    assert desk.get(1).tags == ("tools/cli", "tools/vcs")
    assert desk.run(manage, "tags", "nest", "tools/vcs") == 0
    assert desk.get(1).tags == ("tools/cli", "vcs")


def test_delete(desk: Desk) -> None:
    """Where it is in texts, only if that is meant."""
    with pytest.raises(TagInTexts) as problem:
        desk.run(manage, "tags", "delete", "git")
    assert "--keep-in-texts" in problem.value.advice
    assert desk.run(manage, "tags", "delete", "git", "--keep-in-texts") == 0
    assert "note 2 has the tag in its text still." in desk.err
    assert desk.get(1).tags == ("tools/cli",)
    assert desk.run(manage, "tags", "delete", "tools/cli") == 0
    assert desk.out == "1 note changed.\n"


def test_alike(desk: Desk) -> None:
    """With why."""
    desk.note("Three.", "gits")
    assert desk.run(manage, "tags", "alike") == 0
    assert desk.out == "#git  #gits  spelt alike\n"
    desk.run(manage, "tags", "alike", "--json")
    (pair,) = desk.lines()
    assert (pair["a"], pair["b"], pair["why"]) == ("git", "gits", "spelling")


@pytest.mark.parametrize(
    "words",
    [
        ("describe", "none", "x"),
        ("rename", "none", "x"),
        ("delete", "none"),
        ("colour", "none", "red"),
    ],
)
def test_a_tag_that_is_not_there(desk: Desk, words: tuple[str, ...]) -> None:
    """Exit code 4, by the error."""
    with pytest.raises(NotFound):
        desk.run(manage, "tags", *words)


@pytest.mark.parametrize(
    "words", [("rename", "git"), ("merge", "git"), ("colour", "git", "mauve"), ("burn",)]
)
def test_usage(words: tuple[str, ...]) -> None:
    """Argparse's own words, exit code 2."""
    with pytest.raises(SystemExit) as ended:
        parse(["notes", "tags", *words])
    assert ended.value.code == 2


def test_names_that_cannot_be(desk: Desk) -> None:
    """They are refused; nothing changes."""
    with pytest.raises(InputRefused):
        desk.run(manage, "tags", "rename", "git", "#")
    with pytest.raises(InputRefused):
        desk.run(manage, "tags", "create", "x" * 300)
    with pytest.raises(InputRefused):
        desk.run(manage, "tags", "describe", "git", "x" * 501)
    assert {tag.name for tag in desk.manager.all().result(10)} == {"git", "tools/cli"}


def test_a_screen_is_safe_from_names(desk: Desk) -> None:
    """Names and descriptions may be of somebody else's making."""
    desk.note("x", "we\u202eird")
    desk.manager.describe("we\u202eird", "A \x1b]0;title\x07.").result(10)
    desk.run(manage, "tags", screen=True)
    assert "title" in desk.out
    assert not {"\x1b", "\x07", "\u202e"} & set(desk.out)


def test_no_vault() -> None:
    """A session that keeps nothing has no tags."""
    from types import SimpleNamespace
    from typing import Any

    session: Any = SimpleNamespace(tags=None)
    console = Console(io.StringIO(), io.StringIO(), io.StringIO())
    with pytest.raises(InputRefused):
        tags(parse(["notes", "tags"]), session, console)
