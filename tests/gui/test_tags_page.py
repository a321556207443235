"""The page of the tags, over the real manager: described, renamed, merged, nested, coloured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, QPointF, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from assistant.errors import VaultLocked
from assistant.tags.records import HUES, Bin, NearDuplicate, Reliability, TagInfo
from tests.gui.tags_fakes import NOTHING, TagsBench
from tests.unit.test_tokens import CONTROL, contrast
from ui.search.picker import Picker
from ui.tags.hues import ink
from ui.tags.manager import ALIKE, SURE, TAGS, TagsPage
from ui.tags.manager_model import SHOWN_ROLE, TagModel, TagTable
from ui.tags.managing import ManagingTags, TagWays
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT, Palette

SOME = Reliability(
    (Bin(0.7, 0.8, 40, 0.74, 0.7), Bin(0.9, 1.0, 113, 0.965, 0.973)), 153, 0.018, 0.973, 0.61
)


class PageBench(TagsBench):
    """The page over notes with tags."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__(qtbot)
        self.page = TagsPage(self.theme)
        self.rewritten: list[int] = []
        self.controller = ManagingTags(
            self.manager,
            self.suggests,
            self.bridge,
            self.page,
            TagWays(
                lambda name: self.went.append(name),
                lambda: self.went.append("left"),
                lambda: 0,
                self.rewritten.extend,
            ),
        )
        self.furnish(self.page)

    def refresh(self) -> None:
        """Look at the tags there are."""
        self.controller.refresh()
        self.settle()

    @property
    def names(self) -> list[str]:
        """What the rows say, as far as they are indented."""
        model = self.page.model
        shown = [model.index(row).data(SHOWN_ROLE) for row in range(model.rowCount())]
        return [" " * one.depth + one.name for one in shown]

    def info(self, name: str) -> TagInfo:
        """A tag, as it is kept."""
        return {tag.name: tag for tag in self.manager.all().result(10)}[name]

    def edit(self, text: str, *, then: str = "Return") -> None:
        """Type into the field that is open in the list."""
        self.qtbot.waitUntil(lambda: self.page.view.findChild(QLineEdit) is not None)
        field = self.page.view.findChild(QLineEdit)
        assert field
        field.selectAll()
        self.qtbot.keyClicks(field, text)
        self.press(then, field)
        self.settle()

    def pick(self, words: str) -> None:
        """Choose a tag in the picker that is open."""
        picker = self.window.findChild(Picker)
        assert picker
        self.qtbot.keyClicks(picker.field, words)
        self.press("Return", picker.field)
        self.settle()


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[PageBench]:
    """Five tags, one nested in another."""
    bench = PageBench(qtbot)
    bench.note("Undo a commit #git", "vcs")
    bench.note("Meeting", "work", "work/meetings")
    bench.note("Another", "git", "sql")
    bench.refresh()
    yield bench
    bench.close()


def test_what_there_is(bench: PageBench) -> None:
    """By the alphabet, nested ones below their own, with the notes that have them."""
    assert bench.names == ["#git", "#sql", "#vcs", "#work", " #meetings"]
    assert bench.page.count == "5 tags, 0 described"
    shown = bench.page.model.index(0).data(SHOWN_ROLE)
    assert shown.notes == "2 notes"


def test_nested_in_nothing(bench: PageBench) -> None:
    """A tag whose parents are none is shown whole."""
    bench.note("Deep", "a/b/c")
    bench.note("Deeper", "a/b/c/d")
    bench.refresh()
    assert bench.names[:2] == ["#a/b/c", "#a/b/c/d"]


def test_describing(bench: PageBench) -> None:
    """Enter on a tag, a sentence, Enter: it stands there, and is kept."""
    bench.page.show_tag("sql")
    bench.press("Return", bench.page.view)
    bench.edit("Queries and tables.")
    assert bench.info("sql").description == "Queries and tables."
    assert bench.page.count == "5 tags, 1 described"
    bench.press("Return", bench.page.view)
    bench.edit("Something else", then="Esc")
    assert bench.info("sql").description == "Queries and tables."


def test_describing_by_mouse(bench: PageBench) -> None:
    """A click on the second line."""
    view = bench.page.view
    area = view.visualRect(bench.page.model.index(0))
    at = area.bottomLeft()
    at.setX(at.x() + 60)
    at.setY(at.y() - 14)
    bench.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    bench.edit("Version control.")
    assert bench.info("git").description == "Version control."


def test_renaming_and_taking_it_back(bench: PageBench) -> None:
    """On all notes, in texts, too; the page says on how many, and undoes it."""
    bench.page.show_tag("git")
    bench.page.view.rename_current()
    bench.edit("version-control")
    assert bench.tags_of(1) == {"version-control", "vcs"}
    assert "#git is #version-control now, on 2 notes." in bench.page.notice.text
    assert bench.rewritten == [1]
    bench.click(bench.page.notice.action)
    bench.settle()
    assert bench.tags_of(1) == {"git", "vcs"}
    assert "Taken back" in bench.page.notice.text


def test_renaming_to_a_name_that_there_is(bench: PageBench) -> None:
    """Nothing happens but a question; it merges if that is wanted."""
    bench.page.show_tag("vcs")
    bench.page.view.rename_current()
    bench.edit("git")
    assert "#git is there already" in bench.page.notice.text
    assert "#vcs" in bench.names
    bench.click(bench.page.notice.action)
    bench.settle()
    assert "#vcs" not in bench.names
    assert bench.tags_of(1) == {"git"}
    assert "#vcs is part of #git now" in bench.page.notice.text


def test_a_name_that_cannot_be(bench: PageBench) -> None:
    """The service's sentence stands there, and the tag is as it was."""
    bench.page.show_tag("git")
    bench.page.view.rename_current()
    bench.edit("with blanks, which no text holds")
    assert "Nothing was changed" in bench.page.notice.text
    assert "#git" in bench.names


def test_merging(bench: PageBench) -> None:
    """Into one that is chosen by name; the notice takes it back."""
    bench.page.view.merge_wanted.emit("vcs")
    bench.pick("git")
    assert bench.tags_of(1) == {"git"}
    bench.click(bench.page.notice.action)
    bench.settle()
    assert "#vcs" in bench.names


def test_nesting_and_no_longer(bench: PageBench) -> None:
    """Below another, and out again; never below itself."""
    bench.page.view.nest_wanted.emit("sql")
    bench.pick("work")
    assert bench.names[-2:] == [" #meetings", " #sql"]
    bench.page.view.unnest_wanted.emit("work/sql")
    bench.settle()
    assert "#sql" in bench.names
    bench.page.view.nest_wanted.emit("work")
    picker = bench.window.findChild(Picker)
    assert picker
    model = picker.view.model()
    offered = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert "#work/meetings" not in offered
    picker.close_panel()


def test_colours(bench: PageBench) -> None:
    """Chosen in the menu, and painted."""
    menu = bench.page.view.menu_of(bench.info("git"))
    words = [action.text() for action in menu.actions()]
    assert "Rename\tF2" in words
    assert "No longer nested" not in words
    colours = next(one.menu() for one in menu.actions() if one.text() == "Colour")
    blue = next(one for one in colours.actions() if one.text() == "Blue")
    blue.trigger()
    bench.settle()
    assert bench.info("git").colour == "blue"
    assert bench.page.model.index(0).data(SHOWN_ROLE).colour == "blue"
    assert not bench.page.grab().isNull()


def test_deleting(bench: PageBench) -> None:
    """Del takes it off all notes; the notice brings it back."""
    bench.page.show_tag("sql")
    bench.press("Del", bench.page.view)
    bench.settle()
    assert "#sql is deleted, from 1 note." in bench.page.notice.text
    assert bench.tags_of(3) == {"git"}
    bench.click(bench.page.notice.action)
    bench.settle()
    assert bench.tags_of(3) == {"git", "sql"}


def test_deleting_what_stands_in_texts(bench: PageBench) -> None:
    """It is refused by name and count; the other notes can lose it."""
    bench.page.view.removal_wanted.emit("git")
    bench.settle()
    assert "One note has this tag in the text" in bench.page.notice.text
    assert bench.tags_of(3) == {"git", "sql"}
    bench.click(bench.page.notice.action)
    bench.settle()
    assert bench.tags_of(3) == {"sql"}
    assert bench.tags_of(1) == {"git", "vcs"}


def test_a_new_tag(bench: PageBench) -> None:
    """Typed where one finds tags; then its description is asked for."""
    bench.page.begin_find()
    bench.qtbot.keyClicks(bench.page.field, "#travel")
    assert bench.page.new_button.text() == "Make #travel"
    assert bench.page.empty == "No tag is called that."
    bench.press("Return", bench.page.field)
    bench.settle()
    bench.edit("Journeys and bookings.")
    assert bench.info("travel").description == "Journeys and bookings."
    assert bench.info("travel").kept


def test_finding(bench: PageBench) -> None:
    """By name or description; Enter goes there, Esc shows all again."""
    bench.qtbot.keyClicks(bench.page.field, "meet")
    assert bench.names == ["#work/meetings"]
    bench.page.field.setText("SQL")
    assert bench.page.new_button.isHidden()
    bench.press("Return", bench.page.field)
    assert bench.focus is bench.page.view
    assert bench.page.escape()
    assert len(bench.names) == 5
    assert not bench.page.escape()


def test_the_notes_of_a_tag_and_back(bench: PageBench) -> None:
    """From the menu; and the way back."""
    bench.page.view.menu_of(bench.info("git")).actions()[0].trigger()
    bench.click(bench.page.back_button)
    assert bench.went == ["git", "left"]


def test_no_tags(qtbot: QtBot) -> None:
    """The page says how to begin."""
    bench = PageBench(qtbot)
    bench.refresh()
    assert "There are no tags yet" in bench.page.empty
    bench.page.take_focus()
    assert bench.focus is bench.page.field
    bench.close()


def test_a_tag_that_is_gone(bench: PageBench) -> None:
    """Deleted elsewhere: the page says so and shows what there is."""
    bench.manager.delete("sql").result(10)
    bench.page.view.colour_wanted.emit("sql", "red")
    bench.qtbot.waitUntil(lambda: bool(bench.page.notice.text))
    bench.qtbot.waitUntil(lambda: "#sql" not in bench.names)


def test_5000_tags(bench: PageBench) -> None:
    """The view is handed a piece; the last one can be gone to."""
    tags = [TagInfo(f"topic-{n:04}", n) for n in range(5_000)]
    bench.page.show_tags(TagTable.of(tags))
    assert bench.page.model.rowCount() == 500
    bench.page.show_tag("topic-4999")
    assert bench.page.view.currentIndex().row() == 4_999


def test_the_model_keeps_its_promises(qtbot: QtBot) -> None:
    """Qt's own tester, through all that happens to it."""
    model = TagModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show(TagTable.of([TagInfo(f"topic-{n:04}", n) for n in range(400)]))
    model.narrow("0007")
    assert model.rowCount() == 1
    model.narrow("")
    model.show(TagTable())
    assert model.row(QModelIndex()) is None
    assert not model.setData(QModelIndex(), "x")
    tester.deleteLater()


def test_names_that_no_one_would_draw(bench: PageBench) -> None:
    """Hostile, very long, nested without end, from the right: harmless and within their row."""
    deep = "/".join(f"part{n}" for n in range(40))
    tags = [TagInfo("<b>\u202eevil</b>", 1, "x" * 500), TagInfo("קניות", 2), TagInfo(deep, 1)]
    nested = [TagInfo(deep[:n], 1) for n in (5, 11, 17, 23)]
    bench.page.show_tags(TagTable.of([*tags, *nested]))
    assert not any("\u202e" in name for name in bench.names)
    bench.window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert not bench.page.grab().isNull()


# Look alike -------------------------------------------------------------------------------


def test_look_alike(bench: PageBench) -> None:
    """Two that are spelt alike are found, and one button makes them one."""
    bench.note("One", "colour")
    bench.note("Two", "colour")
    bench.note("Three", "colours")
    bench.page.show_tab(ALIKE)
    bench.settle()
    assert len(bench.page.alike.lines) == 1
    button = bench.page.alike.lines[0].stops[0]
    assert button.accessibleName() == "Merge #colours into #colour"
    bench.click(button)
    bench.qtbot.waitUntil(lambda: bench.tags_of(6) == {"colour"})
    bench.qtbot.waitUntil(lambda: not bench.page.alike.lines)
    assert "No two of your tags look alike" in bench.page.alike.text


def test_many_look_alike(bench: PageBench) -> None:
    """Twenty at once, and more when they are wanted."""
    pairs = [NearDuplicate(f"a{n}", f"b{n}", "meaning", 0.9) for n in range(50)]
    bench.page.alike.show_pairs(pairs)
    assert len(bench.page.alike.lines) == 20
    bench.page.alike.more_button.click()
    bench.page.alike.more_button.click()
    assert len(bench.page.alike.lines) == 50
    assert bench.page.alike.more_button.isHidden()


# How sure ---------------------------------------------------------------------------------


def test_how_sure(bench: PageBench) -> None:
    """In words and drawn; the keyboard goes through the points."""
    bench.suggests.shown = SOME
    bench.page.show_tab(SURE)
    bench.settle()
    sureness = bench.page.sureness
    assert "153 decisions" in sureness.text
    assert "2 points of 100 apart" in sureness.text
    assert "you accepted 97 %" in sureness.text
    bench.press("Right", sureness.plot)
    assert sureness.chart.words == "Said 74 % · happened 70 % · 40 decisions"
    assert not bench.page.grab().isNull()


def test_how_sure_before_anything_was_decided(bench: PageBench) -> None:
    """By what the notes are tagged with; and it says that nobody decided that."""
    bench.suggests.shown = replace(SOME, is_decided=False)
    bench.page.show_tab(SURE)
    bench.settle()
    sureness = bench.page.sureness
    assert "You decided too little yet" in sureness.text
    assert "you accepted" not in sureness.text
    bench.press("Right", sureness.plot)
    assert sureness.chart.words == "Said 74 % · happened 70 % · 40 trials"


def test_the_plot_under_the_pointer(bench: PageBench) -> None:
    """The nearest point is marked; far off, none is."""
    bench.suggests.shown = SOME
    bench.page.show_tab(SURE)
    bench.settle()
    plot = bench.page.sureness.plot
    area = plot.area
    assert plot.nearest(QPointF(area.left() + 0.96 * area.width(), area.center().y())) == 1
    assert plot.nearest(QPointF(area.left(), area.center().y())) is None


def test_nothing_is_known_yet(bench: PageBench) -> None:
    """Nothing drawn, nothing to forget."""
    bench.page.show_tab(SURE)
    bench.settle()
    assert "Nothing is known yet" in bench.page.sureness.text
    assert bench.page.sureness.chart.isHidden()


def test_forgetting(bench: PageBench) -> None:
    """It asks once more; then nothing is known."""
    bench.suggests.shown = SOME
    bench.page.show_tab(SURE)
    bench.settle()
    sureness = bench.page.sureness
    bench.click(sureness.forget_button)
    assert sureness.form
    bench.press("Esc", bench.focus)
    assert sureness.form is None
    assert bench.suggests.shown is SOME
    bench.click(sureness.forget_button)
    bench.click(sureness.form.forget_button)
    assert bench.suggests.shown == NOTHING
    assert "Nothing is known yet" in sureness.text


def test_it_cannot_be_known(bench: PageBench) -> None:
    """The page says why."""
    bench.suggests.problem = VaultLocked("The vault is locked.")
    bench.page.show_tab(SURE)
    bench.settle()
    assert "locked" in bench.page.sureness.text
    bench.page.show_tab(TAGS)
    assert bench.page.tab == TAGS


@pytest.mark.parametrize("theme", [Theme(DARK), Theme(LIGHT, 3.0)], ids=["dark", "300 %"])
def test_another_look(bench: PageBench, theme: Theme) -> None:
    """Dark, or three times as large, in a small window."""
    bench.suggests.shown = SOME
    bench.window.resize(900, 600)
    bench.window.apply(theme)
    bench.page.apply(theme)
    for tab in (TAGS, ALIKE, SURE):
        bench.page.show_tab(tab)
        bench.settle()
        bench.page.take_focus()
        assert not bench.page.grab().isNull()
    assert bench.page.view.visualRect(bench.page.model.index(0)).height() > 30


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("hue", HUES)
def test_a_dot_can_be_seen(palette: Palette, hue: str) -> None:
    """On the page, under the pointer and where it is marked (WCAG 2.2, 1.4.11)."""
    for ground in (palette.page, palette.hover, palette.selected):
        assert contrast(ink(palette, hue), ground) >= CONTROL
    assert ink(palette, "") == ""
    assert ink(palette, "plaid") == ""
