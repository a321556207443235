"""Going from one conversation to another, against a ``llama-server`` with a slot for each."""

from __future__ import annotations

import statistics
from functools import partial
from typing import Final

from assistant.engine.process import computing_threads
from assistant.engine.protocol import Turn
from assistant.settings import DEFAULT_SYSTEM_PROMPT
from benchmarks.engine_asking import Asked, ask
from benchmarks.engine_effort import Effort
from benchmarks.engine_peer import Served, Server, server
from benchmarks.engine_texts import QUESTIONS
from benchmarks.engine_turns import ROOMY_CONTEXT, SHORT_REPLY, opening
from benchmarks.harness import Hush, hush
from benchmarks.llama_cpp import llama_cpp
from benchmarks.report import Row
from benchmarks.rounds import Rounds, pair
from models.starter import starter_model

CONVERSATIONS: Final = 5
MOST_OF_SERVER: Final = 1.0


class Ours:
    """Conversations in Hush, asked in turn."""

    def __init__(self, ours: Hush) -> None:
        self._ours = ours
        self._conversations: list[int] = []
        self.turns: list[Asked] = []

    def begin(self, text: str) -> None:
        """Open another conversation."""
        self._conversations.append(ask(self._ours, text).conversation_id)
        self._ours.rest()

    def first_token(self, number: int, text: str) -> float:
        """Ask in a conversation; seconds to the first text."""
        turn = ask(self._ours, text, self._conversations[number])
        self._ours.rest()
        self.turns.append(turn)
        return turn.first_seconds


class Theirs:
    """The same conversations in a server, each with the answers that it got there."""

    def __init__(self, running: Server) -> None:
        self._running = running
        self._conversations: list[list[Turn]] = []
        self.turns: list[Served] = []

    def begin(self, text: str) -> None:
        """Open another conversation, in the next slot."""
        self._conversations.append([Turn("system", DEFAULT_SYSTEM_PROMPT)])
        self._ask(len(self._conversations) - 1, text)

    def first_token(self, number: int, text: str) -> float:
        """Ask in a conversation; seconds to the first text."""
        turn = self._ask(number, text)
        self.turns.append(turn)
        return turn.first_seconds

    def _ask(self, number: int, text: str) -> Served:
        conversation = self._conversations[number]
        conversation.append(Turn("user", text))
        answer = self._running.ask(number, conversation, SHORT_REPLY)
        conversation.append(Turn("assistant", answer.text))
        return answer


def switching(effort: Effort) -> list[Row]:
    """Enter to first text after a switch among five conversations of 1,500 tokens / the server's.

    Same file, same threads, same questions; every conversation has its slot. Hush is not told of a
    question before it is asked.
    """
    model, rounds = starter_model().path, max(2, effort.rounds * 2 // 3)
    slots = {"threads": computing_threads(), "slots": CONVERSATIONS, "context": ROOMY_CONTEXT}
    with (
        server(llama_cpp(), model, **slots) as running,
        hush(context_tokens=ROOMY_CONTEXT, reply_tokens=SHORT_REPLY, use_tuned=False) as app,
    ):
        ours, theirs = Ours(app), Theirs(running)
        for seed in range(1, CONVERSATIONS + 1):
            text = opening(seed, rounds)
            ours.begin(text)
            theirs.begin(text)
        pairs = [
            pair(
                partial(ours.first_token, number, question),
                partial(theirs.first_token, number, question),
                ours_first=number % 2 == 0,
            )
            for question in QUESTIONS[:rounds]
            for number in range(CONVERSATIONS)
        ]
    found = Rounds(pairs)
    read = [
        statistics.median(turn.new_tokens for turn in ours.turns),
        statistics.median(turn.read_tokens for turn in theirs.turns),
    ]
    how = (
        f"llama-server with {CONVERSATIONS} slots, {len(pairs)} pairs; "
        f"{found.ours * 1000:.0f} against {found.theirs * 1000:.0f} ms, "
        f"{read[0]:.0f} and {read[1]:.0f} new tokens"
    )
    name = f"first token after a switch among {CONVERSATIONS} chats"
    return [Row(name, found.ratio, "x", how, MOST_OF_SERVER)]
