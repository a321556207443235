"""Who can be asked: what can be kept, whose key goes where, and whom a press is enough for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pytest

from assistant.cloud.providers import (
    MAX_LIST_BYTES,
    MAX_MODELS,
    STAND_IN,
    ProviderShelf,
    models_of,
    normalised,
)
from assistant.cloud.records import Provider
from assistant.errors import InputRefused, KeyNotKept, NotFound, StorageFull, VaultLocked
from assistant.events import CloudChanged, Event
from assistant.net.records import Purpose
from assistant.net.request import NetRequest
from assistant.store import cloud_rows, conversation_rows, message_rows
from assistant.store.cloud_accounts import MOST
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from tests.fakes.clock import FakeClock
from tests.fakes.key_safe import FakeKeySafe

T = TypeVar("T")

HOSTED = Provider("", "Mistral", "https://api.mistral.test/v1", "small-latest", own_network=False)
BOX = Provider("", "Box", "http://192.168.1.20:8080/v1", "qwen", own_network=True)
SAFE = replace(BOX, address="https://192.168.1.20:8080/v1")


@dataclass
class Bench:
    """A shelf over a vault in memory and a safe in a dictionary."""

    vault: Vault = field(default_factory=Vault.in_memory)
    keys: FakeKeySafe = field(default_factory=FakeKeySafe)
    clock: FakeClock = field(default_factory=FakeClock)
    told: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shelf = self.again()

    def again(self) -> ProviderShelf:
        """A shelf as after a restart; what it knew first is read."""
        shelf = ProviderShelf(self.vault, self.keys, self.clock, self.told.append)
        shelf.list().result(20)
        return shelf

    def save(self, provider: Provider, key: str | None = None) -> Provider:
        """Keep one, a second after the one before."""
        self.clock.advance(1)
        return self.shelf.save(provider, key).result(20)

    def refuses(self, provider: Provider, key: str | None = None) -> InputRefused:
        """What it says to one that it does not keep; nothing is changed by it."""
        before = self.shelf.known, dict(self.keys.keys)
        with pytest.raises(InputRefused) as caught:
            self.save(provider, key)
        assert (self.again().known, self.keys.keys) == before
        return caught.value


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Empty."""
    bench = Bench()
    yield bench
    bench.vault.close()


def question(provider: Provider, **changed: Any) -> NetRequest:
    """What asks a provider something."""
    request = NetRequest(
        purpose=Purpose.CLOUD,
        url=f"{provider.address}/chat/completions",
        kind="cloud",
        method="POST",
        body=b"{}",
        own_network=provider.own_network,
    )
    return replace(request, **changed)


# --- Addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://api.mistral.test/v1", "https://api.mistral.test/v1"),
        ("  https://API.Mistral.test/v1/ \n", "https://api.mistral.test/v1"),
        ("https://api.mistral.test:443/v1", "https://api.mistral.test/v1"),
        ("https://api.mistral.test/v1/chat/completions", "https://api.mistral.test/v1"),
        ("https://api.mistral.test/v1/models/", "https://api.mistral.test/v1"),
        ("https://api.mistral.test", "https://api.mistral.test"),
        ("https://api.mistral.test:8443/", "https://api.mistral.test:8443"),
        ("http://192.168.1.20:8080/v1", "http://192.168.1.20:8080/v1"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("http://[fd00::0:1]:1234/v1", "http://[fd00::1]:1234/v1"),
        ("https://box.local/v1", "https://box.local/v1"),
    ],
)
def test_an_address_is_kept_in_one_way(typed: str, kept: str) -> None:
    """Whatever was copied from a page of examples; twice is once."""
    assert normalised(typed) == kept
    assert normalised(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "api.mistral.test/v1",
        "ftp://api.mistral.test/v1",
        "http://api.mistral.test/v1",
        "http://8.8.8.8/v1",
        "http://192.168.1.20.evil.test/v1",
        "https://anna:secret@api.mistral.test/v1",
        "https://api.mistral.test/v1?key=secret",
        "https://api.mistral.test/v1#part",
        "https://api.mistral.test/../v1",
        "https://api.mistral.test/./v1",
        "https://api.mistral.test//v1",
        "https://api.mistral.test\\@evil.test/v1",
        "https://api.mistral.test/v1\r\nHost: evil.test",
        "https://127.1/v1",
        "https://api.mistral.test:0/v1",
        "https://\u0430pi.test/v1",
        "https://api.mistral.test/" + "v" * 2000,
        "https://",
        "\ud800",
    ],
)
def test_what_is_no_address_is_refused(bench: Bench, typed: str) -> None:
    """In words that hold nothing of it, and nothing is kept."""
    error = bench.refuses(replace(HOSTED, address=typed), "sk-key")
    assert "secret" not in error.sentence
    assert "evil" not in error.sentence


def test_http_is_refused_with_its_reason() -> None:
    """Out there everybody on the way reads it."""
    with pytest.raises(InputRefused, match="others can read"):
        normalised("http://api.mistral.test/v1")


# --- Keeping --------------------------------------------------------------------------------------


def test_a_new_one_gets_an_id_and_is_known_at_once(bench: Bench) -> None:
    """The first is the default; whether it is on one's own network only its address says."""
    hosted = bench.save(replace(HOSTED, own_network=True, name="  Mistral \t AI "), "sk-key")
    box = bench.save(replace(BOX, own_network=False, is_default=True))
    assert len(hosted.id) == 16
    assert (hosted.name, hosted.own_network, hosted.has_key) == ("Mistral AI", False, True)
    assert (hosted.is_default, box.is_default) == (True, False)
    assert (box.own_network, box.has_key) == (True, False)
    assert bench.shelf.known == bench.again().known == (hosted, box)
    assert bench.keys.keys == {hosted.id: "sk-key"}
    assert bench.told == [CloudChanged(), CloudChanged()]


def test_a_key_is_in_no_row(bench: Bench) -> None:
    """The vault holds that there is one."""
    saved = bench.save(HOSTED, "sk-secret-7")
    rows = bench.vault.read(lambda c: c.execute("SELECT * FROM cloud_provider").fetchall()).result()
    assert "sk-secret-7" not in repr(rows)
    assert "sk-secret-7" not in repr(saved)
    assert "mistral.test" not in repr(saved)


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 61},
        {"name": "Mis\u202etral"},
        {"name": "Mis\x00tral"},
        {"name": "\ud800"},
        {"model": ""},
        {"model": "x" * 201},
        {"model": "mod\u00e8le"},
        {"model": "a\nb"},
        {"price_in": -1.0},
        {"price_out": float("nan")},
        {"price_in": float("inf")},
        {"currency": "dollar"},
        {"currency": ""},
        {"limit_field": "messages"},
        {"id": "../../etc"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(bench: Bench, change: dict[str, Any]) -> None:
    """Each with words, and neither key nor row is left of it."""
    assert bench.refuses(replace(HOSTED, **change), "sk-key").message


def test_a_key_that_is_none_keeps_the_provider_out(bench: Bench) -> None:
    """Half a provider would ask without a key."""
    bench.refuses(HOSTED, "sk with blanks")


def test_two_of_one_name_are_refused(bench: Bench) -> None:
    """A terminal knows them by it. The same one may keep its own."""
    saved = bench.save(HOSTED)
    bench.refuses(replace(BOX, name="mISTRAL"))
    assert bench.save(replace(saved, name="MISTRAL")).name == "MISTRAL"


def test_there_is_room_for_so_many(bench: Bench) -> None:
    """As many as a keyring's list of them holds; changing one of them still goes."""
    for number in range(MOST):
        last = bench.save(replace(BOX, name=f"Box {number}"))
    bench.refuses(HOSTED)
    assert bench.save(replace(last, model="other")).model == "other"


def test_a_key_stays_changes_and_goes(bench: Bench) -> None:
    """None leaves it, another one takes its place, and an empty one takes it away."""
    saved = bench.save(HOSTED, "sk-one")
    assert bench.save(replace(saved, model="other"), None).has_key
    assert bench.keys.keys == {saved.id: "sk-one"}
    assert bench.save(saved, "sk-two").has_key
    assert bench.keys.keys == {saved.id: "sk-two"}
    assert not bench.save(saved, "").has_key
    assert bench.keys.keys == {}


@pytest.mark.parametrize(
    "address",
    [
        "https://api.evil.test/v1",
        "https://api.mistral.test:8443/v1",
        "https://192.168.1.20/v1",
    ],
)
def test_a_key_goes_to_nobody_it_was_not_entered_for(bench: Bench, address: str) -> None:
    """Another server needs its own, or none; the old one is gone then."""
    saved = bench.save(HOSTED, "sk-one")
    error = bench.refuses(replace(saved, address=address), None)
    assert "key" in error.sentence
    moved = bench.save(replace(saved, address=address), "")
    assert (moved.has_key, moved.is_default) == (False, True)
    assert bench.keys.keys == {}
    again = bench.save(replace(moved, address=HOSTED.address), "sk-two")
    third = bench.save(replace(again, address=address), "sk-three")
    assert third.has_key
    assert bench.keys.keys == {third.id: "sk-three"}
    assert bench.shelf.known == (third,)
    assert len({saved.id, moved.id, again.id, third.id}) == 4, "an id is of one server for good"


class FullVault(Vault):
    """A vault whose disk is full when it is told so."""

    is_full = False

    def write(self, work: Callable[[Connection], T], *, patient: bool = False) -> Future[T]:
        """See ``Vault.write``."""
        if self.is_full:
            raise StorageFull("The disk is full.")
        return super().write(work, patient=patient)


def test_a_change_that_is_not_written_leads_no_key_elsewhere() -> None:
    """The old server has the old key, as if nothing had been tried; the new one is nowhere."""
    vault = FullVault.in_memory()
    bench = Bench(vault)
    saved = bench.save(HOSTED, "sk-one")
    vault.is_full = True
    with pytest.raises(StorageFull):
        bench.save(replace(saved, address="https://api.other.test/v1"), "sk-two")
    assert bench.again().known == (saved,)
    assert bench.keys.keys == {saved.id: "sk-one"}
    vault.close()


@pytest.mark.parametrize("when", ["before the row", "after it"])
def test_killed_while_a_server_is_changed(bench: Bench, when: str) -> None:
    """Whatever row the next start finds, the key that it leads to is that server's."""
    saved = bench.save(HOSTED, "sk-one")
    kept = dict(bench.keys.keys)
    moved = bench.save(replace(saved, address="https://api.other.test/v1"), "sk-two")
    bench.keys.keys |= kept  # as a kill leaves it: both keys are there
    if when == "before the row":  # and as an older backup has it
        put_back(bench.vault, moved.id, saved)
    (found,) = bench.again().known
    key = bench.keys.get(found.id)
    assert (found.address, key) in {
        ("https://api.mistral.test/v1", "sk-one"),
        ("https://api.other.test/v1", "sk-two"),
    }


def put_back(vault: Vault, now: str, saved: Provider) -> None:
    """Have the row be as it was."""

    def work(connection: Connection) -> None:
        cloud_rows.rename_provider(connection, now, saved.id)
        cloud_rows.put_provider(connection, saved, 1)

    vault.write(work).result(20)


def test_what_waits_for_a_server_waits_for_the_one_it_became(bench: Bench) -> None:
    """It has another id; the question does not mind."""
    saved = bench.save(HOSTED)

    def ask(connection: Connection) -> None:
        made = conversation_rows.create(connection, "Trains", 1).id
        question = message_rows.add_question(connection, made, None, "When?", 1).id
        cloud_rows.wait_for(connection, question, saved.id, 1)

    bench.vault.write(ask).result(20)
    moved = bench.save(replace(saved, address="https://api.other.test/v1"))
    (waits,) = bench.vault.read(cloud_rows.waiting).result(20)
    assert waits.provider_id == moved.id != saved.id


def test_an_id_that_nobody_has_becomes_another(bench: Bench) -> None:
    """A form that was open while its provider was removed makes a new one, and finds no old key."""
    saved = bench.save(HOSTED, "sk-one")
    bench.shelf.remove(saved.id).result(20)
    bench.keys.keys[saved.id] = "sk-left"  # a keyring did not let go of it
    again = bench.save(saved)
    assert again.id != saved.id
    assert not again.has_key


def test_the_same_server_keeps_its_key(bench: Bench) -> None:
    """Another path of it is no other server."""
    saved = bench.save(HOSTED, "sk-one")
    moved = bench.save(replace(saved, address="https://api.mistral.test/v2"), None)
    assert (moved.address, moved.has_key) == ("https://api.mistral.test/v2", True)


def test_a_locked_keyring_keeps_the_old_key_apart(bench: Bench) -> None:
    """It lies there until all is erased, and no provider leads to it."""
    saved = bench.save(HOSTED, "sk-one")
    bench.keys.locked = True
    moved = bench.save(replace(saved, address="https://api.other.test/v1"), "sk-two")
    assert bench.keys.keys == {saved.id: "sk-one", moved.id: "sk-two"}
    assert bench.again().known == (moved,)


def test_removing_takes_the_key_first(bench: Bench) -> None:
    """Where the keyring keeps it, the provider stays, so that nothing is forgotten there."""
    saved, box = bench.save(HOSTED, "sk-one"), bench.save(BOX)
    bench.keys.locked = True
    with pytest.raises(KeyNotKept):
        bench.shelf.remove(saved.id).result(20)
    assert bench.shelf.known == (saved, box)
    bench.shelf.remove(box.id).result(20)  # without a key, a keyring has no say
    bench.keys.locked = False
    bench.shelf.remove(saved.id).result(20)
    assert not bench.shelf.known
    assert not bench.keys.keys
    with pytest.raises(NotFound):
        bench.shelf.remove(saved.id).result(20)


def test_another_default(bench: Bench) -> None:
    """Whom an offer names."""
    bench.save(HOSTED)
    box = bench.save(BOX)
    bench.shelf.make_default(box.id).result(20)
    assert [one.name for one in bench.shelf.known] == ["Box", "Mistral"]
    assert bench.save(replace(box, is_default=False)).is_default


def test_changes_from_many_threads_are_made_one_by_one(bench: Bench) -> None:
    """Each of them is there at the end, and one of one name."""
    failed: list[BaseException] = []

    def add(number: int) -> None:
        try:
            bench.shelf.save(replace(BOX, name=f"Box {number % 8}"), f"sk-{number}").result(20)
        except InputRefused as error:
            failed.append(error)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(failed) == 8
    assert sorted(one.name for one in bench.shelf.known) == [f"Box {number}" for number in range(8)]
    assert bench.keys.keys.keys() == {one.id for one in bench.shelf.known}


def test_a_closed_vault_is_told(bench: Bench) -> None:
    """In the future, and what was known stays known."""
    saved = bench.save(HOSTED)
    bench.vault.close()
    with pytest.raises(VaultLocked):
        bench.shelf.save(BOX, None).result(20)
    assert bench.shelf.known == (saved,)


# --- Trust ----------------------------------------------------------------------------------------


def test_trust_is_given_by_itself_alone(bench: Bench) -> None:
    """Not by keeping; and only to a box on one's own network."""
    box = bench.save(replace(SAFE, trusted=True))
    hosted = bench.save(replace(HOSTED, trusted=True))
    assert not box.trusted
    assert not hosted.trusted
    assert bench.shelf.trust(box.id, trusted=True).result(20).trusted
    assert bench.save(replace(box, trusted=False, name="Cellar")).trusted
    with pytest.raises(InputRefused, match="own network"):
        bench.shelf.trust(hosted.id, trusted=True).result(20)
    assert not bench.shelf.trust(box.id, trusted=False).result(20).trusted


@pytest.mark.parametrize(
    ("address", "can"),
    [
        ("http://192.168.1.20:8080/v1", False),
        ("http://nas.local/v1", False),
        ("https://nas.local/v1", True),
        ("http://127.0.0.1:8080/v1", True),
        ("http://localhost:11434/v1", True),
    ],
)
def test_an_address_that_is_another_machine_elsewhere(
    bench: Bench, address: str, can: bool
) -> None:
    """In a café it is somebody's: only what shows a certificate, or this computer, is trusted."""
    box = bench.save(replace(BOX, address=address))
    assert box.own_network
    if can:
        assert bench.shelf.trust(box.id, trusted=True).result(20).trusted
        return
    with pytest.raises(InputRefused, match="encrypted"):
        bench.shelf.trust(box.id, trusted=True).result(20)
    trusted = replace(box, trusted=True)  # as an earlier version may have kept it
    bench.vault.write(lambda c: cloud_rows.put_provider(c, trusted, 1)).result(20)
    again = bench.again()
    again.list().result(20)
    assert not again.trusts(question(trusted))


@pytest.mark.parametrize(
    "address",
    [
        "https://192.168.1.21:8080/v1",
        "https://192.168.1.20:8081/v1",
        "https://192.168.1.20:8080/v2",
    ],
)
def test_another_address_takes_trust_away(bench: Bench, address: str) -> None:
    """Also another path: it was not this that was trusted."""
    box = bench.save(SAFE)
    bench.shelf.trust(box.id, trusted=True).result(20)
    moved = bench.save(replace(box, address=address))
    assert not moved.trusted
    assert not bench.shelf.trusts(question(moved))


def test_a_press_is_enough_for_a_trusted_box(bench: Bench) -> None:
    """From memory, and as after a restart."""
    box = bench.save(SAFE)
    assert not bench.shelf.trusts(question(box))
    box = bench.shelf.trust(box.id, trusted=True).result(20)
    assert bench.shelf.trusts(question(box))
    assert bench.again().trusts(question(box))
    bench.shelf.remove(box.id).result(20)
    assert not bench.shelf.trusts(question(box))


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "https://192.168.1.21:8080/v1/chat/completions"},
        {"url": "https://192.168.1.20:8081/v1/chat/completions"},
        {"url": "http://192.168.1.20:8080/v1/chat/completions"},
        {"url": "https://192.168.1.20:8080/v1/files"},
        {"url": "https://192.168.1.20:8080/v1/x/../chat/completions"},
        {"url": "https://192.168.1.20:8080/v1/chat/completions?to=evil"},
        {"url": "https://192.168.1.20:8080/v1evil/chat/completions"},
        {"url": "nonsense"},
        {"own_network": False},
        {"purpose": Purpose.MODEL},
        {"method": "GET"},
    ],
    ids=str,
)
def test_nothing_else_is_trusted_with_it(bench: Bench, changed: dict[str, Any]) -> None:
    """Not its neighbour, another port, another path, or another errand."""
    box = bench.save(SAFE)
    box = bench.shelf.trust(box.id, trusted=True).result(20)
    assert bench.shelf.trusts(question(box))
    assert not bench.shelf.trusts(question(box, **changed))


# --- Trying the connection ------------------------------------------------------------------------


@pytest.mark.parametrize("provider", [HOSTED, BOX], ids=lambda one: one.name)
def test_the_test_asks_for_models_and_sends_nothing(bench: Bench, provider: Provider) -> None:
    """A sound request with no body, to that host alone; a key is said to be there, not told."""
    saved = bench.save(provider, "sk-secret-7")
    request = bench.shelf.test_request(saved)
    assert request.url == f"{provider.address}/models"
    assert request.is_sound
    assert (request.method, request.body, request.hosts) == ("GET", b"", ())
    assert request.headers == (STAND_IN,)
    assert request.own_network is provider.own_network
    without = bench.shelf.test_request(replace(saved, has_key=False))
    assert without.headers == ()
    assert without.payload_sha256 != request.payload_sha256


def test_the_models_of_an_answer() -> None:
    """In their order, once each, and only names that could be sent back."""
    rows = ["a", "b", "a", " c", "\u202ed", "", "x" * 201, 7, None, ["e"], "f g"]
    body = json.dumps({"object": "list", "data": [{"id": row} for row in rows] + ["g", None]})
    assert models_of(body.encode()) == ("a", "b", "f g")
    assert models_of(b'{"data": []}') == ()


def test_very_many_models() -> None:
    """Nobody chooses from more than so many."""
    body = json.dumps({"data": [{"id": f"model-{number}"} for number in range(5000)]})
    assert len(models_of(body.encode())) == MAX_MODELS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>evil</html>",
        b"null",
        b"[]",
        b"{}",
        b'{"data": {}}',
        b'{"data": "evil"}',
        b"\xff\xfe\x00\x01\x02",
        b"[" * 200_000,
        b'{"data": [' + b"9" * 10_000 + b"]}",
        b" " * (MAX_LIST_BYTES + 1),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_list(body: bytes) -> None:
    """Is refused in words of our own."""
    with pytest.raises(InputRefused) as caught:
        models_of(body)
    assert "evil" not in caught.value.sentence


def test_what_it_tells_comes_after_it_is_so(bench: Bench) -> None:
    """Whoever hears that something changed and asks again sees it."""
    seen: list[int] = []
    hear: Callable[[Event], None] = lambda _: seen.append(len(bench.shelf.known))  # noqa: E731 - one expression
    bench.shelf = ProviderShelf(bench.vault, bench.keys, bench.clock, hear)
    bench.save(HOSTED)
    bench.save(BOX)
    assert seen == [1, 2]
