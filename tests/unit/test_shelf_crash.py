"""A model that loads and then ends its process: named, given up, and what was asked is kept."""

from __future__ import annotations

import queue
import sys
from dataclasses import replace
from pathlib import Path

from assistant.access.entrance import Entrance
from assistant.app import App, FirstKeys, Parts
from assistant.cancel import Cancel
from assistant.engine.process import ChildEngine
from assistant.errors import EngineDied
from assistant.events import Event, ModelRolledBack, ReplyEnded
from assistant.paths import Profile
from assistant.records import MessageState
from assistant.shelf.protocols import unheard
from models.file import ModelFile
from tests.fakes.door import CHEAP, PASSPHRASE, Door, FakeProver
from tests.gguf_files import SMALL, write_model

ABORTS_FOR_MINE = """
import os
from assistant.engine import child
generate = child.Child._generate
def aborting(self, frame):
    if self._model.info.name == "Mine":
        os.abort()
    generate(self, frame)
child.Child._generate = aborting
child.main()
"""


def test_the_chat_is_kept_and_the_next_question_is_answered(
    profile: Profile, tmp_path: Path
) -> None:
    """Taken in, tried out, used; it aborts under two answers; the starter writes the third."""
    path = tmp_path / "starter.gguf"
    sha256 = write_model(path)
    starter = ModelFile(path, "Starter", path.stat().st_size, sha256)
    write_model(tmp_path / "Mine.gguf", replace(SMALL, seed=2))
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    rolled_back: list[ModelRolledBack] = []

    def hear(event: Event) -> None:
        if isinstance(event, ModelRolledBack):
            rolled_back.append(event)
        events.put(event)

    def ended() -> ReplyEnded:
        while not isinstance(event := events.get(timeout=30), ReplyEnded):
            pass
        return event

    parts = Parts(
        engine=lambda: ChildEngine([sys.executable, "-c", ABORTS_FOR_MINE]),
        entrance=lambda profile, clock: Entrance(profile, clock, cost=CHEAP),
        prover=FakeProver(Door(profile)),
        starter=lambda: starter,
    )
    with App(profile, hear, parts) as app:
        session = app.create_vault(FirstKeys(keyring=False, passphrase=PASSPHRASE)).result(20)
        assert session.models
        taken = session.models.taking_in.take(tmp_path / "Mine.gguf", unheard, Cancel())
        mine = taken.result(20)
        session.models.activation.activate(mine.sha256, unheard, Cancel()).result(60)
        room: int | None = None
        for number in range(3):
            session.chat.send(room, f"Question {number}")
            end = ended()
            room = end.conversation.id
            if number < 2:
                assert isinstance(end.error, EngineDied)
            else:
                assert end.error is None
                assert end.message.state is not MessageState.FAILED
        assert room
        said = [message.text for message in session.conversations.thread(room).result(20).messages]
        assert [text for text in said if text.startswith("Question")] == [
            f"Question {number}" for number in range(3)
        ]
        models = {model.name: model for model in session.models.library.all().result(20)}
        shelf = session.models.library
    starters = {model.name: model for model in shelf.all().result(20)}["Starter"]
    assert starters.used_at > 0  # its answer counted: the worker has ended, so it was told
    assert [(event.name, event.to) for event in rolled_back] == [("Mine", "Starter")]
    assert models["Starter"].active
    assert models["Mine"].state == "ready"
