"""Asking elsewhere, put together: what the window and the terminal call. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from assistant.actions.records import Tier
from assistant.background import Background
from assistant.cancel import Cancel
from assistant.chat import Run
from assistant.clock import Clock
from assistant.cloud.answer import CloudAnswer, Means
from assistant.cloud.composing import compose
from assistant.cloud.drafting import Drafting
from assistant.cloud.evidence import Evidence
from assistant.cloud.hidden import HiddenWords
from assistant.cloud.keys import KeySafe
from assistant.cloud.offering import Situation, offer_for
from assistant.cloud.preview import Preview
from assistant.cloud.protocols import AskFor
from assistant.cloud.provider_room import Providers, not_what_was_seen
from assistant.cloud.providers import ProviderShelf
from assistant.cloud.readiness import Readiness
from assistant.cloud.records import Composed, Divergence, Draft, Offer, Provider, Sent
from assistant.cloud.waiting import WaitingList
from assistant.cloud.watching import Watching
from assistant.errors import CloudRefused, HushError
from assistant.events import Event, EventSink, ReplyEnded
from assistant.net.approvals import Approval
from assistant.net.gate import NetworkGate
from assistant.net.online import Online
from assistant.power.plan import Plan
from assistant.records import Message, MessageState
from assistant.redaction.records import Detector, Table
from assistant.runs import Runs
from assistant.settings import Settings
from assistant.store import cloud_rows, message_rows
from assistant.store.sqlcipher import Connection
from assistant.vaults import Vaults

LOCAL_ONLY: Final = "Hush is set to stay on this computer, so nobody else is asked."
OFF: Final = "Asking elsewhere is off. You can turn it on in the settings."
NOBODY: Final = "There is nobody to ask yet: add a provider first."
UNREAD: Final = "Your own words that are always swapped cannot be read, so nothing can be sent."


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the service is put together from, over one open vault.

    Attributes:
        shelf: Who can be asked.
        keys: Their keys.
        waiting: What shall be asked later.
        watching: Whether there is a network.
        evidence: What was sent.
        hidden: The person's own words that are always swapped.
        drafting: What a question takes along.
    """

    shelf: ProviderShelf
    keys: KeySafe
    waiting: WaitingList
    watching: Watching
    evidence: Evidence
    hidden: HiddenWords
    drafting: Drafting


class CloudService:
    """A ``CloudRoom``.

    Args:
        vaults: Open for writing.
        gate: Lets out what was approved.
        runs: The replies under way, those of ``ChatService`` included.
        rooms: What it is put together from.
        settings: The settings of the moment.
        publish: Gets the events of answers.
        clock: Times everything.
        plan: What the governor allows at the moment.
        compare: Told question and answer when one came whole from elsewhere; returns at once.
        closed: Why nothing can leave in this session, as a sentence; empty where it can.
        region: Where telephone numbers are at home, as "GB"; empty: not known.
    """

    def __init__(
        self,
        vaults: Vaults,
        gate: NetworkGate,
        runs: Runs,
        rooms: Rooms,
        settings: Callable[[], Settings],
        publish: EventSink,
        clock: Clock,
        *,
        plan: Callable[[], Plan] = Plan,
        compare: Callable[[int, int], object] = lambda _question, _answer: None,
        closed: Callable[[], str] = lambda: "",
        region: str = "",
    ) -> None:
        self._vaults = vaults
        self._runs = runs
        self._rooms = rooms
        self._settings = settings
        self._publish = publish
        self._clock = clock
        self._plan = plan
        self._compare = compare
        self._closed = closed
        self._readiness = Readiness(gate, rooms.keys)
        self._providers = Providers(rooms.shelf, rooms.keys, gate, self._readiness)
        self._means = Means(gate, self._providers.key_for, vaults, self._report, clock)
        self._detectors = _Detectors(region, rooms.hidden)
        self._previews = Background("cloud-preview")
        self._asked: set[int] = set()  # questions that have an answer from elsewhere
        vaults.kept.read(cloud_rows.asked_questions).add_done_callback(self._note_asked)

    @property
    def providers(self) -> Providers:
        """See ``CloudRoom.providers``."""
        return self._providers

    @property
    def waiting(self) -> WaitingList:
        """See ``CloudRoom.waiting``."""
        return self._rooms.waiting

    @property
    def hidden(self) -> HiddenWords:
        """The person's own words that are always swapped."""
        return self._rooms.hidden

    @property
    def online(self) -> Online:
        """See ``CloudRoom.online``."""
        return self._rooms.watching.known

    @property
    def why_not(self) -> str:
        """See ``CloudRoom.why_not``."""
        return self._refusal() or ("" if self._rooms.shelf.known else NOBODY)

    @property
    def key_lasts(self) -> bool:
        """See ``CloudRoom.key_lasts``."""
        return self._rooms.keys.lasts

    def offer(
        self, question_id: int | None, local: Message | None, *, tier: Tier = Tier.LOCAL
    ) -> Offer | None:
        """See ``CloudRoom.offer``."""
        known = self._rooms.shelf.known
        situation = Situation(self._plan(), local, tier, question_id in self._asked)
        return offer_for(situation, self._settings(), known[0] if known else None)

    def preview(
        self,
        ask: AskFor,
        changed: Callable[[], None],
        provider_id: str = "",
        *,
        prepares: bool = True,
    ) -> Future[Preview]:
        """See ``CloudRoom.preview``; what it raises is in the future."""
        if prepares and not self._refusal():
            self._readiness.prepare()
            self._rooms.watching.look()
        else:
            prepares = False
        return self._previews.submit(
            lambda: self._preview(ask, changed, provider_id, prepares=prepares)
        )

    def leave(self, preview: Preview) -> None:
        """See ``CloudRoom.leave``."""
        preview.close()
        self._readiness.close(preview)

    def may_skip(self, composed: Composed) -> bool:
        """See ``CloudRoom.may_skip``."""
        return self._rooms.shelf.trusts(composed.request)

    def send(self, composed: Composed, approval: Approval) -> Run:
        """See ``CloudRoom.send``."""
        draft = composed.draft
        self._require_same(draft.provider)
        cancel = Cancel()
        run_id = self._runs.begin(draft.conversation_id, cancel)
        answer = CloudAnswer(
            run_id, composed, approval, cancel, partial(self._runs.bind, run_id), self._means
        )
        self._readiness.enter()
        # A thread each: one that takes long holds up no other, and none waits to be stopped.
        Background(f"cloud-{run_id}").submit(lambda: answer.run(failed=lambda: self._over(run_id)))
        return Run(run_id, answer.saved)

    def sent(self, answer_id: int) -> Future[Sent]:
        """See ``CloudRoom.sent``."""
        return self._rooms.evidence.sent(answer_id)

    def find_sent(self, payload_sha256: str) -> Future[Sent | None]:
        """See ``CloudRoom.find_sent``."""
        return self._rooms.evidence.find(payload_sha256)

    def forget_sent(self, answer_id: int) -> Future[None]:
        """See ``CloudRoom.forget_sent``."""
        return self._rooms.evidence.forget(answer_id)

    def divergence(self, cloud_id: int) -> Future[Divergence | None]:
        """See ``CloudRoom.divergence``."""
        vault = self._vaults.holding(cloud_id)
        return vault.read(lambda c: cloud_rows.divergence_of(c, cloud_id))

    def answers(self, divergence: Divergence) -> Future[tuple[str, Message, Message]]:
        """The two answers that are apart, behind the words of their question.

        Raises:
            NotFound: in the future: one of them is gone.
        """

        def read(connection: Connection) -> tuple[str, Message, Message]:
            question = message_rows.get(connection, divergence.question_id)
            local = message_rows.get(connection, divergence.local_id)
            return question.text, local, message_rows.get(connection, divergence.cloud_id)

        return self._vaults.holding(divergence.cloud_id).read(read)

    def _refusal(self) -> str:
        """Why nothing may be asked, whoever there is to ask."""
        settings = self._settings()
        if settings.local_only:
            return LOCAL_ONLY
        return self._closed() if settings.cloud else OFF

    def _preview(
        self, ask: AskFor, changed: Callable[[], None], provider_id: str, *, prepares: bool
    ) -> Preview:
        try:
            if refusal := self._refusal():
                raise CloudRefused(refusal)
            provider = self._provider(provider_id)
            if prepares:
                self._readiness.warm(provider)
            draft = self._draft(ask, provider)
            preview = Preview(
                draft,
                self._compose,
                self._previews.submit,
                changed,
                self._clock,
                self._rooms.drafting.known(draft),
            )
        except BaseException:
            if prepares:
                self._readiness.leave()
            raise
        if prepares:
            self._readiness.open(preview)
        return preview

    def _provider(self, provider_id: str) -> Provider:
        """Who is meant. Blocks where nobody was read yet."""
        known = self._rooms.shelf.known or self._rooms.shelf.list().result()
        if not known:
            raise CloudRefused(NOBODY)
        wanted = provider_id or known[0].id
        for provider in known:
            if provider.id == wanted:
                return provider
        raise cloud_rows.no_such_provider()

    def _draft(self, ask: AskFor, provider: Provider) -> Draft:
        drafting = self._rooms.drafting
        if ask.question_id is not None:
            return drafting.of_question(ask.question_id, provider)
        return drafting.of_text(
            ask.conversation_id,
            ask.text,
            provider,
            scope=ask.scope,
            attachments=ask.attachments,
            private=ask.private,
        )

    def _compose(self, draft: Draft, known: Table, version: int) -> Composed:
        detector = self._detectors.now() if draft.redact else None
        return compose(draft, detector, known, version)

    def _require_same(self, provider: Provider) -> None:
        """Refuse where the provider is not the one that was shown: its key may be another's."""
        now = next((one for one in self._rooms.shelf.known if one.id == provider.id), None)
        if now is None or (now.address, now.has_key) != (provider.address, provider.has_key):
            raise not_what_was_seen(provider)

    def _report(self, event: Event) -> None:
        if isinstance(event, ReplyEnded):
            self._over(event.run_id)
        self._publish(event)
        if isinstance(event, ReplyEnded) and event.message.state is MessageState.COMPLETE:
            self._answered(event.message)

    def _answered(self, answer: Message) -> None:
        if answer.parent_id is None:
            return
        self._asked.add(answer.parent_id)
        with suppress(HushError):  # Hush is closing: it waits on, and is looked at no more
            self._rooms.waiting.asked(answer.parent_id)
            self._compare(answer.parent_id, answer.id)

    def _over(self, run_id: int) -> None:
        self._runs.end(run_id)
        self._readiness.leave()

    def _note_asked(self, read: Future[set[int]]) -> None:
        if not read.cancelled() and read.exception() is None:
            self._asked |= read.result()


class _Detectors:
    """What finds personal data: made when it is first needed, and when the words change.

    Args:
        region: Where telephone numbers are at home.
        hidden: The person's own words.
    """

    def __init__(self, region: str, hidden: HiddenWords) -> None:
        self._region = region
        self._hidden = hidden
        self._made: tuple[tuple[str, ...], Detector] | None = None

    def now(self) -> Detector:
        """With the words of the moment. Blocks: a part of a second the first time.

        Raises:
            CloudRefused: those words cannot be read; without them too little would be swapped.
        """
        # Read here, on the thread that needs it: it has tables of every country's numbers.
        from assistant.redaction.detector import detector

        try:
            words = self._hidden.list().result()
        except HushError as error:
            raise CloudRefused(UNREAD, error.sentence) from error
        if self._made is None or self._made[0] != words:
            self._made = (words, detector(self._region, words))
        return self._made[1]
