"""What stands where in a line of Markdown, what Enter does in a list, what changed. All pure."""

from __future__ import annotations

import pytest

from assistant.notes.markdown_facts import facts_of, tags_in
from ui.notes import continuing
from ui.notes.changes import MOST_COMPARED, MOST_SHOWN, Kind, changes
from ui.notes.markdown_line import MAX_STYLED, PROSE, Part, spans, state_after, target_at


def found(line: str, part: Part, state: int = PROSE) -> list[str]:
    """The pieces of a line that are this part; it is counted as Qt does."""
    units = line.encode("utf-16-le")
    pieces = [
        (2 * at, 2 * (at + length)) for at, length, kind in spans(line, state) if kind is part
    ]
    return [units[start:end].decode("utf-16-le") for start, end in pieces]


@pytest.mark.parametrize(
    ("line", "part", "pieces"),
    [
        ("# Title", Part.HEADING_1, ["# Title"]),
        ("## Below", Part.HEADING_2, ["## Below"]),
        ("##### Deep", Part.HEADING_3, ["##### Deep"]),
        ("#Tag", Part.HEADING_1, []),
        ("#Tag and #a/b", Part.TAG, ["#Tag", "#a/b"]),
        ("nothing: a#b, #12, (#c)", Part.TAG, []),
        ("#🎉 and #café/🏖️, #日本.", Part.TAG, ["#🎉", "#café/🏖️", "#日本"]),
        ("#a/ #/ #-1 #x!y", Part.TAG, ["#a", "#x"]),
        ("a **strong** word", Part.STRONG, ["**strong**"]),
        ("a __strong__ word", Part.STRONG, ["__strong__"]),
        ("an *italic* _word_", Part.EMPHASIS, ["*italic*", "_word_"]),
        ("***both***", Part.STRONG, ["***both***"]),
        ("snake_case_name", Part.EMPHASIS, []),
        ("2 * 3 * 4", Part.EMPHASIS, []),
        ("~~gone~~", Part.STRIKE, ["~~gone~~"]),
        ("a `code *span*` here", Part.CODE, ["`code *span*`"]),
        ("a ``x ` y`` z", Part.CODE, ["``x ` y``"]),
        ("`open", Part.CODE, []),
        ("see [[Night train|the train]]", Part.LINK, ["the train"]),
        ("see [[Night train]]", Part.LINK, ["Night train"]),
        ("a [word](https://a.example)", Part.LINK, ["word"]),
        ("at https://a.example/x_y_z now", Part.ADDRESS, ["https://a.example/x_y_z"]),
        ("see https://a.example/x.", Part.ADDRESS, ["https://a.example/x"]),
        ("> said", Part.QUOTE, ["> said"]),
        ("- item", Part.BULLET, ["-"]),
        ("12. item", Part.BULLET, ["12."]),
        ("- [ ] open", Part.BULLET, ["-", "[ ]"]),
        ("- [x] done", Part.DONE, ["done"]),
        ("- - -", Part.MARK, ["- - -"]),
    ],
)
def test_parts_of_a_line(line: str, part: Part, pieces: list[str]) -> None:
    """Each is found where a person would see it."""
    assert found(line, part) == pieces


def test_nothing_is_marked_up_inside_code() -> None:
    """Neither in a code span nor in a block."""
    assert found("`#no [[no]] **no**`", Part.TAG) == []
    assert found("`[[no]]`", Part.LINK) == []
    fence = state_after("```python", PROSE)
    assert found("# no heading", Part.FENCED, fence) == ["# no heading"]
    assert found("# no heading", Part.HEADING_1, fence) == []


def test_fences_open_and_close() -> None:
    """A fence ends with as many of the same marks, and nothing behind them."""
    inside = state_after("~~~~ text", PROSE)
    assert inside != PROSE
    for line in ("```", "~~~", "~~~~ x", "text"):
        assert state_after(line, inside) == inside
    assert state_after("  ~~~~~", inside) == PROSE
    assert state_after("``` `x`", PROSE) == PROSE


def test_places_are_counted_as_qt_counts() -> None:
    """An emoji is two units; what follows it is still marked where it stands."""
    assert (3, 4, Part.STRONG) not in spans("😀 **b**", PROSE)
    assert (3, 5, Part.STRONG) in spans("😀 **b**", PROSE)


@pytest.mark.parametrize(
    "piece", ["`", "``` `", "*", "**a ", "_", "[", "[[", "[](", "#", "> ", "~~", "- ", "a#/"]
)
def test_a_hostile_line_is_looked_at_only_so_far(piece: str) -> None:
    """Whatever it is made of; each span lies within what was looked at, or is the whole line."""
    line = piece * MAX_STYLED
    ends = {at + length for at, length, _ in spans(line, PROSE)} - {len(line)}
    assert max(ends, default=0) <= MAX_STYLED


@pytest.mark.parametrize(
    ("line", "column", "target"),
    [
        ("see [[Night train|it]] now", 8, ("note", "Night train")),
        ("a [word](https://a.example)", 3, ("address", "https://a.example")),
        ("at https://a.example now", 6, ("address", "https://a.example")),
        ("#a/b", 2, ("tag", "a/b")),
        ("see #🎉", 5, ("tag", "🎉")),
        ("nothing", 3, None),
    ],
)
def test_what_a_click_points_at(line: str, column: int, target: tuple[str, str] | None) -> None:
    """A link by its name, an address whole, a tag without its mark."""
    assert target_at(line, column) == target


@pytest.mark.parametrize(
    ("line", "following"),
    [
        ("- one", "- "),
        ("  * one", "  * "),
        ("9. nine", "10. "),
        ("1) one", "2) "),
        ("- [x] done", "- [ ] "),
        ("> quoted", "> "),
        ("plain", None),
    ],
)
def test_a_list_goes_on(line: str, following: str | None) -> None:
    """Enter begins the next item."""
    assert continuing.next_beginning(line, len(line)) == following


def test_a_list_does_not_go_on_before_its_bullet() -> None:
    """Enter at the beginning of the line only makes room."""
    assert continuing.next_beginning("- one", 0) is None


@pytest.mark.parametrize("line", ["- ", "3. ", "- [ ] ", "> "])
def test_an_empty_item_ends_the_list(line: str) -> None:
    """There is nothing behind the bullet."""
    assert continuing.is_empty_item(line)


def test_task_boxes() -> None:
    """The place between the brackets."""
    assert continuing.task_box("  - [ ] milk") == 5
    assert continuing.task_box("- milk") is None


def shown(earlier: str, now: str) -> list[str]:
    """What changed, with marks as a person sees them."""
    marks = {Kind.SAME: " ", Kind.GONE: "-", Kind.NEW: "+", Kind.SKIPPED: "…"}
    return [f"{marks[line.kind]}{line.text}" for line in changes(earlier, now)]


def test_changes_are_shown_with_what_is_around() -> None:
    """Lines far from a change are counted, not shown."""
    before = "\n".join(f"line {n}" for n in range(20))
    after = before.replace("line 10", "line ten")
    assert shown(before, after) == [
        "…7 lines are the same",
        *(" line 7", " line 8", " line 9"),
        *("-line 10", "+line ten"),
        *(" line 11", " line 12", " line 13"),
        "…6 lines are the same",
    ]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("a", "a", [" a"]),
        ("", "a", ["-", "+a"]),
        ("a\nb", "a", [" a", "-b"]),
        ("b", "a\nb", ["+a", " b"]),
        ("a\na", "a", [" a", "-a"]),
        ("a", "a\na\na", [" a", "+a", "+a"]),
    ],
)
def test_small_changes(before: str, after: str, lines: list[str]) -> None:
    """Ends that are alike are not counted twice."""
    assert shown(before, after) == lines


def test_nothing_of_either_text_is_lost() -> None:
    """What is same or gone is the earlier text, what is same or new the later one."""
    before = "\n".join("abcabbaacbacbbca")
    after = "\n".join("abccbbaxacbcbaca")
    lines = changes(before, after)
    if not any(line.kind is Kind.SKIPPED for line in lines):
        old = [line.text for line in lines if line.kind is not Kind.NEW]
        new = [line.text for line in lines if line.kind is not Kind.GONE]
        assert ("\n".join(old), "\n".join(new)) == (before, after)


def test_texts_with_nothing_in_common_are_limited() -> None:
    """Neither comparing nor showing them takes long."""
    before = "\n".join(f"old {n}" for n in range(MOST_COMPARED + 10))
    after = "\n".join(f"new {n}" for n in range(MOST_COMPARED + 10))
    lines = changes(before, after)
    assert len(lines) == MOST_SHOWN + 1
    assert lines[-1].kind is Kind.SKIPPED


@pytest.mark.parametrize(
    "line",
    ["#🎉", "#a/b/ #a//b", "x #日本, #é-1 (#no) #_", "`#code` #yes", "#👨‍👩‍👧 #" + "x" * 101],
)
def test_the_editor_and_the_list_of_tags_agree(line: str) -> None:
    """What is coloured as a tag is one, and what is one is coloured."""
    coloured = tuple(tags_in(" ".join(found(line, Part.TAG))))
    assert tuple(dict.fromkeys(name for _, _, name in coloured)) == facts_of(line).tags
