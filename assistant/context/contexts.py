"""What the model sees of a conversation: read from the vault, counted by the engine, laid out.

Replies, reading ahead and summarising all build their prompts here, so that what one of them read
into the KV cache is what the next one sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final

from assistant.asking.records import Attachment
from assistant.cancel import Cancel
from assistant.context import prompt
from assistant.context.prompt import Budget, Counter, Leaving, Prompt, Quote, Said
from assistant.engine.protocol import Engine, ModelInfo, Turn
from assistant.records import Message, Role, Summary
from assistant.store import message_rows, source_rows, summary_rows
from assistant.store.sqlcipher import Connection

_COUNTS_KEPT: Final = 100_000  # of some 100 bytes each
_SECOND_TRY: Final = 0.9
"""Share of the cap that is used where a template's overhead turned out larger than measured."""


class Stopped(Exception):
    """The work was stopped before it went to the model."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One path of a conversation, and what may stand for its beginning, the earliest first."""

    said: tuple[Said, ...] = ()
    summaries: tuple[Summary, ...] = ()

    def asking(self, question: str) -> Talk:
        """The same with a question that is stored nowhere; it may be empty."""
        return replace(self, said=(*self.said, Said(Turn("user", question))))

    def answered_from(self, passages: Sequence[Quote]) -> Talk:
        """The same with passages to answer its last question from."""
        said = list(self.said)
        last = max(at for at, one in enumerate(said) if one.turn.role == "user")
        said[last] = replace(said[last], passages=tuple(passages))
        return replace(self, said=tuple(said))

    @property
    def questions(self) -> tuple[Said, ...]:
        """What the person said, oldest first."""
        return tuple(one for one in self.said if one.turn.role == "user")


def read_talk(connection: Connection, message_id: int) -> Talk:
    """Read the path that ends at a message. To be called inside ``Vault.read``.

    Raises:
        NotFound: there is none with this id.
    """
    path = message_rows.ancestors(connection, message_id)
    with_texts = [one.id for one in path if one.attached]
    texts = source_rows.attachments(connection, with_texts) if with_texts else {}
    return Talk(
        tuple(_said(one, texts.get(one.id, ())) for one in path),
        summary_rows.on_path(connection, message_id),
    )


def _said(message: Message, attached: Sequence[Attachment]) -> Said:
    quotes = tuple(Quote(one.name, one.text) for one in attached)
    return Said(_turn(message.role, message.text), message.id, message.pinned, quotes)


def _turn(role: Role, text: str) -> Turn:
    return Turn("user" if role is Role.USER else "assistant", text)


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a conversation: the system text, and the tokens kept for a reply."""

    system: str
    reply_tokens: int


class Contexts:
    """Lays conversations out for the loaded model; for the worker's thread only.

    It remembers how many tokens texts have, by their digests, and whether this model's template
    takes more of the context than was measured.
    """

    def __init__(self) -> None:
        self._model: ModelInfo | None = None
        self._counts: dict[bytes, int] = {}
        self._share = 1.0

    def build(
        self,
        engine: Engine,
        info: ModelInfo,
        talk: Talk,
        frame: Frame,
        cancel: Cancel | None = None,
    ) -> Prompt:
        """See ``prompt.build``.

        Args:
            engine: Loaded.
            info: What is loaded.
            talk: The conversation, with its question.
            frame: What stands around it.
            cancel: Ends the engine's process where a text takes long to count.

        Raises:
            Stopped: ``cancel`` was asked before.
            PromptTooLong: the template's overheads alone leave no room.
        """
        counter, budget = self.counter(engine, info, cancel), self._budget(info, frame)
        built = prompt.build(frame.system, talk.said, counter, budget, talk.summaries)
        return replace(built, view=replace(built.view, cap=info.context_tokens))

    def leaving(self, engine: Engine, info: ModelInfo, talk: Talk, frame: Frame) -> Leaving | None:
        """See ``prompt.leaving``."""
        counter, budget = self.counter(engine, info), self._budget(info, frame)
        return prompt.leaving(frame.system, talk.said, counter, budget, talk.summaries)

    def tighten(self) -> bool:
        """Use less of the context from now on: a prompt was too long for this model after all.

        Returns:
            Whether that is new, so that another try makes sense.
        """
        tightened, self._share = self._share > _SECOND_TRY, _SECOND_TRY
        return tightened

    def counter(self, engine: Engine, info: ModelInfo, cancel: Cancel | None = None) -> Counter:
        """Counts texts, asking the engine only for those that it has not seen."""
        return lambda texts: self._count(engine, info, texts, cancel)

    def _budget(self, info: ModelInfo, frame: Frame) -> Budget:
        self._meet(info)
        return Budget(
            cap=int(info.context_tokens * self._share),
            reply=frame.reply_tokens,
            fixed=info.template_fixed_tokens,
            per_turn=info.template_turn_tokens,
        )

    def _meet(self, info: ModelInfo) -> None:
        if self._model != info:
            self._model, self._share = info, 1.0
            self._counts.clear()

    def _count(
        self, engine: Engine, info: ModelInfo, texts: Sequence[str], cancel: Cancel | None
    ) -> list[int]:
        if cancel and cancel.asked:
            raise Stopped
        self._meet(info)
        if len(self._counts) > _COUNTS_KEPT:
            self._counts.clear()
        digests = [blake2b(text.encode(), digest_size=16).digest() for text in texts]
        unknown = {d: text for d, text in zip(digests, texts, strict=True) if d not in self._counts}
        if unknown:
            counts = engine.count(list(unknown.values()), cancel)
            self._counts.update(zip(unknown, counts, strict=True))
        return [self._counts[digest] for digest in digests]
