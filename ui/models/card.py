"""One model: its name and figures, what goes on with it, and what can be done."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QMenu, QToolButton, QVBoxLayout, QWidget

from ui.controls import IconButton, PlainLabel, TextButton
from ui.models.bar_line import ShareBar
from ui.models.faces import Face, Offer
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Form, Line, order_stops


class DeleteForm(Form):
    """Asks once more before a model is deleted."""

    given = Signal()

    def __init__(self, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column.addWidget(PlainLabel(sentence, wrap=True))
        go_on = TextButton("Delete it", "outlined")
        self._keep = TextButton("Keep it", "outlined")
        self.add_buttons(self._keep, go_on)
        go_on.clicked.connect(self.given)
        self._keep.clicked.connect(self.left)

    def first_focus(self) -> None:
        """What changes nothing."""
        self._keep.setFocus(Qt.FocusReason.OtherFocusReason)


class ModelCard(Line):
    """Shows a face, and keeps the keyboard where it is while that changes.

    Args:
        theme: Colours and type.
        sha256: Whose.
        is_first: It stands alone at the top: its button below its words, not beside them.
    """

    acted = Signal(str, str)  # Act, SHA-256

    def __init__(
        self, theme: Theme, sha256: str, parent: QWidget | None = None, *, is_first: bool = False
    ) -> None:
        self._is_first = is_first  # before the base lays out
        super().__init__(theme, "", "", parent)
        self.sha256 = sha256
        self.face = Face("")
        self._facts = PlainLabel("", "caption", wrap=True)
        self._progress = PlainLabel("", "quiet", wrap=True)
        self._bar = ShareBar("", theme)
        self._offered: list[tuple[Offer, TextButton]] = []
        self.more = IconButton(Icon.MORE, "More", theme.palette)
        self._menu = QMenu(self.more)
        self._finish()

    def _finish(self) -> None:
        self._title.set_kind("strong")
        self._texts.insertWidget(2, self._facts)
        for part in (self._bar, self._progress):
            if self._is_first:  # above its buttons, as the eye goes
                self._texts.insertWidget(self._texts.count() - 1, part)
            else:
                self._column.insertWidget(self._column.count() - 1, part)
            part.hide()
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._menu)
        self.more.hide()
        self._row.addWidget(self.more)
        if self._is_first:
            self._hairline.hide()
            self._title.set_kind("title")
            self._texts.setSpacing(Space.HALF)
            self._head.setSpacing(Space.RELATED)

    @property
    def text(self) -> str:
        """All that it says, from the top."""
        labels = (self._title, self._words, self._facts, self._progress)
        return "\n".join(part.text() for part in labels if part.text() and not part.isHidden())

    @property
    def buttons(self) -> dict[str, TextButton]:
        """By what they do."""
        return {offer.act: button for offer, button in self._offered}

    def show_face(self, face: Face) -> None:
        """Show how it stands now."""
        before, self.face = self.face, face
        if face == before:
            return
        self._title.setText(face.title)
        self._title.setVisible(bool(face.title))
        self.setAccessibleName(face.title)
        self.set_words(face.words)
        self._show(self._facts, face.facts)
        self._show(self._progress, face.progress)
        self._bar.set_name(f"How far {face.title} is")
        self._bar.show_share(face.share)
        if (face.said, face.danger) != (before.said, before.danger):
            self.say(face.said, danger=face.danger)
        if face.offers != before.offers:
            self.close_form()  # what it asks is no longer the question
            self._offer(face.offers)
        if face.more != before.more:
            self._fill_menu(face.more)
        self._buttons.setVisible(bool(face.offers or face.more) and not self.form)
        self._arrange()

    def ask_delete(self, sentence: str) -> DeleteForm:
        """Ask once more; the form is shown."""
        form = DeleteForm(sentence)
        back = self._offered[0][1] if self._offered else TextButton("")
        self.open_form(form, back)
        return form

    def take_focus(self) -> None:
        """Put the keyboard on the first thing that can be done."""
        stops = self.stops
        if stops:
            stops[0].setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def stops(self) -> list[QWidget]:
        """Where the keyboard can be put, as the eye goes."""
        parts: list[QWidget] = [button for _, button in self._offered]
        parts = [*parts, self.more] if not self.more.isHidden() else parts
        return [*parts, *self.form.stops] if self.form else parts

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self._bar.apply(theme)
        self.more.apply(theme.palette)

    # Parts --------------------------------------------------------------------------------

    def _show(self, label: PlainLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))

    def _offer(self, offers: tuple[Offer, ...]) -> None:
        """Put other buttons there; where one had the keyboard, the first of them has it now."""
        had_focus = any(button.hasFocus() for _, button in self._offered)
        for _, button in self._offered:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._offered = [(offer, self._button(offer)) for offer in offers]
        for place, (_, button) in enumerate(self._offered):
            self._row.insertWidget(place, button)
            button.show()
        order_stops(self.stops)
        if had_focus:
            self._buttons.show()
            self.take_focus()

    def _button(self, offer: Offer) -> TextButton:
        button = TextButton(offer.words, "main" if offer.main else "outlined")
        button.setAccessibleName(offer.name)
        button.clicked.connect(partial(self._act, offer))
        return button

    def _fill_menu(self, offers: tuple[Offer, ...]) -> None:
        self._menu.clear()
        for offer in offers:
            action = self._menu.addAction(offer.words)
            action.triggered.connect(partial(self._act, offer))
        self.more.set_name(f"More for {self.face.title}")
        self.more.setVisible(bool(offers))

    def _act(self, offer: Offer, _: object = None) -> None:
        self.acted.emit(offer.act.value, self.sha256)

    def _arrange(self) -> None:
        if self._is_first:
            self._head.setDirection(QBoxLayout.Direction.TopToBottom)
        else:
            super()._arrange()


class FirstCard(QFrame):
    """The one model that is recommended, in the only frame of the page.

    Args:
        card: What is in it.
    """

    def __init__(self, card: ModelCard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recommended")
        self.card = card
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.GROUP, Space.RELATED, Space.GROUP, Space.GROUP)
        column.addWidget(card)
