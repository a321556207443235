"""The line at the foot of the window: how the model is, how fast, how full, and what was sent."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from assistant.errors import HushError
from assistant.events import EngineChanged, EngineCondition
from assistant.records import ReplyFigures
from ui.controls import ElidedLabel, PlainLabel, TextButton, plain_tooltip
from ui.overlay import Overlay
from ui.theme.icons import Icon, pixmap
from ui.theme.style import Theme
from ui.theme.tokens import Space, Type

_DOTS: Final = {
    EngineCondition.COLD: Icon.COLD,
    EngineCondition.LOADING: Icon.LOADING,
    EngineCondition.WARM: Icon.WARM,
    EngineCondition.FAILED: Icon.FAILED,
}
_ICON: Final = 14  # pixels
_REASON_WIDTH: Final = 360  # pixels
_NOTHING_SENT: Final = "nothing sent"
_WHY_NOTHING: Final = "Everything is done on this machine. Hush connects to nothing."


class StatusLine(QWidget):
    """What the person can trust without asking.

    Args:
        theme: Colours and type.
    """

    retry_wanted = Signal()  # load the model again
    context_wanted = Signal()  # see what the context is set to

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self._engine = EngineChanged(EngineCondition.COLD)
        self._dot = QLabel()
        self._model = ElidedLabel("", "caption")
        self.failure_button = TextButton("", "danger")
        self._speed = ElidedLabel("", "caption")
        self.context_button = TextButton("", "caption")
        self._shield = QLabel()
        self._sent = PlainLabel(_NOTHING_SENT, "caption")
        self.failure_button.clicked.connect(self._explain)
        self.context_button.clicked.connect(self.context_wanted)
        self._sent.setToolTip(_WHY_NOTHING)
        self._lay_out()
        self.apply(theme)
        self.show_engine(self._engine)
        self.show_reply(None)

    def _lay_out(self) -> None:
        for label in (self._model, self._speed):  # as wide as their words, less where need be
            label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.RELATED, 0, Space.RELATED, 0)
        row.setSpacing(Space.HALF)
        for part in (self._dot, self._model, self.failure_button):
            row.addWidget(part)
        row.addSpacing(Space.RELATED)
        row.addWidget(self._speed)
        row.addSpacing(Space.HALF)
        row.addWidget(self.context_button)
        row.addStretch()
        row.addWidget(self._shield)
        row.addWidget(self._sent)

    # What is shown ------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """Everything it says, in the order in which it says it."""
        parts = (self._model, self.failure_button, self._speed, self.context_button, self._sent)
        return " | ".join(part.text() for part in parts if not part.isHidden())

    @property
    def buttons(self) -> tuple[TextButton, ...]:
        """What can be pressed, from the left."""
        return self.failure_button, self.context_button

    def show_engine(self, event: EngineChanged) -> None:
        """Show where the model stands."""
        self._engine = event
        failed = event.condition is EngineCondition.FAILED
        self._model.setText(_model_words(event))
        self._model.setVisible(not failed)
        self.failure_button.set_words("The model did not load")
        self.failure_button.setVisible(failed)
        loaded = f"Loaded in {event.load_seconds:.1f} s." if event.load_seconds else ""
        self._model.setToolTip(loaded)
        self._paint_icons()

    def show_reply(self, figures: ReplyFigures | None, left_out: str = "") -> None:
        """Show how fast the last reply came and how full the context was.

        Args:
            figures: The reply's; None where there is none yet.
            left_out: What did not fit, as a sentence; empty where everything did.
        """
        self._speed.setVisible(figures is not None)
        if figures is None:
            self.context_button.hide()
            return
        first = figures.first_token_ms / 1000
        self._speed.setText(
            f"first word {first:.1f} s · {figures.tokens_per_second:.0f} tok/s"
            if figures.tokens_per_second
            else f"first word {first:.1f} s"
        )
        self.show_context(
            figures.prompt_tokens + figures.reply_tokens,
            figures.context_cap,
            left_out or _left_out(figures),
        )

    def show_context(self, used: int, cap: int, left_out: str) -> None:
        """Show how full the context is.

        Args:
            used: Tokens of prompt and reply.
            cap: Tokens that fit.
            left_out: What did not fit, as a sentence; empty where everything did.
        """
        self.context_button.setVisible(cap > 0)
        if cap > 0:
            share = min(round(100 * used / cap), 100)
            self.context_button.set_words(f"context {share} %")
            words = left_out or f"{used:,} of {cap:,} tokens. Everything fits."
            self.context_button.setToolTip(plain_tooltip(words))
            self.context_button.setAccessibleDescription(words)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self.setFixedHeight(theme.px(Type.CAPTION) + 2 * Space.INSIDE)
        self._paint_icons()

    def _paint_icons(self) -> None:
        palette = self._theme.palette
        colours = {EngineCondition.WARM: palette.accent, EngineCondition.FAILED: palette.danger}
        size, ratio = self._theme.px(_ICON), self.devicePixelRatio()
        colour = colours.get(self._engine.condition, palette.quiet)
        self._dot.setPixmap(pixmap(_DOTS[self._engine.condition], colour, size, ratio))
        self._shield.setPixmap(pixmap(Icon.SHIELD, palette.quiet, size, ratio))

    def _explain(self) -> None:
        if self._engine.error:
            reason = Reason(self.window())
            reason.retry_wanted.connect(self.retry_wanted)
            reason.explain(self._engine.error, self.failure_button)


class Reason(Overlay):
    """Why the model failed, with the one thing to do about it.

    Args:
        window: What it covers.
    """

    retry_wanted = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, "Why the model did not load")
        self.panel.setMinimumWidth(_REASON_WIDTH)
        self._words = PlainLabel(wrap=True)
        retry = TextButton("Try again", "main")
        retry.clicked.connect(self._ask_again)
        self.column.addWidget(self._words)
        self.column.addWidget(retry, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def text(self) -> str:
        """What it says."""
        return self._words.text()

    def explain(self, error: HushError, button: QWidget) -> None:
        """Show a reason above the button that asked for it."""
        self._words.setText(error.sentence)
        self.open_above(button)

    def _ask_again(self) -> None:
        self.close_panel()
        self.retry_wanted.emit()


def _model_words(event: EngineChanged) -> str:
    if event.condition is EngineCondition.LOADING:
        return f"Loading {event.model}…" if event.model else "Loading the model…"
    if event.condition is EngineCondition.WARM:
        return f"Warm · {event.model}"
    return "The model is not loaded yet"


def _left_out(figures: ReplyFigures) -> str:
    """What a reply's figures alone can say about what did not fit."""
    parts = []
    if figures.omitted_messages:
        count = figures.omitted_messages
        parts.append(f"{count} earlier message{'s' * (count > 1)} did not fit.")
    if figures.omitted_tokens:
        parts.append(f"{figures.omitted_tokens:,} tokens of your message did not fit.")
    return " ".join(parts)
