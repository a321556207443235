"""Two answers beside one another: whose they are, what differs, and room for both."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QSize
from pytestqt.qtbot import QtBot

from assistant.cloud.records import Divergence, Topic
from assistant.records import CloudMark, Message, MessageState, Role
from tests.gui.cloud_bench import CloudBench
from tests.gui.fakes import FIGURES, NOON
from ui.cloud.side_by_side import SideBySide
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT

HERE = "The Titanic sank in April 1921, on its second voyage. 😀 About 1,500 people died."
THERE = "The Titanic sank in April 1912, on its first voyage. 😀 About 1,500 people died."
FAR = Divergence(1, 2, 3, 0.46, Topic.FACTUAL, told=True)


class Compared(CloudBench):
    """The sheet over a window."""

    def __init__(
        self,
        qtbot: QtBot,
        here: str = HERE,
        there: str = THERE,
        theme: Theme = Theme(LIGHT),  # noqa: B008 # a frozen value
        size: QSize = QSize(1000, 760),  # noqa: B008 # never changed
    ) -> None:
        super().__init__(qtbot, theme, size)
        state = MessageState.COMPLETE
        local = Message(2, 1, 1, Role.ASSISTANT, state, here, NOON, figures=FIGURES)
        mark = CloudMark("Mistral", "api.mistral.ai", "mistral-small", NOON, is_kept=True)
        cloud = replace(local, id=3, text=there, figures=None, cloud=mark)
        self.shown = SideBySide(self.window, theme, "When did it sink?", local, cloud, FAR)
        self.at_first = [side.text.text for side in self.shown.sides]
        with qtbot.waitSignal(self.shown.marked):
            self.shown.open_centred()
        self.settle()

    @property
    def marks(self) -> list[list[str]]:
        """What is underlined, on both sides."""
        return [
            [one.cursor.selectedText() for one in side.text.extraSelections()]
            for side in self.shown.sides
        ]


def test_what_differs_is_underlined(qtbot: QtBot) -> None:
    """Word by word, on its own side, and by more than a colour; behind an emoji, too."""
    bench = Compared(qtbot)
    assert bench.marks == [["1921", "second"], ["1912", "first"]]
    selections = bench.shown.sides[0].text.extraSelections()
    assert all(one.format.fontUnderline() for one in selections)


def test_behind_an_emoji_the_right_word_is_marked(qtbot: QtBot) -> None:
    """Qt counts it as two."""
    bench = Compared(qtbot, "😀😀 It was red.", "😀😀 It was blue.")
    assert bench.marks == [["red"], ["blue"]]


def test_whose_they_are(qtbot: QtBot) -> None:
    """The laptop's model, and who was asked; neither is said to be right."""
    bench = Compared(qtbot)
    here, there = bench.shown.sides
    assert here.name.text() == "This laptop · SmolLM2 135M"
    assert there.name.text() == "Mistral · mistral-small"
    assert "They may not both be right." in bench.shown.words.text()
    assert "0.46" in bench.shown.words.text()
    assert bench.focus is bench.shown.close_button
    bench.press("Esc")
    assert not bench.window.findChildren(SideBySide) or bench.shown.isHidden()


def test_they_stand_below_one_another_where_it_is_narrow(qtbot: QtBot) -> None:
    """And beside where there is room; a change of the window's size leaves it open."""
    bench = Compared(qtbot)
    here, there = bench.shown.sides
    assert here.y() == there.y()
    bench.window.resize(QSize(640, 420))
    bench.settle()
    assert bench.shown.isVisible()
    assert here.y() == there.y()  # still room at 100 %
    large = Compared(qtbot, theme=Theme(DARK, 3.0), size=QSize(1180, 760))
    here, there = large.shown.sides
    assert there.y() > here.y()


@pytest.mark.parametrize("size", [QSize(640, 420), QSize(1180, 760)])
def test_it_holds_with_large_text(qtbot: QtBot, size: QSize) -> None:
    """At 300 %: nothing sticks out at the side."""
    bench = Compared(qtbot, theme=Theme(LIGHT, 3.0), size=size)
    assert bench.window.rect().contains(bench.shown.panel.geometry())
    assert not bench.shown._scroll.horizontalScrollBar().isVisible()
    corner = bench.shown.close_button.mapTo(bench.window, QPoint(0, 0))
    assert bench.window.rect().contains(corner)


def test_answers_come_once_it_is_open(qtbot: QtBot) -> None:
    """Opening it does not wait for them, whatever their length."""
    bench = Compared(qtbot)
    assert bench.at_first == ["", ""]
    assert [side.text.text for side in bench.shown.sides] == [HERE, THERE]


def test_an_answer_that_is_empty(qtbot: QtBot) -> None:
    """Nothing is put in for it, and the comparison ends all the same."""
    assert Compared(qtbot, "", "").marks == [[], []]


def test_answers_of_any_length(qtbot: QtBot) -> None:
    """Each scrolls in itself; what differs in them is marked as far as it is known."""
    here = "\n".join(f"{n}. A train of many words leaves at nine." for n in range(1_500))
    bench = Compared(qtbot, here, here.replace("1499. A train", "1499. No train"))
    assert all(side.text.is_whole for side in bench.shown.sides)
    assert bench.marks == [["A"], ["No"]]
    assert bench.window.rect().contains(bench.shown.panel.geometry())


def test_two_that_share_nothing_need_no_marks(qtbot: QtBot) -> None:
    """All of it would be underlined."""
    assert Compared(qtbot, "Yes.", "No, never!\n").marks == [[], []]


def test_an_answer_that_hides_something(qtbot: QtBot) -> None:
    """What cannot be seen is shown; HTML is a text."""
    bench = Compared(qtbot, "<b>a</b>", "<b>a</b>\u202e")
    assert bench.shown.sides[1].text.text == "<b>a</b>⟨U+202E⟩"


def test_closed_before_it_is_compared(qtbot: QtBot) -> None:
    """What comes late comes to nobody."""
    bench = Compared(qtbot)
    bench.shown.close_panel()
    bench.settle()
    assert bench.window.isVisible()
