"""The line at the foot of the window: the model, how fast, how full, how hard, what was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from assistant.events import Activity, EngineChanged, EngineCondition, ImportProgress
from assistant.power.plan import Mode, Plan, Readings
from assistant.records import ReplyFigures
from assistant.search.records import IndexStatus
from ui.power.words import power_words
from ui.status.explanation import Explanation, Said
from ui.status.index_part import IndexPart
from ui.status.part import Form, Part, fit
from ui.status.sent_part import WHY_NOTHING, SentPart
from ui.status.words import activity_words, left_out, model_facts, model_words, speed_words
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Space, Type

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.net.records import NetworkSummary
    from assistant.sealing.protocol import SealReport

SHOWN_AFTER: Final = 300
"""Milliseconds that something may run in the background before it is shown: what is over sooner
would only flicker."""

_DOTS: Final = {
    EngineCondition.COLD: Icon.COLD,
    EngineCondition.LOADING: Icon.LOADING,
    EngineCondition.WARM: Icon.WARM,
    EngineCondition.EVICTED: Icon.COLD,
    EngineCondition.FAILED: Icon.FAILED,
}
_LOAD: Final = {
    EngineCondition.FAILED: "Try again",
    EngineCondition.COLD: "Load it now",
    EngineCondition.EVICTED: "Load it now",
}


class StatusLine(QWidget):
    """What the person can trust without asking. Each part opens what it is about.

    Args:
        theme: Colours and type.
    """

    retry_wanted = Signal()  # load the model, again or now
    model_wanted = Signal()  # see what the model is set to
    figures_wanted = Signal()  # see how fast it was
    context_wanted = Signal()  # see what the model sees
    background_wanted = Signal()  # see what the work in the background is set to
    power_wanted = Signal()  # see why it works as hard as it does
    index_wanted = Signal()  # see what search is set to
    import_wanted = Signal()  # see the import that is under way
    network_wanted = Signal()  # see what was sent

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._engine = EngineChanged(EngineCondition.COLD)
        self._mode = Mode.FULL
        self._activity: Activity | None = None
        self._explanation: Explanation | None = None  # the one that is open
        self.model_button = Part("Model")
        self.speed_button = Part("Last answer")
        self.context_button = Part("")
        self.background_button = Part("In the background")
        self.index_button = IndexPart()
        self.power_button = Part("Power")
        self.sent_button = SentPart()
        self.background_delay = QTimer(self, singleShot=True, interval=SHOWN_AFTER)
        self._lay_out()
        self._connect()
        self.show_engine(self._engine)
        self.apply(theme)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.HALF, 0, Space.HALF, 0)
        row.setSpacing(Space.HALF)
        for part in self.buttons[:5]:
            row.addWidget(part)
        row.addStretch()
        for part in self.buttons[5:]:
            row.addWidget(part)

    def _connect(self) -> None:
        self.model_button.clicked.connect(self._explain_model)
        self.speed_button.clicked.connect(self.figures_wanted)
        self.context_button.clicked.connect(self.context_wanted)
        self.background_button.clicked.connect(self._explain_background)
        self.index_button.clicked.connect(self._explain_index)
        self.index_button.said_other.connect(self._refresh)
        self.power_button.clicked.connect(self.power_wanted)
        self.sent_button.clicked.connect(self._explain_sent)
        self.sent_button.said_other.connect(self._refresh)
        self.background_delay.timeout.connect(self._show_activity)

    # What is shown ------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """Everything it says, in the order in which it says it, whatever there is room for."""
        return " | ".join(part.words for part in self.buttons if part.words)

    @property
    def buttons(self) -> tuple[Part, ...]:
        """Its parts, from the left."""
        return (
            self.model_button,
            self.speed_button,
            self.context_button,
            self.background_button,
            self.index_button,
            self.power_button,
            self.sent_button,
        )

    def show_engine(self, event: EngineChanged) -> None:
        """Show where the model stands."""
        self._engine = event
        self.model_button.say(*model_words(event), _DOTS[event.condition])
        self.model_button.set_kind(
            "danger" if event.condition is EngineCondition.FAILED else "caption"
        )
        self.model_button.explain(model_facts(event))
        self._refresh()

    def show_reply(self, figures: ReplyFigures | None, sentence: str = "") -> None:
        """Show how fast the last reply came and how full the context was.

        Args:
            figures: The reply's; None where there is none yet.
            sentence: What did not fit; empty where everything did.
        """
        if figures is None:
            self.speed_button.say("")
            self.context_button.say("")
            self._refresh()
            return
        self.speed_button.say(speed_words(figures))
        self.speed_button.explain("How soon the last answer here began, and how fast it came.")
        self.show_context(
            figures.prompt_tokens + figures.reply_tokens,
            figures.context_cap,
            sentence or left_out(figures),
        )

    def show_context(self, used: int, cap: int, sentence: str) -> None:
        """Show how full the context is.

        Args:
            used: Tokens of prompt and reply.
            cap: Tokens that fit; 0 where that is not known.
            sentence: What did not fit; empty where everything did.
        """
        share = min(round(100 * used / cap), 100) if cap > 0 else 0
        self.context_button.say(f"context {share} %" if cap > 0 else "")
        self.context_button.explain(sentence or f"{used:,} of {cap:,} tokens. Everything fits.")
        self._refresh()

    def show_power(self, plan: Plan, readings: Readings) -> None:
        """Show how hard the model may work, and why."""
        said = power_words(plan, readings)
        self._mode = plan.mode
        self.power_button.say(said.words, said.short, said.drawing)
        self.power_button.set_kind("throttled" if plan.mode is Mode.THROTTLED else "caption")
        self.power_button.explain(plan.words)
        self._refresh()

    def show_background(self, activity: Activity | None) -> None:
        """Show what runs that nobody waits for, once it has run for a moment; None: nothing."""
        before, self._activity = self._activity, activity
        if activity is None:
            self.background_delay.stop()
            self._show_activity()
        elif before is None:
            self.background_delay.start()
        elif not self.background_delay.isActive():  # something has been shown for long already
            self._show_activity()

    def show_index(self, status: IndexStatus) -> None:
        """Show how far the index is, where not everything can be found by meaning."""
        self.index_button.show_index(status)
        if self._explanation:
            self._explanation.refresh()

    def show_import(self, progress: ImportProgress | None) -> None:
        """Show how far an import is; None: it is over."""
        self.index_button.show_import(progress)

    def show_network(self, summary: NetworkSummary | None, seal: SealReport | None) -> None:
        """Show what was sent, and whether this window is sealed; None: it is not known yet."""
        self.sent_button.show_network(summary, seal)

    def _show_activity(self) -> None:
        activity = self._activity
        self.background_button.say(activity or "", drawing=Icon.BACKGROUND)
        if activity:
            self.background_button.explain(activity_words(activity))
        self._refresh()

    # The look -----------------------------------------------------------------------------

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self.setFixedHeight(theme.px(Type.CAPTION) + 2 * Space.INSIDE)
        self._refresh()

    def minimumSizeHint(self) -> QSize:
        """Any width will do: it says less where there is less room."""
        return QSize(0, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _refresh(self) -> None:
        self._paint_icons()
        self._fit()
        if self._explanation:
            self._explanation.refresh()

    def _paint_icons(self) -> None:
        palette = self._theme.palette
        conditions = {EngineCondition.WARM: palette.accent, EngineCondition.FAILED: palette.danger}
        colours = {
            self.model_button: conditions.get(self._engine.condition, palette.quiet),
            self.power_button: (
                palette.throttled if self._mode is Mode.THROTTLED else palette.quiet
            ),
        }
        for part in self.buttons:
            part.paint(self._theme, colours.get(part, palette.quiet))

    def _fit(self) -> None:
        """Give up the least important first. What runs, how hard and what was sent never goes."""
        margins = self.contentsMargins()
        room = self.width() - 2 * Space.HALF - margins.left() - margins.right()
        steps = (
            (self.speed_button, Form.NOTHING),
            (self.sent_button, Form.SHORT),
            (self.model_button, Form.SHORT),
            (self.background_button, Form.ICON),
            (self.index_button, Form.SHORT),
            (self.power_button, Form.SHORT),
            (self.context_button, Form.NOTHING),
            (self.index_button, Form.ICON),
            (self.model_button, Form.ICON),
            (self.sent_button, Form.ICON),
            (self.power_button, Form.ICON),
        )
        fit(self.buttons, steps, room, Space.HALF)

    # What the parts open ------------------------------------------------------------------

    def _explain_model(self) -> None:
        """Say all there is about the model, with the one thing to do about it."""

        def tell() -> Said:
            load = _LOAD.get(self._engine.condition)
            facts = model_facts(self._engine) or model_words(self._engine)[0]
            return Said(facts, load or "Models…", bool(load))

        def act() -> None:
            can_load = self._engine.condition in _LOAD
            (self.retry_wanted if can_load else self.model_wanted).emit()

        self._explain(self.model_button, "The model", tell, act)

    def _explain_background(self) -> None:
        def tell() -> Said:
            words = activity_words(self._activity) if self._activity else ""
            return Said(words, "Background settings…")

        name = "What runs in the background"
        self._explain(self.background_button, name, tell, self.background_wanted.emit)

    def _explain_index(self) -> None:
        if self.index_button.is_importing:
            self.import_wanted.emit()
            return

        def tell() -> Said:
            return Said(self.index_button.facts, "Search settings…")

        self._explain(self.index_button, "Search", tell, self.index_wanted.emit)

    def _explain_sent(self) -> None:
        if self.sent_button.knows_network:
            self.network_wanted.emit()
            return
        said = Said(WHY_NOTHING)
        self._explain(self.sent_button, "What was sent", lambda: said, lambda: None)

    def _explain(
        self, part: Part, name: str, tell: Callable[[], Said], act: Callable[[], object]
    ) -> None:
        """Open what there is to say about a part above it."""
        if not tell().words:
            return
        panel = Explanation(self.window(), self._theme, name, tell)
        panel.acted.connect(lambda: act())
        panel.closed.connect(self._forget_explanation)
        self._explanation = panel
        panel.open_above(part)

    def _forget_explanation(self) -> None:
        self._explanation = None
