"""The cloud as others see it; ``service`` is what stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from assistant.actions.records import Tier
from assistant.asking.records import Attachment, Scope
from assistant.cloud.records import Composed, Divergence, Offer, Provider, Sent, Waiting
from assistant.net.approvals import Approval
from assistant.net.online import Online
from assistant.net.request import NetRequest
from assistant.records import Message

if TYPE_CHECKING:
    from assistant.chat import Run
    from assistant.cloud.preview import Preview


@dataclass(frozen=True, slots=True)
class AskFor:
    """What a person wants to ask elsewhere: a question that stands, or one that does not yet."""

    question_id: int | None = None
    conversation_id: int | None = None
    text: str = field(default="", repr=False)
    scope: Scope | None = None
    attachments: tuple[Attachment, ...] = ()
    private: bool = False


class ProviderRoom(Protocol):
    """Who can be asked."""

    @property
    def known(self) -> tuple[Provider, ...]:
        """All of them, the default one first; from memory, at once."""

    def list(self) -> Future[tuple[Provider, ...]]:
        """All of them, read anew."""

    def save(self, provider: Provider, key: str | None) -> Future[Provider]:
        """Keep one; None: its key stays as it is, empty: it has none.

        Raises:
            InputRefused: address, name, model or key cannot be.
        """

    def remove(self, provider_id: str) -> Future[None]:
        """Forget one, its key first."""

    def make_default(self, provider_id: str) -> Future[None]:
        """Offer this one."""

    def trust(self, provider_id: str, *, trusted: bool) -> Future[Provider]:
        """Let a press be enough for a box of one's own network.

        Raises:
            InputRefused: it is not on one's own network.
        """

    def test_request(self, provider: Provider) -> NetRequest:
        """What asks it which models it has; its key is a stand-in."""

    def test(self, provider: Provider, approval: Approval) -> Future[tuple[str, ...]]:
        """Ask it which models it has.

        Raises:
            NetworkError, ApprovalRefused, KeyNotKept, InputRefused: what it said is no list.
        """


class WaitingRoom(Protocol):
    """What shall be asked once there is a network. Nothing of it is asked by itself."""

    def add(self, question_id: int, provider_id: str) -> Future[Waiting]:
        """Keep a question for later; the same twice is one, for whom was chosen last.

        Raises:
            CloudRefused: it is of a private chat.
        """

    def list(self) -> Future[tuple[Waiting, ...]]:
        """What waits, the oldest first."""

    def drop(self, waiting_id: int) -> Future[None]:
        """Let one wait no more."""


class HiddenRoom(Protocol):
    """The person's own words that are always swapped."""

    @property
    def known(self) -> tuple[str, ...]:
        """All of them, from memory; empty until they were read."""

    def list(self) -> Future[tuple[str, ...]]:
        """All of them; read anew where they could not be.

        Raises:
            HushError: in the future: they cannot be read.
        """

    def save(self, words: Sequence[str]) -> Future[None]:
        """Have these, and no others.

        Raises:
            InputRefused: too many, or one is too short or too long.
        """


class CloudRoom(Protocol):
    """Asking elsewhere. For any thread."""

    @property
    def hidden(self) -> HiddenRoom:
        """What is always swapped before anything is sent."""

    @property
    def providers(self) -> ProviderRoom:
        """Who can be asked."""

    @property
    def waiting(self) -> WaitingRoom:
        """What shall be asked later."""

    @property
    def online(self) -> Online:
        """Whether there is a network, as far as is known."""

    @property
    def why_not(self) -> str:
        """Why nothing can be asked now, as a sentence; empty where it can."""

    @property
    def key_lasts(self) -> bool:
        """Whether there is a safe keyring for keys."""

    def offer(
        self, question_id: int | None, local: Message | None, *, tier: Tier = Tier.LOCAL
    ) -> Offer | None:
        """Whether to offer it for this answer. At once, from what is in memory."""

    def preview(
        self,
        ask: AskFor,
        changed: Callable[[], None],
        provider_id: str = "",
        *,
        prepares: bool = True,
    ) -> Future[Preview]:
        """Make what would be sent, to be looked at.

        Args:
            ask: What for.
            changed: Told, on any thread, when there is another version or a problem.
            provider_id: Whom; empty: the default one.
            prepares: Whether a net child gets ready, without a socket, and the key is read.

        Raises:
            CloudRefused: see ``why_not``.
            NotFound: the question is gone.
        """

    def leave(self, preview: Preview) -> None:
        """Nobody looks at it any more."""

    def may_skip(self, composed: Composed) -> bool:
        """Whether a press is enough: a box of one's own that is trusted."""

    def send(self, composed: Composed, approval: Approval) -> Run:
        """Send what was approved. Events as of ``ChatService.send``.

        Raises:
            InputRefused: at once: an answer is being written there, or the provider changed.
            ApprovalRefused, NetworkError, KeyNotKept, VaultError: in ``Run.saved``; nothing left.
        """

    def sent(self, answer_id: int) -> Future[Sent]:
        """What was sent for an answer.

        Raises:
            NotFound: it did not come from elsewhere.
        """

    def find_sent(self, payload_sha256: str) -> Future[Sent | None]:
        """What was sent with this payload, for a row of the ledger."""

    def forget_sent(self, answer_id: int) -> Future[None]:
        """Delete what was sent; that something was sent stays known."""

    def divergence(self, cloud_id: int) -> Future[Divergence | None]:
        """How far an answer is from the local one."""

    def answers(self, divergence: Divergence) -> Future[tuple[str, Message, Message]]:
        """What was asked, the answer from here and the one from elsewhere.

        Raises:
            NotFound: one of them is gone.
        """
