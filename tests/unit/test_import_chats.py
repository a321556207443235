"""ChatGPT's conversations: the tree, what people saw of it, and coming a second time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.children.frames import BrokenFrame
from assistant.errors import FileRefused, InputRefused
from assistant.importing import chatgpt
from assistant.importing.chatgpt import read_chats
from assistant.importing.chats import Chat, ChatReader, ChatTurn, chat_frames
from assistant.importing.records import ImportReport, Named
from assistant.records import Role
from assistant.store import conversation_rows
from tests.unit.import_bench import ImportBench, archive, bench, chat, chats_file, node, skipped

HELLO = chat("Ships", ("user", "What is a keel?"), ("assistant", "The spine of a ship."))


def parse(data: bytes | str, piece: int = 1 << 20) -> list[Chat | Named]:
    """Read a file, so many characters at once."""
    text = data.decode() if isinstance(data, bytes) else data
    at = 0

    def read(count: int) -> str:
        nonlocal at
        found = text[at : at + min(count, piece)]
        at += len(found)
        return found

    return list(read_chats(read))


def one(value: dict[str, Any]) -> Chat:
    """The only conversation in a file."""
    (found,) = parse(chats_file(value))
    assert isinstance(found, Chat)
    return found


def said(found: Chat) -> list[tuple[int | None, str, str]]:
    """Its turns, without times."""
    return [(turn.parent, turn.role.value, turn.text) for turn in found.turns]


def test_a_plain_conversation() -> None:
    """The system's text, which nobody saw, is left out; times are milliseconds."""
    found = one(HELLO)
    assert said(found) == [
        (None, "user", "What is a keel?"),
        (0, "assistant", "The spine of a ship."),
    ]
    assert (found.title, found.key, found.head) == ("Ships", "key-Ships", 1)
    assert (found.created_at, found.updated_at) == (1_700_000_000_500, 1_700_000_100_250)
    assert found.turns[0].at == 1_700_000_001_000


@pytest.mark.parametrize("piece", [1, 7, 100])
def test_a_file_is_read_piece_by_piece(piece: int) -> None:
    """However the pieces fall, also within a word or a number."""
    data = chats_file(HELLO, chat("Two", ("user", 'ä 🎉 \\ " ')), chat("Three", ("user", "x")))
    assert parse(data, piece) == parse(data)
    assert len(parse(data)) == 3


def test_variants_stay_variants() -> None:
    """A regenerated answer and an edited question; the shown path is the file's own."""
    value = chat("T", ("user", "q"), ("assistant", "first"))
    value["mapping"]["other"] = node("assistant", "second", "m1")
    value["mapping"]["edited"] = node("user", "q, edited", "m0")
    found = one(value)
    assert said(found) == [
        (None, "user", "q"),
        (0, "assistant", "first"),
        (0, "assistant", "second"),
        (None, "user", "q, edited"),
    ]
    assert found.head == 1


def test_what_a_tool_did_in_between_is_left_out() -> None:
    """What the assistant said before and after becomes one turn: Hush's turns alternate."""
    value = chat("T", ("user", "q"), ("assistant", "I look."))
    call = node("assistant", "print(1)", "m2")
    call["message"]["recipient"] = "python"
    value["mapping"] |= {
        "call": call,
        "result": node("tool", "1", "call"),
        "after": node("assistant", "It is 1.", "result"),
    }
    value["current_node"] = "after"
    found = one(value)
    assert said(found) == [(None, "user", "q"), (0, "assistant", "I look.\n\nIt is 1.")]
    assert found.head == 1


def test_what_people_did_not_see_is_left_out() -> None:
    """Hidden texts, thoughts, pictures' addresses; speech and code are there."""
    value = chat("T", ("user", "q"))
    hidden = node("user", "profile", "m1")
    hidden["message"]["metadata"] = {"is_visually_hidden_from_conversation": True}
    thoughts = node("assistant", "", "m1")
    thoughts["message"]["content"] = {"content_type": "thoughts", "thoughts": ["secret"]}
    mixed = node("user", "", "m1")
    mixed["message"]["content"] = {
        "content_type": "multimodal_text",
        "parts": [
            {"content_type": "image_asset_pointer", "asset_pointer": "file://x"},
            {"content_type": "audio_transcription", "text": "spoken"},
            "typed \ue200cite\ue202turn0\ue201 words",
            7,
        ],
    }
    code = node("assistant", "", "mixed")
    code["message"]["content"] = {"content_type": "code", "text": "x = 1"}
    value["mapping"] |= {"hidden": hidden, "thoughts": thoughts, "mixed": mixed, "code": code}
    texts = [text for _, _, text in said(one(value))]
    assert texts == ["q\n\n[picture]\n\nspoken\n\ntyped  words", "```\nx = 1\n```"]


def test_a_tree_that_is_none_ends() -> None:
    """Nodes that are their own parents, that have none, or that are no nodes at all."""
    value = chat("T", ("user", "q"))
    value["mapping"] |= {
        "a": node("user", "", "b"),
        "b": node("user", "", "a"),
        "self": node("assistant", "round", "self"),
        "lost": node("assistant", "lost", "nowhere"),
        "under": node("user", "under", "a"),
        "none": None,
        "list": [],
        "odd": {"message": {"content": 7, "author": 7}, "parent": 7},
    }
    texts = [text for _, _, text in said(one(value))]
    assert sorted(texts) == ["lost", "q", "under"]


def test_a_conversation_without_words_is_none() -> None:
    """Opened and never used."""
    assert parse(chats_file(chat("Empty"))) == []


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{}",
        "[1]",
        '[{"title": "x"}]',
        '[{"mapping": {}}',
        '[{"mapping": {}} {"mapping": {}}]',
        "[" * 100_000,
        '[{"mapping": {}, "x": ' + "9" * 5000 + "}]",
        '[{"mapping": {"a": ' + "[" * 100_000,
        "\0",
    ],
)
def test_what_is_no_such_file_is_refused(data: str) -> None:
    """Also where it is nested without end, or cut off."""
    with pytest.raises(FileRefused, match="damaged"):
        parse(data)


def test_a_conversation_too_large_is_skipped_by_name() -> None:
    """The others are there."""
    huge = chat("Huge", ("user", "x" * (chatgpt.MAX_TURN_CHARACTERS + 1)))
    found = parse(chats_file(huge, HELLO))
    assert isinstance(found[0], Named)
    assert found[0].name == "Huge"
    assert isinstance(found[1], Chat)


class TestFrames:
    """A conversation's way out of the reading process, which may have been taken over."""

    def test_there_and_back(self) -> None:
        """In as many frames as it needs."""
        turns = tuple(
            ChatTurn(n - 1 if n else None, (Role.USER, Role.ASSISTANT)[n % 2], "x" * 300_000, n)
            for n in range(10)
        )
        sent = Chat("k", "t", 1, None, 9, turns)
        frames = list(chat_frames(sent))
        assert len(frames) > 2
        reader = ChatReader()
        taken = [reader.take(json.loads(json.dumps(frame))) for frame in frames]
        assert taken == [None] * (len(frames) - 1) + [sent]

    @pytest.mark.parametrize(
        "frames",
        [
            [{"op": "turns", "turns": []}],
            [{"op": "chat", "turns": 10**9}],
            [{"op": "chat", "turns": "x"}],
            [{"op": "chat", "turns": 1, "head": 0}, {"op": "chat", "turns": 1, "head": 0}],
            [
                {"op": "chat", "turns": 1, "head": 5},
                {"op": "turns", "turns": [[None, "user", "", 0]]},
            ],
            [{"op": "chat", "turns": 1}, {"op": "turns", "turns": [[0, "user", "", 0]]}],
            [{"op": "chat", "turns": 1}, {"op": "turns", "turns": [[None, "god", "", 0]]}],
            [{"op": "chat", "turns": 1}, {"op": "turns", "turns": [[None, "user", 7, 0]]}],
            [{"op": "chat", "turns": 1}, {"op": "turns", "turns": [7]}],
            [{"op": "chat", "turns": 1}, {"op": "turns"}],
        ],
    )
    def test_what_cannot_be_is_refused(self, frames: list[dict[str, Any]]) -> None:
        """No turn before its parent, no role of its own making, no more turns than it said."""
        reader = ChatReader()
        with pytest.raises(BrokenFrame):
            list(map(reader.take, frames))


@pytest.fixture
def work() -> Iterator[ImportBench]:
    """The service over an empty vault."""
    with bench() as made:
        yield made


class TestImport:
    """Conversations in the vault."""

    def write(self, folder: Path, *chats: dict[str, Any]) -> Path:
        """A ``conversations.json``."""
        path = folder / "conversations.json"
        path.write_bytes(chats_file(*chats))
        return path

    def test_a_conversation_is_a_conversation(self, work: ImportBench, tmp_path: Path) -> None:
        """With its title, its times and its path."""
        report = work.take(self.write(tmp_path, HELLO))
        assert report == ImportReport(new=1, conversations=1)
        found, messages = work.chats()["Ships"]
        assert [message.text for message in messages] == ["What is a keel?", "The spine of a ship."]
        assert [message.role for message in messages] == [Role.USER, Role.ASSISTANT]
        assert (found.created_at, found.updated_at) == (1_700_000_000_500, 1_700_000_100_250)
        by_words = work.vault.read(lambda c: conversation_rows.search(c, "keel")).result()
        assert [chat.id for chat in by_words] == [found.id]

    def test_again_changes_nothing(self, work: ImportBench, tmp_path: Path) -> None:
        """No second conversation, no second message."""
        path = self.write(tmp_path, HELLO, chat("Two", ("user", "x"), key="two"))
        work.take(path)
        assert work.take(path) == ImportReport(same=2, conversations=2)
        assert work.messages() == 3

    def test_one_that_went_on_elsewhere(self, work: ImportBench, tmp_path: Path) -> None:
        """Its new messages come below the old ones; variants stand beside theirs."""
        work.take(self.write(tmp_path, HELLO))
        longer = chat(
            "Ships",
            ("user", "What is a keel?"),
            ("assistant", "The spine of a ship."),
            ("user", "And a mast?"),
        )
        longer["mapping"]["v"] = node("assistant", "A long timber.", "m1")
        report = work.take(self.write(tmp_path, longer))
        assert report == ImportReport(changed=1, conversations=1)
        _, messages = work.chats()["Ships"]
        assert [message.text for message in messages][-1] == "And a mast?"
        assert messages[1].variants == 2
        assert work.messages() == 4

    def test_what_was_added_in_hush_stays_shown(self, work: ImportBench, tmp_path: Path) -> None:
        """It went on here and there: both stand, and the person's own path is shown."""
        work.take(self.write(tmp_path, HELLO))
        found, messages = work.chats()["Ships"]

        def go_on(c: Any) -> None:
            c.execute(
                "INSERT INTO message (conversation_id, parent_id, role, state, text, created_at)"
                " VALUES (?, ?, 'user', 'complete', 'mine', 1)",
                (found.id, messages[-1].id),
            )
            c.execute("UPDATE conversation SET head_id = (SELECT max(id) FROM message)")

        work.vault.write(go_on).result()
        longer = chat("Ships", ("user", "What is a keel?"), ("assistant", "The spine of a ship."),
                      ("user", "theirs"))  # fmt: skip
        work.take(self.write(tmp_path, longer))
        _, messages = work.chats()["Ships"]
        assert [message.text for message in messages][-1] == "mine"
        assert messages[-1].variants == 2

    def test_one_deleted_in_hush_comes_back_as_new(self, work: ImportBench, tmp_path: Path) -> None:
        """It was asked for."""
        path = self.write(tmp_path, HELLO)
        work.take(path)
        work.vault.write(lambda c: c.execute("UPDATE conversation SET deleted_at = 1").rowcount)
        assert work.take(path).new == 1
        assert list(work.chats()) == ["Ships"]

    def test_a_long_conversation_in_several_transactions(
        self, work: ImportBench, tmp_path: Path
    ) -> None:
        """Nobody else waits for all of it."""
        turns = [(("user", "assistant")[n % 2], f"turn {n}") for n in range(501)]
        work.take(self.write(tmp_path, chat("Long", *turns)))
        _, messages = work.chats()["Long"]
        assert [message.text for message in messages] == [text for _, text in turns]

    def test_an_archive_of_them(self, work: ImportBench, tmp_path: Path) -> None:
        """As ChatGPT sends it, in parts or not, beside files that are nothing to Hush."""
        path = tmp_path / "export.zip"
        path.write_bytes(
            archive(
                {
                    "x/conversations-000.json": chats_file(HELLO),
                    "x/conversations-001.json": chats_file(chat("Two", ("user", "x"))),
                    "x/picture.png": b"x",
                    "x/user.json": b"{}",
                }
            )
        )
        assert work.take(path).new == 2

    @pytest.mark.parametrize(
        ("members", "words"),
        [
            ({"conversations.json": b"[]", "../../evil": b"x"}, "points outside"),
            ({"conversations.json": b"[" + b" " * 20_000_000 + b"]"}, "unpack to 20 MB"),
            ({"conversations.json": b"\xff\xfe"}, "damaged"),
        ],
    )
    def test_an_archive_that_is_refused(
        self, work: ImportBench, tmp_path: Path, members: dict[str, bytes], words: str
    ) -> None:
        """By name, in the report."""
        (tmp_path / "export.zip").write_bytes(archive(members))
        report = work.take(tmp_path / "export.zip")
        assert words in skipped(report)["export.zip"]
        assert report.new == 0

    def test_a_damaged_end_loses_nothing_before_it(self, work: ImportBench, tmp_path: Path) -> None:
        """A download that was cut off."""
        data = chats_file(HELLO, chat("Two", ("user", "x")))
        (tmp_path / "conversations.json").write_bytes(data[:-40])
        report = work.take(tmp_path / "conversations.json")
        assert report.new == 1
        assert "damaged" in skipped(report)["conversations.json"]

    def test_another_programs_json_is_refused(self, work: ImportBench, tmp_path: Path) -> None:
        """It was chosen by hand, and is no list of conversations."""
        (tmp_path / "package.json").write_text('{"name": "x"}')
        report = work.take(tmp_path / "package.json")
        assert "no list of ChatGPT's" in skipped(report)["package.json"]

    def test_there_is_no_such_kind(self, work: ImportBench, tmp_path: Path) -> None:
        """Refused at once; nothing is left to go on with."""
        (tmp_path / "a.exe").write_text("x")
        with pytest.raises(InputRefused):
            work.take(tmp_path / "a.exe")
        assert work.service.unfinished().result() == []
