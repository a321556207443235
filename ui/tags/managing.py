"""Wires the page of the tags to their manager: what is asked, and what a change came to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtCore import QObject

from assistant.errors import HushError, TagExists, TagInTexts
from assistant.notes.names import folded
from assistant.notes.records import TagCount
from assistant.tags.records import Renamed, TagInfo
from assistant.vaults import combined
from ui.bridge import Bridge
from ui.latest import Latest
from ui.search.entries import Catalogue, Entry, EntryKind, Row
from ui.search.picker import Picker
from ui.tags import words
from ui.tags.manager import ALIKE, SURE, TagsPage
from ui.tags.manager_model import TagTable
from ui.tags.services import Suggests
from ui.vault.words import number

if TYPE_CHECKING:  # with it comes what a start has no time to import
    from assistant.tags.managing import TagManager

T = TypeVar("T")

_UNDO_MILLISECONDS: Final = 30_000
_SHOWN: Final = 200  # tags in a picker, before anything is typed
_FORGOTTEN: Final = "Forgotten."


@dataclass(frozen=True, slots=True)
class TagWays:
    """What the page of the tags needs beside its services.

    Attributes:
        open_tag: Lists the notes with a tag.
        leave: Goes back to the notes.
        now: Milliseconds since 1970, UTC.
        changed: Hears that notes have other tags now, and which of them other texts (ids).
    """

    open_tag: Callable[[str], object]
    leave: Callable[[], object]
    now: Callable[[], int]
    changed: Callable[[Sequence[int]], object]


class ManagingTags(QObject):
    """What a person does with the tags themselves.

    Args:
        manager: Looks after them.
        suggests: Tells how sure it is, and forgets.
        bridge: Brings outcomes to the GUI thread.
        page: Shows them.
        ways: Out of here.
    """

    def __init__(
        self,
        manager: TagManager,
        suggests: Suggests,
        bridge: Bridge,
        page: TagsPage,
        ways: TagWays,
    ) -> None:
        super().__init__(page)
        self._manager = manager
        self._suggests = suggests
        self._bridge = bridge
        self._page = page
        self._ways = ways
        self._tags, self._alike, self._sure = (Latest(bridge) for _ in range(3))
        view = page.view
        page.tab_chosen.connect(lambda _: self._fill_tab())
        page.new_wanted.connect(self._make)
        page.refresh_wanted.connect(lambda: self.refresh())
        page.left.connect(lambda: ways.leave())
        page.model.renamed.connect(self._rename)
        page.model.described.connect(self._describe)
        view.notes_wanted.connect(lambda name: ways.open_tag(name))
        view.colour_wanted.connect(self._colour)
        view.merge_wanted.connect(self._ask_merge)
        view.nest_wanted.connect(self._ask_nest)
        view.unnest_wanted.connect(lambda name: self._nest(name, ""))
        view.removal_wanted.connect(self._delete)
        page.alike.merge_wanted.connect(self._merge)
        page.sureness.forget_wanted.connect(self._forget)

    # What there is ------------------------------------------------------------------------

    def arrive(self) -> None:
        """The person comes here: show what there is, and let the keyboard go along it."""
        page = self._page
        self.refresh(lambda: page.take_focus() if page.has_keyboard else None)

    def refresh(self, then: Callable[[], object] = lambda: None) -> None:
        """Look again at the tags there are, then go on."""

        def came(tags: TagTable) -> None:
            self._page.show_tags(tags)
            then()

        def read() -> Future[TagTable]:
            return combined([self._manager.all()], lambda found: TagTable.of(found[0]))

        self._expect(self._tags, read, came, self._page.notice.say_error)
        self._fill_tab()

    def _fill_tab(self) -> None:
        page = self._page
        if page.tab == ALIKE:
            page.alike.look()
            self._expect(
                self._alike,
                self._manager.near_duplicates,
                page.alike.show_pairs,
                lambda error: page.alike.say_problem(error.sentence),
            )
        elif page.tab == SURE:
            self._expect(
                self._sure,
                self._suggests.reliability,
                page.sureness.show_reliability,
                lambda error: page.sureness.say_problem(error.sentence),
            )

    # One tag ------------------------------------------------------------------------------

    def _make(self, name: str) -> None:
        self._ask(
            lambda: self._manager.create(name),
            lambda _: self._look_again(then=lambda: self._page.describe(name)),
        )

    def _describe(self, name: str, text: str) -> None:
        self._ask(lambda: self._manager.describe(name, text), lambda _: self._look_again())

    def _colour(self, name: str, hue: str) -> None:
        self._ask(lambda: self._manager.colour(name, hue), lambda _: self._look_again())

    def _rename(self, name: str, to: str) -> None:
        def failed(error: HushError) -> None:
            self.refresh()
            if isinstance(error, TagExists):
                there = partial(self._merge, name, to)
                self._page.notice.say(words.exists(to), f"Merge into {words.short_tag(to)}", there)
            else:
                self._page.notice.say_error(error)

        say = partial(words.renamed, name, to)
        self._ask(lambda: self._manager.rename(name, to), self._done(say, to), failed)

    def _nest(self, name: str, under: str) -> None:
        own = name.rpartition("/")[2]
        to = f"{under}/{own}" if under else own
        say = partial(words.renamed, name, to)
        self._ask(lambda: self._manager.nest(name, under), self._done(say, to))

    def _merge(self, name: str, into: str) -> None:
        say = partial(words.merged, name, into)
        self._ask(lambda: self._manager.merge([name], into), self._done(say, into))

    def _delete(self, name: str, *, keep_in_texts: bool = False) -> None:
        def failed(error: HushError) -> None:
            if isinstance(error, TagInTexts):
                rest = partial(self._delete, name, keep_in_texts=True)
                self._page.notice.say(error.sentence, "Only the other notes", rest)
            else:
                self._page.notice.say_error(error)

        delete = partial(self._manager.delete, name, keep_in_texts=keep_in_texts)
        self._ask(delete, self._done(partial(words.deleted, name)), failed)

    def _undo(self, token: int) -> None:
        self._ask(lambda: self._manager.undo(token), self._done(words.brought_back))

    def _done(self, say: Callable[[Renamed], str], name: str = "") -> Callable[[Renamed], None]:
        """What follows a change that can be taken back: say it, and go to the tag of this name."""

        def done(came: Renamed) -> None:
            self._ways.changed(came.changed)
            if came.token:
                undo = partial(self._undo, came.token)
                self._page.notice.say(say(came), "Undo", undo, milliseconds=_UNDO_MILLISECONDS)
            else:
                self._page.notice.say(say(came))
            self.refresh(lambda: self._page.show_tag(name) if name and not self._page.tab else None)

        return done

    def _look_again(self, then: Callable[[], object] = lambda: None) -> None:
        self._ways.changed(())
        self.refresh(then)

    # Which other tag ----------------------------------------------------------------------

    def _ask_merge(self, name: str) -> None:
        others = [tag for tag in self._page.model.tags if tag.name != name]
        title = f"Merge {words.short_tag(name)} into"
        self._pick(title, others, partial(self._merge, name))

    def _ask_nest(self, name: str) -> None:
        own, table = folded(name), self._page.model.table
        others = [
            table.tags[place]
            for one, place in table.places.items()
            if one != own and not one.startswith(f"{own}/")
        ]
        self._pick(f"Nest {words.short_tag(name)} under", others, partial(self._nest, name))

    def _pick(self, title: str, tags: Sequence[TagInfo], choose: Callable[[str], object]) -> None:
        """Ask for one of these tags."""
        page = self._page
        picker = Picker(page.window(), page.theme, title, self._ways.now)
        catalogue = Catalogue(tags=[TagCount(tag.name, tag.notes) for tag in tags])
        named = [
            Entry(EntryKind.TAG, tag.name, f"#{tag.name}", hint=number(tag.notes, "note"))
            for tag in tags[:_SHOWN]
        ]

        def show(query: str) -> None:
            begin: list[Row] = ["Tags", *named] if named else []
            picker.show_rows(catalogue.rows(query.lstrip("# ")) if query.strip() else begin)

        picker.query_changed.connect(show)
        picker.chosen.connect(lambda entry: choose(str(entry.key)))
        show("")
        picker.open_high()

    # What was learned ---------------------------------------------------------------------

    def _forget(self) -> None:
        sureness = self._page.sureness

        def done(_: None) -> None:
            sureness.say_forgotten(_FORGOTTEN)
            self._fill_tab()

        self._ask(
            self._suggests.reset,
            done,
            lambda error: sureness.say_forgotten(error.sentence, danger=True),
        )

    # Asking -------------------------------------------------------------------------------

    def _ask(
        self,
        ask: Callable[[], Future[T]],
        done: Callable[[T], None],
        failed: Callable[[HushError], None] | None = None,
    ) -> None:
        def say(error: HushError) -> None:
            self._page.notice.say_error(error)
            self.refresh()  # what was changed on the page is as it was

        try:
            future = ask()
        except HushError as error:
            (failed or say)(error)
        else:
            self._bridge.then(future, done, failed or say)

    def _expect(
        self,
        latest: Latest,
        ask: Callable[[], Future[T]],
        done: Callable[[T], None],
        failed: Callable[[HushError], None],
    ) -> None:
        try:
            future = ask()
        except HushError as error:
            failed(error)
        else:
            latest.expect(future, done, failed)
