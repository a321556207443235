"""Cards of models below one heading, and those of them that are only shown when asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.controls import PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.models.card import ModelCard
from ui.models.faces import Face
from ui.theme.style import Theme
from ui.theme.tokens import Space


class CardList(QWidget):
    """Keeps the card of a model that stays: its form may be open, or its button have the keyboard.

    Args:
        title: What they have in common.
        theme: Colours and type.
        more: The words of the button that shows the rest, with room for how many.
    """

    acted = Signal(str, str)  # Act, SHA-256

    def __init__(
        self, title: str, theme: Theme, more: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self._theme = theme
        self._words = more
        self.cards: dict[str, ModelCard] = {}
        self._rest: Sequence[str] = ()
        self._shows_rest = False
        self._remark = PlainLabel("", "quiet", wrap=True)
        self.more_button = TextButton("", "link")
        self._foot = FlowLayout()
        self._links: list[TextButton] = []  # beside that
        self._list = QVBoxLayout()
        self._list.setSpacing(Space.RELATED)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.RELATED)
        column.addWidget(PlainLabel(title, "strong"))
        column.addWidget(self._remark)
        column.addLayout(self._list)
        column.addLayout(self._foot)
        self._foot.addWidget(self.more_button)
        self._remark.hide()
        self.more_button.hide()
        self.more_button.clicked.connect(self._show_rest)

    def say(self, sentence: str) -> None:
        """Say something of all of them; an empty sentence takes that back."""
        self._remark.setText(sentence)
        self._remark.setVisible(bool(sentence))

    def add_link(self, words: str) -> TextButton:
        """Add something quiet to do at the foot; it is hidden until it is offered."""
        link = TextButton(words, "link")
        link.hide()
        self._foot.addWidget(link)
        self._links.append(link)
        return link

    def offer_link(self, link: TextButton, *, offered: bool) -> None:
        """Show a link, or do not."""
        link.setVisible(offered)
        self._arrange()

    @property
    def said(self) -> str:
        """What stands below the heading."""
        return "" if self._remark.isHidden() else self._remark.text()

    def show_models(
        self, shown: Sequence[str], rest: Sequence[str], face: Callable[[str], Face]
    ) -> None:
        """Show the cards of these, in this order.

        Args:
            shown: By SHA-256.
            rest: Those that the button brings.
            face: What a card shows.
        """
        wanted = [*shown, *rest]
        for sha256 in self.cards.keys() - set(wanted):
            card = self.cards.pop(sha256)
            card.hide()
            card.deleteLater()
        for place, sha256 in enumerate(wanted):
            card = self.cards.get(sha256) or self._card(sha256)
            if self._list.indexOf(card) != place:
                self._list.removeWidget(card)
                self._list.insertWidget(place, card)
            card.show_face(face(sha256))
        self.cards = {sha256: self.cards[sha256] for sha256 in wanted}
        self._rest = rest
        self._arrange()

    @property
    def stops(self) -> list[QWidget]:
        """Where the keyboard can be put, as the eye goes."""
        cards = (stop for card in self.cards.values() for stop in card.stops)
        return [*cards, self.more_button, *self._links]

    def _card(self, sha256: str) -> ModelCard:
        card = self.cards[sha256] = ModelCard(self._theme, sha256)
        card.acted.connect(self.acted)
        return card

    def _show_rest(self) -> None:
        self._shows_rest = not self._shows_rest
        self._arrange()

    def _arrange(self) -> None:
        for sha256, card in self.cards.items():
            card.setVisible(self._shows_rest or sha256 not in self._rest)
        verb = "Hide" if self._shows_rest else "Show"
        self.more_button.set_words(f"{verb} {self._words.format(len(self._rest))}")
        self.more_button.setVisible(bool(self._rest))
        links = any(not link.isHidden() for link in self._links)
        self.setVisible(bool(self.cards) or bool(self.said) or links)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        for card in self.cards.values():
            card.apply(theme)
