"""Looking whether an answer from elsewhere says something else than the local one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Protocol

from assistant.background import Background
from assistant.cloud.divergence import distance
from assistant.cloud.fitted_topic import FITTED
from assistant.cloud.records import Divergence, Topic
from assistant.cloud.topic import TopicModel
from assistant.events import Diverged, EventSink
from assistant.log import log_event
from assistant.records import Message, MessageState, Role
from assistant.settings import Settings
from assistant.store import cloud_rows, message_rows
from assistant.store.sqlcipher import Connection
from assistant.vaults import Vaults, done

if TYPE_CHECKING:  # numpy takes a tenth of a second to import, which a start must not wait for
    from assistant.embed.protocol import Vectors


class Embed(Protocol):
    """Texts to vectors, as ``SearchService.embed``: None where no embedding model works."""

    def __call__(self, texts: Sequence[str], *, query: bool = False) -> Vectors | None:
        """A row each, of unit length."""


class Comparing:
    """Compares answers, on a thread of its own; tells only where one of them must be wrong.

    Args:
        vaults: Open.
        encode: The embedding model. It may block for some milliseconds a text.
        settings: The settings of the moment.
        publish: Gets ``Diverged``.
        topics: Tells factual questions from creative ones.
    """

    def __init__(
        self,
        vaults: Vaults,
        encode: Embed,
        settings: Callable[[], Settings],
        publish: EventSink,
        topics: TopicModel | None = None,
    ) -> None:
        self._vaults = vaults
        self._encode = encode
        self._settings = settings
        self._publish = publish
        self._topics = topics or TopicModel(FITTED)
        self._thread = Background("comparing")

    def look(self, question_id: int, cloud_id: int) -> Future[Divergence | None]:
        """Compare an answer from elsewhere with the local one beside it. Returns at once.

        Args:
            question_id: What was asked.
            cloud_id: The answer.

        Returns:
            What was found, and kept beside the answer. None: it is not wanted, one of both is not
            whole or not there, or there is no embedding model.

        Raises:
            HushError: in the future; the store failed, or the answer is gone.
        """
        if not self._settings().compare_answers:
            return done(None)
        return self._thread.submit(partial(self._look, question_id, cloud_id))

    def _look(self, question_id: int, cloud_id: int) -> Divergence | None:
        vault = self._vaults.holding(cloud_id)
        texts = vault.read(lambda c: _texts(c, question_id, cloud_id)).result()
        if texts is None:
            return None
        question, local, cloud = texts
        apart = distance(local.text, cloud.text, self._encode, question.text)
        if apart is None:
            return None
        topic = self._topic(question.text)
        told = topic is Topic.FACTUAL and apart > self._settings().divergence_from
        found = Divergence(question_id, local.id, cloud_id, apart, topic, told)
        vault.write(lambda c: cloud_rows.put_divergence(c, found)).result()
        log_event("cloud.compared", distance=round(apart, 3), topic=topic.value, told=told)
        if told:
            self._publish(Diverged(question_id, cloud_id))
        return found

    def _topic(self, question: str) -> Topic:
        """What kind of question it is; nothing is known of it with another embedding model."""
        vectors = self._encode([question, *self._topics.known], query=True)
        if vectors is None or not self._topics.is_made_for(vectors[1:]):
            return Topic.UNKNOWN
        return self._topics.judge(vectors[0])


def _texts(
    connection: Connection, question_id: int, cloud_id: int
) -> tuple[Message, Message, Message] | None:
    """The question, a local answer and the one from elsewhere; None where one is not whole."""
    cloud = message_rows.get(connection, cloud_id)
    if cloud.parent_id != question_id or cloud.state is not MessageState.COMPLETE:
        return None
    local = _local(connection, cloud_id)
    return (message_rows.get(connection, question_id), local, cloud) if local else None


def _local(connection: Connection, cloud_id: int) -> Message | None:
    """The last local answer before it, which the person had seen; else the first one after it."""
    for step in (-1, 1):
        place = step
        while (other := message_rows.sibling(connection, cloud_id, place)) is not None:
            message = message_rows.get(connection, other)
            if _counts(message):
                return message
            place += step
    return None


def _counts(message: Message) -> bool:
    """Whether the model here wrote it, to its end: what Hush says in its place has no figures."""
    return (
        message.role is Role.ASSISTANT
        and message.state is MessageState.COMPLETE
        and message.cloud is None
        and message.figures is not None
    )
