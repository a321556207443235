"""Suggests tags for one note, learns from what the person says of them, and says why."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.context.ahead import Worker
from assistant.errors import HushError, NotFound
from assistant.events import EventSink, TagsChanged
from assistant.notes.names import folded, tag_name
from assistant.notes.records import Note
from assistant.store import tag_label_rows, tag_learning_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.tags import deciding
from assistant.tags.deciding import Figures, Undos
from assistant.tags.records import (
    OFFERED,
    Because,
    Explanation,
    Level,
    Reliability,
    Suggestion,
    Suggestions,
)
from assistant.tags.reliability import FEWEST, reliability_of
from assistant.tags.teaching import MAX_KNOWN, Proposal, ProposeTags
from assistant.tags.thread import ModelThread
from assistant.vaults import done, followed

if TYPE_CHECKING:
    from assistant.store.tag_learning_rows import Said
    from assistant.tags.learning import Learner, Looked

MOST: Final = 8
"""Tags that are suggested for a note: nobody reads more."""

_NEW: Final = 3
_UNSURE: Final = OFFERED - 0.01
"""The most probable that a new tag is said to be: nothing is known of how often one is accepted."""

_SHOWN: Final = 64  # notes of which is remembered what was suggested
_DECISIONS: Final = 3_000  # the latest, for the plot

_NOT_INDEXED: Final = "Not indexed yet."
_NO_NOTE: Final = "This note does not exist any more."
_NO_TAG: Final = "This tag is not suggested any more."


class TagService:
    """Each method answers with a future, within milliseconds once the model is built.

    Args:
        vault: Open for writing.
        clock: Gives the times that are written down.
        publish: Gets ``TagsChanged``.
        model: Owns the model.
        undos: What taking back has to know; shared with ``BulkTagging``.
        worker: Runs the language model; None: there is none to be asked.
    """

    def __init__(
        self,
        vault: Vault,
        clock: Clock,
        publish: EventSink,
        model: ModelThread,
        undos: Undos,
        worker: Worker | None,
    ) -> None:
        self._vault = vault
        self._clock = clock
        self._publish = publish
        self._model = model
        self._undos = undos
        self._worker = worker
        self._lock = threading.Lock()
        self._shown: dict[int, dict[str, Figures]] = {}

    def suggestions(self, note_id: int) -> Future[Suggestions]:
        """What is suggested for a note; nothing for one in the trash.

        The first time the model is built: seconds where there are thousands of notes.

        Raises:
            NotFound: in the future; there is no such note.
        """
        return self._model.ask(lambda learner: self._suggested(learner, note_id))

    def decide(self, note_id: int, tag: str, *, accepted: bool) -> Future[Note]:
        """The person accepts a suggestion, which gives the tag, or turns it down.

        It is kept when the future is done; the model has learned it milliseconds later.

        Raises:
            NotFound: in the future; there is no such note, or the tag is called otherwise by now.
            InputRefused: in the future; this is no tag, or the note takes no more.
        """

        def write(figures: Figures) -> Future[Note]:
            now, undos = self._clock.now(), self._undos
            say = deciding.accept if accepted else deciding.reject
            return self._vault.write(lambda c: say(c, note_id, tag, figures, undos, now))

        known = self._figures(note_id, tag)
        said = done(known) if known else self._model.ask(lambda m: self._asked(m, note_id, tag))
        return self._learned(note_id, followed(said, write))

    def take_back(self, note_id: int, tag: str) -> Future[Note]:
        """Undo a decision: what was given is taken off, and what waited waits again.

        Raises:
            NotFound: in the future; there is no such note.
        """
        now, undos = self._clock.now(), self._undos
        return self._learned(
            note_id, self._vault.write(lambda c: deciding.take_back(c, note_id, tag, undos, now))
        )

    def explain(self, note_id: int, tag: str) -> Future[Explanation]:
        """Why a tag is suggested: notes like this one that have it, words, its description.

        Raises:
            NotFound: in the future; there is no such note, or the tag is not suggested any more.
        """
        return self._model.ask(lambda learner: self._explained(learner, note_id, tag))

    def reliability(self) -> Future[Reliability]:
        """How far the probabilities were right, by the person's decisions.

        Where these are too few, by the notes that have tags already, each asked about as if it had
        none.
        """

        def go_on(pairs: list[tuple[float, bool]]) -> Future[Reliability]:
            if len(pairs) >= FEWEST:
                return done(reliability_of(pairs))
            return self._model.ask(
                lambda learner: reliability_of(learner.left_out(), is_decided=False)
            )

        return followed(self._vault.read(_decided), go_on)

    def reset(self) -> Future[None]:
        """Forget decisions, proposals, what waits and what was fitted; tags on notes stay."""

        def forget(learner: Learner) -> None:
            learner.forget()
            self._publish(TagsChanged())

        def forgotten(_: None) -> Future[None]:
            self._undos.clear()
            with self._lock:
                self._shown.clear()
            return self._model.ask(forget)

        return followed(self._vault.write(tag_label_rows.forget), forgotten)

    def propose(self, note_id: int, cancel: Cancel) -> Future[Suggestions]:
        """Ask the language model for tags as well: seconds.

        What it proposes is suggested, and a weak label from then on; nothing is given.

        Raises:
            NotFound: in the future; there is no such note.
            EngineError: in the future; the model cannot, or ``cancel`` was asked.
        """

        def ask(found: tuple[str, Sequence[str]]) -> Future[Proposal]:
            text, names = found
            answer: Future[Proposal] = Future()
            answer.set_running_or_notify_cancel()
            if self._worker is None:
                raise HushError("There is no language model here to ask.")
            self._worker.submit(ProposeTags(text, names, cancel, answer))
            return answer

        def keep(proposal: Proposal) -> Future[Suggestions]:
            return followed(self.keep(note_id, proposal), lambda _: self.suggestions(note_id))

        asked = self._model.ask(lambda learner: self.nearest(learner, note_id))
        return followed(followed(asked, ask), keep)

    def keep(self, note_id: int, proposal: Proposal) -> Future[None]:
        """Write down what the language model proposes for a note; a note that is gone is no harm.

        Not "propose": of that note it is all that it proposes now.
        """
        names, now = (*proposal.tags, *proposal.new), self._clock.now()

        def work(connection: Connection) -> None:
            if tag_learning_rows.titles(connection, (note_id,)):
                tag_label_rows.propose(connection, note_id, names, now)

        return self._vault.write(work)

    def nearest(self, learner: Learner, note_id: int) -> tuple[str, Sequence[str]]:
        """A note's text and the tags there are, the nearest first. On the model's thread.

        Raises:
            NotFound: there is no such note.
        """
        found = learner.look_at(note_id, MAX_KNOWN)
        if found is None:
            raise NotFound(_NO_NOTE)
        looked, said = found
        first = [looked.names[one.tag_id] for one in looked.scored]
        names = dict.fromkeys([*first, *looked.names.values()])
        has = {looked.names[tag] for tag in said.has if tag in looked.names}
        text = f"{looked.read.row.title}\n\n{looked.read.row.text}"
        return text, [name for name in names if name not in has]

    # What is suggested --------------------------------------------------------------------

    def _suggested(self, learner: Learner, note_id: int) -> Suggestions:
        found = learner.look_at(note_id)
        if found is None:
            if self._vault.read(lambda c: _is_there(c, note_id)).result():
                return Suggestions(note_id)  # it is in the trash
            raise NotFound(_NO_NOTE)
        looked, said = found
        if not looked.read.is_ready and looked.read.row.text.strip():
            return Suggestions(note_id, remark=_NOT_INDEXED)
        answered = said.has | said.decided
        scored = [one for one in looked.scored if one.tag_id not in answered]
        known = [
            Suggestion(looked.names[one.tag_id], one.probability, one.score)
            for one in scored[:MOST]
        ]
        offered = {folded(one.tag) for one in known if one.level is not Level.SILENT}
        has = {folded(looked.names[tag]) for tag in answered if tag in looked.names}
        new = _proposed(looked, said, offered | has)
        if not (offered or said.has or said.proposed):
            new = self._phrases(learner, looked, said)
        found_ids = {folded(looked.names[one.tag_id]): one.tag_id for one in looked.scored}
        self._remember(note_id, (*known, *new), found_ids)
        return Suggestions(note_id, tuple(known), tuple(new))

    def _phrases(self, learner: Learner, looked: Looked, said: Said) -> list[Suggestion]:
        """What could be new tags of a note for which no tag that there is is probable."""
        from assistant.tags.key_phrases import candidates  # with numpy; on the model's thread

        if learner.reader is None:
            return []
        names = looked.names.values()
        found = candidates(looked.read.note, names, learner.reader, _NEW + len(said.unwanted))
        return [
            Suggestion(name, min(score, _UNSURE), score, is_new=True)
            for name, score in found
            if folded(name) not in said.unwanted
        ][:_NEW]

    def _remember(self, note_id: int, shown: Sequence[Suggestion], tag_ids: dict[str, int]) -> None:
        """What was said, until it is decided: figures as they were before that was learned."""
        figures = {
            folded(one.tag): Figures(
                None if one.is_new else tag_ids.get(folded(one.tag)), one.probability, one.score
            )
            for one in shown
        }
        with self._lock:
            self._shown.pop(note_id, None)
            self._shown[note_id] = figures
            while len(self._shown) > _SHOWN:
                self._shown.pop(next(iter(self._shown)))

    # What is decided ----------------------------------------------------------------------

    def _figures(self, note_id: int, tag: str) -> Figures | None:
        with self._lock:
            return self._shown.get(note_id, {}).get(folded(tag_name(tag)))

    def _asked(self, learner: Learner, note_id: int, tag: str) -> Figures:
        """What is said of a tag now; on the model's thread. Nothing was suggested before."""
        tag_id, waits = self._vault.read(lambda c: _waits(c, note_id, tag)).result()
        if tag_id is None or waits:
            return Figures(tag_id, *(waits or (0.0, 0.0)))
        found = learner.look_at(note_id)
        scored = found[0].scored if found else ()
        one = next((one for one in scored if one.tag_id == tag_id), None)
        return Figures(tag_id, one.probability, one.score) if one else Figures(tag_id, 0.0, 0.0)

    def _learned(self, note_id: int, written: Future[Note]) -> Future[Note]:
        """The same future; the model learns it then."""

        def learn(_: Future[Note]) -> None:
            self._model.ask(lambda learner: learner.keep_up(note_id))

        written.add_done_callback(learn)
        return written

    # Why ----------------------------------------------------------------------------------

    def _explained(self, learner: Learner, note_id: int, tag: str) -> Explanation:
        key = folded(tag_name(tag))
        learner.ensure()
        learner.keep_up(note_id)
        tag_id = next((one.id for one in learner.tags if folded(one.name) == key), None)
        if tag_id is None:
            shown = self._figures(note_id, tag)
            if shown is None:
                raise NotFound(_NO_TAG)
            return Explanation(tag, shown.probability, words=(tag,))
        reasons, probability = learner.explain(note_id, tag_id)
        ids = [one for one, _ in reasons.notes]
        titles = self._vault.read(lambda c: tag_learning_rows.titles(c, ids)).result()
        because = tuple(
            Because(one, titles[one], weight) for one, weight in reasons.notes if one in titles
        )
        return Explanation(tag, probability, because, reasons.words, reasons.from_description)


def _proposed(looked: Looked, said: Said, besides: set[str]) -> list[Suggestion]:
    """What the language model proposed, but for what is suggested anyway or was answered."""
    by_name = {folded(looked.names[one.tag_id]): one for one in looked.scored}
    there = {folded(name) for name in looked.names.values()}
    found = []
    for key, name in said.proposed.items():
        if key in besides:
            continue
        one = by_name.get(key)
        probability = min(one.probability, _UNSURE) if one else 0.0
        found.append(Suggestion(name, probability, one.score if one else 0.0, key not in there))
    return found


def _is_there(connection: Connection, note_id: int) -> bool:
    query = "SELECT 1 FROM note WHERE id = ? AND deleted_at IS NOT 0"
    return connection.execute(query, (note_id,)).fetchone() is not None


def _waits(
    connection: Connection, note_id: int, tag: str
) -> tuple[int | None, tuple[float, float] | None]:
    """A tag's id, and what was said of it where it waits to be reviewed."""
    row = connection.execute(
        "SELECT id FROM tag WHERE folded = ?", (folded(tag_name(tag)),)
    ).fetchone()
    if row is None:
        return None, None
    return int(row[0]), tag_learning_rows.figures(connection, note_id, int(row[0]))


def _decided(connection: Connection) -> list[tuple[float, bool]]:
    said = tag_label_rows.decisions(connection, _DECISIONS)
    return [(one.probability, one.accepted) for one in said]
