"""``hush models update``: nothing is asked for unseen, and what came of it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.errors import CatalogueRefused
from assistant.net.metered import Metered
from assistant.net.records import By
from tests.fakes.models_service import ASKS
from tests.fakes.net import NOTHING_SENT
from tests.unit.terminal_models import EXIT_STOPPED, Hush, typing

DIGEST = ASKS.payload_sha256


@pytest.fixture
def hush() -> Hush:
    """A shelf, and an address where a newer list may be."""
    hush = Hush()
    hush.catalogue.asks = ASKS
    return hush


def test_a_dry_run_sends_nothing_and_names_all(hush: Hush) -> None:
    """Address, size at most, and the digest that can be approved."""
    assert hush.run("models", "update", "--dry-run", "--json") == 0
    assert hush.rows() == [
        {
            "method": "GET",
            "url": ASKS.url,
            "host": "lists.example",
            "most_bytes": 1024 * 1024,
            "metered": "no",
            "payload_sha256": DIGEST,
        }
    ]
    assert hush.run("models", "update", "--dry-run") == 0
    assert f"payload_sha256  {DIGEST}" in hush.out
    assert hush.gate.approved == []
    assert hush.renewing.asked == []


def test_in_a_pipe_nothing_is_asked_without_approval(hush: Hush) -> None:
    """It says how to give one; one of something else is none."""
    assert hush.run("models", "update") == 2
    assert "--approve SHA256" in hush.err
    assert hush.run("models", "update", "--approve", "0" * 64, "--json") == 2
    assert hush.rows()[-1]["code"] == "approval"
    assert hush.gate.approved == []


def test_in_a_pipe_what_a_dry_run_printed_can_be_approved(hush: Hush) -> None:
    """What came of it is one object."""
    assert hush.run("models", "update", "--approve", DIGEST, "--json") == 0
    assert hush.gate.approved == [(ASKS, By.PERSON)]
    assert hush.rows() == [
        {
            "changed": True,
            "version": 4,
            "words": "The list of models is now that of 2026-11-20.",
        }
    ]


def test_a_person_is_asked_with_host_and_size(hush: Hush) -> None:
    """And says yes, or anything else, which is no."""
    assert hush.run("models", "update", person=typing("maybe")) == 2
    assert "Not fetched. Nothing was sent." in hush.err
    assert hush.renewing.asked == []
    assert hush.run("models", "update", person=typing("y")) == 0
    for words in ("1 MB at most", "lists.example", "nothing of yours", "two signatures"):
        assert words in hush.err
    assert hush.out == "The list of models is now that of 2026-11-20.\n"


def test_a_connection_by_volume_is_told_and_yes_means_it(hush: Hush) -> None:
    """On a terminal, of a fresh process too; in a pipe it takes a word of its own."""
    hush.gate.metered_now = Metered.YES
    hush.gate.was_read = False
    assert hush.run("models", "update", person=typing("y")) == 0
    assert "paid for by volume" in hush.err
    assert hush.renewing.asked[-1].what == (ASKS, True)
    assert hush.run("models", "update", "--approve", DIGEST) == 9
    assert hush.run("models", "update", "--approve", DIGEST, "--metered") == 0


def test_where_nothing_can_be_sent_nobody_is_asked(hush: Hush) -> None:
    """The switch keeps everything here."""
    hush.gate.told = replace(NOTHING_SENT, can_send=False, why_not="Hush stays on this computer.")
    assert hush.run("models", "update", person=typing("y")) == 9
    assert "stays on this computer" in hush.err
    assert "[y/N]" not in hush.err


def test_without_an_address_it_says_so(hush: Hush) -> None:
    """And where one is set."""
    hush.catalogue.asks = None
    assert hush.run("models", "update", person=typing("y")) == 2
    assert "No address is set for a newer list of models. Nothing was sent." in hush.err
    assert "Address of the list" in hush.err


def test_a_list_that_is_refused(hush: Hush) -> None:
    """In the words of whoever looked at it."""
    hush.renewing.outcome = CatalogueRefused("It makes no sense.", "The list that you have stays.")
    assert hush.run("models", "update", "--approve", DIGEST) != 0
    assert "It makes no sense. The list that you have stays." in " ".join(hush.err.split())


def test_ctrl_c_stops_it(hush: Hush) -> None:
    """That is no failure."""
    hush.renewing.interrupt = hush.interrupt
    assert hush.run("models", "update", person=typing("y")) == EXIT_STOPPED
    assert "Stopped." in hush.err


@pytest.mark.parametrize("can_ask", [True, False])
def test_an_old_list_says_what_to_do(hush: Hush, can_ask: bool) -> None:
    """Where there is an address to ask."""
    hush.catalogue.age = "This list of models is from 2026-11-01."
    hush.catalogue.asks = ASKS if can_ask else None
    assert hush.run("models", "recommend") == 0
    assert hush.catalogue.age in hush.err
    assert ("hush models update" in hush.err) is can_ask
