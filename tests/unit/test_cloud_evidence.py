"""What was sent for an answer: found, deleted, and gone from the file with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from assistant.cloud.evidence import Evidence
from assistant.cloud.records import Sent
from assistant.errors import NotFound
from assistant.records import FIRST_PRIVATE_ID
from assistant.redaction.records import Sort, Swap, Table
from assistant.scrubber import Scrubber
from assistant.store import chore_rows, cloud_rows
from assistant.store import conversation_rows as conversations
from assistant.store import message_rows as messages
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from tests.fakes.clock import FakeClock

KEY = bytes(range(32))
TABLE = Table((Swap("[EMAIL_1]", Sort.EMAIL, "anna@example.test"),))


@dataclass
class Bench:
    """Evidence over a vault on the disk and a private one."""

    folder: Path

    def __post_init__(self) -> None:
        self.vaults = Vaults(Vault.open(self.folder / "vault.db", KEY))
        self.scrubber = Scrubber(self.vaults.kept, FakeClock())
        self.evidence = Evidence(self.vaults, self.scrubber)

    def send(self, *, private: bool = False, at: int = 7, digest: str = "d" * 64) -> Sent:
        """Keep an answer and what was sent for it."""

        def work(connection: Connection) -> Sent:
            made = conversations.create(connection, "Trains", 1).id
            asked = messages.add_question(connection, made, None, "When?", 1).id
            answer = messages.add_answer(connection, made, asked, 2).id
            sent = Sent(
                *(answer, "Mistral", "api.mistral.test", "small", at, "c" * 32, digest),
                *(4, b"body", TABLE),
            )
            cloud_rows.put_sent(connection, sent, "a" * 16)
            return sent

        return self.vaults.for_new(private=private).write(work).result()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Empty."""
    bench = Bench(tmp_path)
    yield bench
    bench.scrubber.close()
    bench.vaults.close()


@pytest.mark.parametrize("private", [False, True])
def test_it_is_found_by_its_answer_and_its_payload(bench: Bench, private: bool) -> None:
    """In the vault that holds the answer, whichever that is."""
    sent = bench.send(private=private)
    assert (sent.answer_id >= FIRST_PRIVATE_ID) is private
    assert bench.evidence.sent(sent.answer_id).result(20) == sent
    assert bench.evidence.find(sent.payload_sha256).result(20) == sent
    assert bench.evidence.find("0" * 64).result(20) is None


def test_of_several_the_newest_is_found(bench: Bench) -> None:
    """Also where one of them is private."""
    bench.send(at=8)
    newest = bench.send(at=10)
    bench.send(private=True, at=9)
    assert bench.evidence.find("d" * 64).result(20) == newest


@pytest.mark.parametrize("private", [False, True])
def test_a_private_one_is_in_no_file(bench: Bench, private: bool) -> None:
    """The kept vault has no row of it."""
    bench.send(private=private)
    count = bench.vaults.kept.read(
        lambda c: c.execute("SELECT count(*) FROM cloud_sent").fetchone()
    ).result()
    assert count == (0 if private else 1,)


@pytest.mark.parametrize("private", [False, True])
def test_forgetting_it(bench: Bench, private: bool) -> None:
    """Words and table go; host, size and digest stay. A file is scrubbed of it at once."""
    sent = bench.send(private=private)
    bench.evidence.forget(sent.answer_id).result(20)
    left = replace(sent, body=None, table=Table())
    assert bench.evidence.sent(sent.answer_id).result(20) == left
    # The scrub was begun before the answer came, so it is done before whatever is asked next.
    assert not bench.vaults.kept.read(chore_rows.scrub_is_due).result(20)


def test_what_was_not_sent_cannot_be_forgotten(bench: Bench) -> None:
    """Nor shown."""
    for wanted in (12_345, FIRST_PRIVATE_ID + 5):
        for ask in (bench.evidence.sent, bench.evidence.forget):
            with pytest.raises(NotFound):
                ask(wanted).result(20)
