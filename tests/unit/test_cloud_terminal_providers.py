"""``hush cloud``: who can be asked, what waits, and the switch."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from assistant.terminal import may_fetch
from assistant.terminal.arguments import parse
from tests.fakes.cloud import BOX, MISTRAL
from tests.unit.terminal_cloud import Hush, typing
from tests.unit.terminals import readable


@pytest.fixture
def hush() -> Hush:
    """A cloud that is on, with a hosted provider and a box."""
    return Hush()


def test_on_and_off(hush: Hush) -> None:
    """A setting, and nothing else; what stands above it is told."""
    assert hush.run("cloud", "off") == 0
    assert not hush.settings.cloud
    hush.settings = replace(hush.settings, local_only=True)
    assert hush.run("cloud", "on") == 0
    assert hush.settings.cloud
    assert "set to stay on this computer" in hush.err
    assert hush.run("cloud", "on", "--json") == 0
    assert hush.rows() == [{"cloud": True, "local_only": True}]


def test_providers_are_listed(hush: Hush) -> None:
    """The one that is offered first, marked; no address of a key."""
    assert hush.run("cloud", "providers") == 0
    first, second = hush.out.splitlines()
    assert first.startswith("* Mistral")
    assert "hosted, key" in first
    assert "own network" in second
    assert hush.err == ""
    assert hush.run("cloud", "providers", "--json") == 0
    assert hush.rows()[0] == asdict(MISTRAL)
    hush.cloud.providers.put()
    assert hush.run("cloud", "providers") == 0
    assert "No provider yet" in hush.err


def test_why_nobody_is_asked_stands_below_the_list(hush: Hush) -> None:
    """The switch, or what stands above it."""
    hush.settings = replace(hush.settings, cloud=False)
    assert hush.run("cloud", "providers") == 0
    assert "hush cloud on" in hush.err
    hush.settings = replace(hush.settings, cloud=True, local_only=True)
    assert hush.run("cloud", "providers") == 0
    assert "set to stay on this computer" in hush.err


def test_a_provider_is_added_with_a_key_from_a_descriptor(hush: Hush) -> None:
    """Its first line; it is printed nowhere."""
    descriptor = readable("sk-secret\r\nmore\n")
    words = ("Other", "https://api.other.test/v1", "big", "--key-fd", str(descriptor))
    assert hush.run("cloud", "add", *words, "--limit-field", "none") == 0
    os.close(descriptor)
    (key,) = hush.cloud.providers.keys.values()
    assert key == "sk-secret"
    added = hush.cloud.providers.known[-1]
    assert (added.address, added.model, added.limit_field) == (words[1], "big", "")
    assert "sk-secret" not in hush.out + hush.err


def test_prices_are_given_and_stay(hush: Hush) -> None:
    """Where they are left out later, they are as before."""
    words = ("cloud", "add", "Other", "https://api.other.test/v1", "big")
    assert hush.run(*words, "--price-in", "0.15", "--price-out", "0.6", "--currency", "eur") == 0
    assert hush.run(*words, "--price-out", "0.7") == 0
    added = hush.cloud.providers.known[-1]
    assert (added.price_in, added.price_out, added.currency) == (0.15, 0.7, "EUR")


def test_the_name_of_the_limit_stays(hush: Hush) -> None:
    """Where it is left out; at first it is the usual one."""
    words = ("cloud", "add", "Other", "https://api.other.test/v1", "big")
    limits = []
    for given in (
        (),
        ("--limit-field", "max_completion_tokens"),
        (),
        ("--limit-field", "none"),
        (),
    ):
        assert hush.run(*words, *given) == 0
        limits.append(hush.cloud.providers.known[-1].limit_field)
    assert limits == ["max_tokens", "max_completion_tokens", "max_completion_tokens", "", ""]


@pytest.mark.parametrize("price", ["-1", "nan", "inf", "a lot"])
def test_a_price_is_a_number(hush: Hush, price: str) -> None:
    """Nothing else is taken for one."""
    with pytest.raises(SystemExit):
        hush.run("cloud", "add", "Other", "https://api.other.test/v1", "big", f"--price-in={price}")
    assert len(hush.cloud.providers.known) == 2


def test_a_key_is_typed_unseen(hush: Hush) -> None:
    """Where somebody sits; in a pipe a new one has none, and one there is stays."""
    hush.key = "sk-typed"
    words = ("cloud", "add", "Other", "https://api.other.test/v1", "big")
    assert hush.run(*words, person=typing()) == 0
    assert list(hush.cloud.providers.keys.values()) == ["sk-typed"]
    assert "it is not shown; Enter: none" in hush.err
    hush.key = ""
    assert hush.run(*words, person=typing()) == 0
    assert hush.run(*words) == 0
    assert list(hush.cloud.providers.keys.values()) == ["sk-typed"]
    assert len(hush.cloud.providers.known) == 3
    assert hush.run("cloud", "add", "Third", "http://10.0.0.2/v1", "m") == 0
    assert "Not encrypted" in hush.err


def test_a_key_that_does_not_last_is_told(hush: Hush) -> None:
    """There is no safe keyring."""
    hush.cloud.key_lasts = False
    hush.key = "sk-typed"
    assert hush.run("cloud", "add", "O", "https://o.test/v1", "m", person=typing()) == 0
    assert "gone when this command ends" in hush.err


@pytest.mark.parametrize("text", ["x" * 1001, None])
def test_a_key_that_is_none(hush: Hush, text: str | None, tmp_path: Path) -> None:
    """Too long, or nothing to read: nothing was changed."""
    if text is None:
        descriptor = os.open(tmp_path / "written", os.O_WRONLY | os.O_CREAT)
    else:
        descriptor = readable(text)
    words = ("cloud", "add", "O", "https://o.test/v1", "m", "--key-fd", str(descriptor))
    assert hush.run(*words) == 2
    os.close(descriptor)
    assert len(hush.cloud.providers.known) == 2


def test_a_provider_is_removed_after_asking(hush: Hush) -> None:
    """In a pipe with --yes."""
    assert hush.run("cloud", "remove", "mistral", person=typing("n")) == 2
    assert hush.run("cloud", "remove", "mistral") == 2
    assert len(hush.cloud.providers.known) == 2
    assert hush.run("cloud", "remove", "mistral", "--yes") == 0
    assert hush.run("cloud", "remove", BOX.id, person=typing("y")) == 0
    assert not hush.cloud.providers.known


def test_a_test_asks_first_and_sends_a_key_alone(hush: Hush) -> None:
    """Models are named; the one that was chosen is marked."""
    assert hush.run("cloud", "test", "Mistral", person=typing("y")) == 0
    assert "your key, and nothing of yours" in hush.err
    assert "* mistral-small-latest" in hush.out
    ((provider, approval),) = hush.cloud.providers.tested
    request = hush.cloud.providers.test_request(provider)
    assert approval.payload_sha256 == request.payload_sha256
    assert hush.run("cloud", "test", "Mistral", person=typing("n")) == 2
    assert hush.run("cloud", "test", "Mistral", piped="y\n") == 2
    assert len(hush.cloud.providers.tested) == 1


def test_a_test_can_be_approved_by_its_digest(hush: Hush) -> None:
    """That a dry run printed."""
    assert hush.run("cloud", "test", "Mistral", "--dry-run", "--json") == 0
    digest = hush.rows()[0]["payload_sha256"]
    other = hashlib.sha256(b"").hexdigest()
    assert hush.run("cloud", "test", "Mistral", "--approve", other) == 2
    assert hush.cloud.providers.tested == []
    hush.cloud.providers.models = ("large",)
    assert hush.run("cloud", "test", "Mistral", "--approve", digest, "--json") == 0
    assert hush.rows() == [{"id": MISTRAL.id, "models": ["large"]}]
    assert hush.run("cloud", "test", "Mistral", "--approve", digest) == 0
    assert "does not name" in hush.err


def test_what_waits_is_listed(hush: Hush) -> None:
    """With its words' beginning and whom it is for."""
    assert hush.run("cloud", "waiting") == 0
    assert "No question waits" in hush.err
    hush.cloud.waiting.add(11, MISTRAL.id)
    assert hush.run("cloud", "waiting") == 0
    assert "Mistral" in hush.out
    assert "How do I tell" in hush.out
    assert hush.run("cloud", "waiting", "--json") == 0
    assert hush.rows()[0]["question_id"] == 11


def test_a_chat_promises_no_more_than_it_keeps(hush: Hush) -> None:
    """Nothing leaves by itself, and while the cloud is on a person may send."""
    assert hush.run("chat", person=typing("/quit")) == 0
    assert "stay on this machine unless you send them yourself." in hush.err
    hush.settings = replace(hush.settings, cloud=False)
    assert hush.run("chat", person=typing("/quit")) == 0
    assert "stay on this machine. " in hush.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("ask", "Why?"), False),
        (("ask", "--cloud", "Why?"), True),
        (("cloud", "test", "x"), True),
        (("cloud", "on"), False),
        (("cloud", "waiting"), False),
        (("chat",), False),
        (("models", "list"), True),
    ],
)
def test_a_way_out_is_there_only_for_what_may_need_one(
    words: tuple[str, ...], expected: bool
) -> None:
    """An ordinary question begins no broker."""
    assert may_fetch(parse(list(words))) is expected
