"""The place for figures: what is drawn, how it is read by mouse, keys and ear, and clearing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QImage
from PySide6.QtWidgets import QLabel

from assistant.errors import StorageFull, VaultLocked
from assistant.events import PowerChanged
from assistant.power.plan import Mode, Plan, Readings, Reason
from tests.gui.bench import Bench
from tests.gui.metrics_fakes import HOUR, NOON, FakeMetrics, reply, span
from ui.controls import PlainLabel, TextButton
from ui.metrics.band import ModePlot
from ui.metrics.chart import Chart
from ui.metrics.page import MetricsPage
from ui.metrics.plot import Plot
from ui.metrics.points import PointPlot
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT, Palette
from ui.window import CHATS, METRICS

SLOW = span(Mode.THROTTLED, 3, 2, Reason.HOT)


class AtMetrics:
    """Goes there; three answers, of which one was slow, and a mode of each kind.

    Args:
        bench: The window.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.metrics: FakeMetrics = bench.app.metrics
        self.metrics.replies = [
            reply(5, wait=100.0),
            replace(reply(2.5, wait=300.0, speed=40.0), mode=Mode.THROTTLED, battery_used=0.001),
            reply(1, wait=200.0),
        ]
        self.metrics.spans = [
            span(Mode.FULL, 6, 3, Reason.NOTHING),
            SLOW,
            span(Mode.PAUSED, 2, 1.5, Reason.CRITICAL_HEAT),
            span(Mode.FULL, 1.5, 0, Reason.NOTHING),
        ]
        self.page = bench.window.findChild(MetricsPage)

    def go(self) -> AtMetrics:
        """Be there, and see what there is."""
        self.bench.press("Ctrl+5")
        self.settle()
        return self

    def settle(self) -> None:
        """Until the pool has made ready what is drawn, and all of it is drawn."""
        self.bench.pool.submit(lambda: None).result()
        self.bench.settle()
        self.bench.qtbot.waitUntil(lambda: not self.page.is_drawing)
        self.bench.settle()

    @property
    def words(self) -> list[str]:
        """What can be read, from the top."""
        return [label.text() for label in self.page.findChildren(PlainLabel) if label.isVisible()]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.words)

    @property
    def charts(self) -> list[Chart]:
        """The plots with their lines, from the top."""
        found = [chart for chart in self.page.findChildren(Chart) if chart.isVisible()]
        return sorted(found, key=lambda chart: chart.mapTo(self.page.widget(), QPoint()).y())

    def plot(self, number: int) -> Plot:
        """One plot; the last is that of the modes."""
        return self.charts[number].plot

    def button(self, name: str) -> TextButton:
        """A visible button."""
        buttons = self.page.findChildren(TextButton)
        return next(b for b in buttons if b.isVisible() and b.accessibleName() == name)

    def press(self, name: str) -> None:
        """Press a button with the keyboard, as it must be possible for each."""
        button = self.button(name)
        button.setFocus()
        self.bench.press("Space", button)
        self.settle()

    def key(self, keys: str, number: int = 0) -> str:
        """Press keys at a plot; returns the line above it."""
        plot = self.plot(number)
        plot.setFocus()
        self.bench.press(keys, plot)
        return self.charts[number].words


@pytest.fixture
def place(bench: Bench) -> AtMetrics:
    """There, with something to see."""
    return AtMetrics(bench).go()


@pytest.fixture
def empty(bench: Bench) -> AtMetrics:
    """There, with nothing to see."""
    place = AtMetrics(bench)
    place.metrics.replies.clear()
    place.metrics.spans.clear()
    return place.go()


def inks(image: QImage) -> set[str]:
    """The colours in a picture."""
    return {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }


# What is shown ------------------------------------------------------------------------------


def test_the_figures_that_matter(place: AtMetrics) -> None:
    """Medians, the peak, and watt-hours for 1,000 tokens; how many answers they rest on."""
    assert place.bench.window.place == METRICS
    assert "3 answers in the last 7 days." in place.words
    for figure in ("0.20 s", "128 tok/s", "412 MB", "0.025 Wh"):
        assert figure in place.words
    assert "for 1,000 tokens" in place.text
    assert "Numbers only, never what was said" in place.text


def test_what_is_said_of_every_plot(place: AtMetrics) -> None:
    """All in all, in a sentence, for the eye and for the ear."""
    assert [chart.words for chart in place.charts] == [
        "Median 0.20 s, longest 0.30 s.",
        "Median 128 tok/s, slowest 40 tok/s.",
        "At most 412 MB.",
        "Full power 4 h 30 min, slower 1 h, paused 30 min.",
    ]
    for chart in place.charts:
        assert chart.plot.accessibleName()
        assert chart.words in chart.plot.accessibleDescription()


def test_battery_that_was_not_measured(place: AtMetrics) -> None:
    """On mains: said in words, not as a nought."""
    place.metrics.replies = [reply()]
    place.go()
    assert "not measured: on mains, or no watts known" in place.words
    assert "–" in place.words


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_plots_paint_in_the_themes_colours(place: AtMetrics, palette: Palette) -> None:
    """Points, bars of each mode, axes; slow ones in amber, and never by colour alone."""
    place.bench.window.apply(Theme(palette))
    place.bench.settle()
    picture = inks(place.plot(0).grab().toImage())
    assert {palette.accent, palette.throttled, palette.hairline} <= picture
    assert {palette.accent, palette.throttled, palette.quiet} <= inks(
        place.plot(3).grab().toImage()
    )
    assert "Hollow points were measured while running slower." in place.text
    place.bench.window.apply(Theme(LIGHT))


def test_a_mode_has_a_lane_of_its_own(place: AtMetrics) -> None:
    """The same picture in grey says which mode it was: full is above slower, that above paused."""
    plot = place.plot(3)
    assert isinstance(plot, ModePlot)
    image = plot.grab().toImage()
    area = plot.area

    def lane(hours: float) -> int:
        x = round(plot.across(NOON - round(hours * HOUR), area))
        column = [image.pixelColor(x, y) for y in range(round(area.top()), round(area.bottom()))]
        dark = [at for at, colour in enumerate(column) if colour.lightness() < 128]
        return round(sum(dark) / len(dark) / area.height() * 3 - 0.5)

    assert [lane(hours) for hours in (4.5, 2.5, 1.75, 0.5)] == [0, 1, 2, 0]


def test_nothing_measured_yet(empty: AtMetrics) -> None:
    """Says what this place is for, and offers to begin."""
    assert "Nothing measured yet." in empty.words
    assert empty.charts == []
    empty.press("Ask something")
    assert empty.bench.window.place == CHATS
    assert empty.bench.composer.field.hasFocus()


def test_nothing_in_this_time(place: AtMetrics) -> None:
    """Earlier figures are named, and are one press away."""
    place.metrics.replies = [reply(48)]
    place.metrics.spans = []
    place.press("The last 24 hours")
    assert "Nothing was measured in the last 24 hours." in place.words
    place.press("The last 90 days")
    assert "1 answer in the last 90 days." in place.words
    assert place.metrics.asked == [7, 1, 90]


def test_one_answer(place: AtMetrics) -> None:
    """A point, and no median of one."""
    place.metrics.replies = [reply()]
    place.go()
    assert place.charts[0].words == "0.12 s."
    assert "The dashed line is the median." not in place.text
    assert LIGHT.accent in inks(place.plot(0).grab().toImage())


def test_thousands_of_answers(place: AtMetrics) -> None:
    """All are counted, some hundred points are drawn, and each says what it stands for."""
    place.metrics.replies = [reply(n * 90 * 24 / 20_000, wait=100 + n % 50) for n in range(20_000)]
    place.press("The last 90 days")
    assert "20,000 answers in the last 90 days." in place.words
    assert "Where answers are many" in place.text
    words = place.key("Home")
    assert " answers around " in words
    assert "0.10 s to 0.15 s" in words
    seen = {place.key("Right") for _ in range(5)}
    assert len(seen) == 5


# Reading it ---------------------------------------------------------------------------------


def test_arrow_keys_go_through_the_values(place: AtMetrics) -> None:
    """From the last one back, and not beyond either end; elsewhere they stop."""
    assert place.key("Left").startswith("0.20 s · today, ")
    assert place.key("Left") == place.charts[0].words
    assert "0.30 s" in place.charts[0].words
    assert "slower" in place.charts[0].words
    place.key("Left")
    assert "0.10 s" in place.key("Left")
    assert "0.20 s" in place.key("End")
    assert "0.20 s" in place.key("Right")
    assert "0.10 s" in place.key("Home")
    assert "0.20 s" in place.key("PgDown", 0) or "0.30 s" in place.charts[0].words
    place.plot(1).setFocus()
    assert place.charts[0].words == "Median 0.20 s, longest 0.30 s."


def test_every_plot_is_a_stop_of_the_keyboard(place: AtMetrics) -> None:
    """From the top to the bottom, with a ring that can be seen."""
    place.plot(0).setFocus(Qt.FocusReason.TabFocusReason)
    before = place.plot(1).grab().toImage()
    for number in (1, 2, 3):
        place.bench.press("Tab")
        assert place.plot(number).hasFocus()
    place.plot(1).setFocus()
    after = place.plot(1).grab().toImage()
    assert before.pixelColor(after.width() // 2, 0).name() != LIGHT.focus
    assert after.pixelColor(after.width() // 2, 0).name() == LIGHT.focus


def test_modes_are_read_with_their_reason(place: AtMetrics) -> None:
    """What, from when, how long, why."""
    place.key("Home", 3)
    slow = place.key("Right", 3)
    assert slow.startswith("Slower · today, ")
    assert slow.endswith(" · 1 h · hot")
    assert place.key("Right", 3).endswith("30 min · far too hot")
    assert place.key("End", 3).endswith(" · 1 h 30 min")


def test_the_pointer_reads_what_is_nearest(place: AtMetrics) -> None:
    """A point under it is marked, and far from any nothing is; leaving takes it back."""
    plot = place.plot(0)
    assert isinstance(plot, PointPlot)
    x = plot.across(NOON - 5 * HOUR, plot.area)
    move(place, plot, QPointF(x + 2, plot.area.center().y()))
    assert place.charts[0].words.startswith("0.10 s")
    move(place, plot, QPointF(plot.area.left() + 5, plot.area.center().y()))
    assert place.charts[0].words.startswith("Median")
    move(place, plot, QPointF(x, plot.area.top()))
    plot.leaveEvent(None)
    assert place.charts[0].words.startswith("Median")


def move(place: AtMetrics, plot: Plot, to: QPointF) -> None:
    """Move the mouse over a plot."""
    place.bench.qtbot.mouseMove(plot, to.toPoint())
    place.bench.settle()


def test_one_moment_in_all_plots(place: AtMetrics) -> None:
    """What is marked in one has its line in the others."""
    before = place.plot(2).grab().toImage()
    place.key("Home")
    assert place.plot(2).grab().toImage() != before
    place.plot(0).clearFocus()
    assert place.plot(2).grab().toImage() == before


def test_a_new_answer_moves_no_mark(place: AtMetrics) -> None:
    """Looking again keeps what is marked, where it is still there."""
    words = place.key("Home")
    place.metrics.replies.append(reply(0.1))
    place.bench.workplace.metrics.refresh()
    place.settle()
    assert place.charts[0].words == words
    place.metrics.replies[:] = [reply(0.1)]
    place.bench.workplace.metrics.refresh()
    place.settle()
    assert place.charts[0].words == "0.12 s."


# Looking again ------------------------------------------------------------------------------


def test_it_looks_again_when_there_is_more(place: AtMetrics) -> None:
    """An answer that ended, another mode; not the same mode told again, and not from afar."""
    asked = len(place.metrics.asked)
    place.bench.press("Ctrl+1")
    place.bench.send("Hello")
    run = place.bench.chat.last
    run.save()
    run.end()
    place.settle()
    assert len(place.metrics.asked) == asked
    place.go()
    for _ in range(2):
        place.bench.bridge.sink(PowerChanged(Plan(Mode.THROTTLED, Reason.HOT), Readings()))
    place.settle()
    assert len(place.metrics.asked) == asked + 2


def test_the_last_answer_asked_for_counts(place: AtMetrics) -> None:
    """However they come."""
    place.metrics.hold()
    place.press("The last 24 hours")
    place.press("The last 90 days")
    place.metrics.release()
    place.settle()
    assert "3 answers in the last 90 days." in place.words


def test_figures_that_cannot_be_read(place: AtMetrics) -> None:
    """Said where they would be; what was shown stays, and the next look goes well again."""
    place.metrics.problem = StorageFull("The disk fails.", "Make a backup.")
    place.press("The last 24 hours")
    assert "The disk fails. Make a backup." in place.words
    place.press("The last 7 days")
    assert "The disk fails. Make a backup." not in place.words
    place.metrics.closed = VaultLocked("The vault is closed.")
    place.press("The last 24 hours")
    assert "The vault is closed." in place.words


# Clearing -----------------------------------------------------------------------------------


def test_clearing_asks_first(place: AtMetrics) -> None:
    """With the keyboard at what changes nothing."""
    place.press("Clear metrics…")
    assert place.button("Keep").hasFocus()
    place.press("Keep")
    assert place.metrics.forgotten == 0
    place.press("Clear metrics…")
    place.bench.press("Esc")
    assert place.bench.window.place == METRICS
    assert place.metrics.forgotten == 0


def test_clearing(place: AtMetrics) -> None:
    """Nothing is left to see but that it is done."""
    place.press("Clear metrics…")
    assert place.button("Clear metrics").property("kind") == "destroy"
    place.press("Clear metrics")
    assert place.metrics.forgotten == 1
    assert "Nothing measured yet." in place.words
    assert "Cleared." in place.words
    place.bench.press("Ctrl+1")
    place.go()
    assert "Cleared." not in place.words


@pytest.mark.parametrize("at_once", [True, False])
def test_what_could_not_be_cleared(place: AtMetrics, at_once: bool) -> None:
    """Said where it was asked for; the figures stay."""
    place.press("Clear metrics…")
    if at_once:
        place.metrics.closed = StorageFull("The disk is full.")
    else:
        place.metrics.problem = StorageFull("The disk is full.")
    place.press("Clear metrics")
    assert "The disk is full." in place.words
    assert len(place.charts) == 4


def test_a_question_is_asked_anew_the_next_time(place: AtMetrics) -> None:
    """Going away is no answer."""
    place.press("Clear metrics…")
    place.bench.press("Ctrl+1")
    place.go()
    assert place.button("Clear metrics…")


# Sizes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("size", [(900, 600), (1180, 760)])
def test_every_size(place: AtMetrics, scale: float, size: tuple[int, int]) -> None:
    """Nothing reaches beyond the page, words of an axis stay inside, all plots align."""
    place.bench.window.apply(Theme(DARK, scale=scale))
    place.bench.window.resize(*size)
    place.bench.settle()
    assert place.page.widget().width() <= place.page.viewport().width()
    assert len({chart.plot.area.left() for chart in place.charts}) == 1
    for chart in place.charts:
        assert chart.plot.area.width() > 100
        assert chart.plot.area.height() > 60 * scale
    for label in place.page.findChildren(QLabel):
        if label.isVisible():
            right = label.mapTo(place.page.widget(), label.rect().topRight()).x()
            assert right < place.page.widget().width()
    place.bench.window.apply(Theme(LIGHT))


def test_words_are_chosen_in_bold_and_not_cut(place: AtMetrics) -> None:
    """Every range is as wide as its name in bold, so that choosing one moves nothing."""
    for name in ("24 hours", "7 days", "90 days"):
        button = place.button(f"The last {name}")
        bold = QFont(button.font())
        bold.setWeight(QFont.Weight.DemiBold)
        border, padding = 1, 12
        words = QFontMetrics(bold).horizontalAdvance(name)
        assert button.width() >= words + 2 * (border + padding)
