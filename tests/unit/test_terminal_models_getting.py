"""``hush models download|import|adopt``: nothing is sent that nobody said yes to."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import FileRefused, NetworkRefused, StorageFull
from assistant.net.metered import Metered
from assistant.net.records import By, Failure
from assistant.shelf.records import Found
from tests.fakes.models_service import BEST, ENCODER, HUGE, from_entry
from tests.fakes.net import NOTHING_SENT
from tests.fakes.net import failed as transfer_failed
from tests.unit.terminal_models import EXIT_STOPPED, HELD, Hush, typing


@pytest.fixture
def hush() -> Hush:
    """A shelf with the starter model."""
    return Hush()


def payload(hush: Hush) -> str:
    """The digest of what would be sent for the best model."""
    return hush.downloads.request_for(BEST).payload_sha256


def test_a_dry_run_sends_nothing_and_names_all(hush: Hush) -> None:
    """Host, size, licence, and the digest that can be approved."""
    assert hush.run("models", "download", BEST.id, "--dry-run", "--json") == 0
    (shown,) = hush.rows()
    assert shown["host"] == "huggingface.co"
    assert shown["bytes"] == BEST.size
    assert shown["licence"] == "Apache-2.0"
    assert shown["payload_sha256"] == payload(hush)
    assert shown["url"] == BEST.url
    assert hush.gate.approved == []
    assert hush.downloads.started == []


def test_a_dry_run_for_people(hush: Hush) -> None:
    """The same, a line each."""
    assert hush.run("models", "download", BEST.name, "--dry-run") == 0
    assert "payload_sha256" in hush.out
    assert "*.hf.co, *.huggingface.co" in hush.out


def test_in_a_pipe_nothing_is_fetched_without_approval(hush: Hush) -> None:
    """It says how to give one."""
    assert hush.run("models", "download", BEST.id) == 2
    assert "--approve SHA256" in hush.err
    assert hush.gate.approved == []


def test_in_a_pipe_what_a_dry_run_printed_can_be_approved(hush: Hush) -> None:
    """Exactly that is fetched; the states and the model are printed as events."""
    code = hush.run("models", "download", BEST.id, "--approve", payload(hush), "--json")
    assert code == 0
    (approved,) = hush.gate.approved
    assert approved[1] is By.PERSON
    assert approved[0].payload_sha256 == payload(hush)
    events = [row["event"] for row in hush.rows()]
    assert events[-1] == "installed"
    assert set(events[:-1]) == {"download"}
    assert hush.rows()[-1]["sha256"] == BEST.sha256


def test_an_approval_of_something_else_is_refused(hush: Hush) -> None:
    """One digit is enough."""
    other = "0" * 64
    assert hush.run("models", "download", BEST.id, "--approve", other, "--json") == 2
    assert hush.rows()[-1]["code"] == "approval"
    assert hush.gate.approved == []


def test_a_person_is_asked_with_host_and_size(hush: Hush) -> None:
    """And says yes."""
    person = typing("y")
    assert hush.run("models", "download", BEST.id, person=person) == 0
    for words in ("Qwen3 1.7B", "1.1 GB", "huggingface.co", "*.hf.co", "Apache-2.0"):
        assert words in hush.err
    assert hush.downloads.started == [(BEST.sha256, False)]
    assert f"hush models activate {BEST.sha256[:12]}" in hush.err


@pytest.mark.parametrize("answer", ["n", "", "maybe", "Yep"])
def test_anything_but_yes_is_no(hush: Hush, answer: str) -> None:
    """Nothing is approved."""
    assert hush.run("models", "download", BEST.id, person=typing(answer)) == 2
    assert "Not fetched" in hush.err
    assert hush.gate.approved == []


def test_nobody_answers(hush: Hush) -> None:
    """The line ends: nothing is approved."""
    assert hush.run("models", "download", BEST.id, person=typing()) == 3
    assert hush.gate.approved == []


def test_a_connection_by_volume_is_told_and_yes_means_it(hush: Hush) -> None:
    """On a terminal; in a pipe it takes a word of its own."""
    hush.gate.metered_now = Metered.YES
    assert hush.run("models", "download", BEST.id, person=typing("y")) == 0
    assert "paid for by volume" in hush.err
    assert hush.downloads.started == [(BEST.sha256, True)]
    assert hush.run("models", "download", BEST.id, "--approve", payload(hush)) == 9
    approve = ("--approve", payload(hush), "--metered")
    assert hush.run("models", "download", BEST.id, *approve) == 0


@pytest.mark.parametrize("metered", Metered)
def test_a_fresh_process_waits_for_the_meter(hush: Hush, metered: Metered) -> None:
    """A yes counts for what was said before it: a connection by volume is told, or not meant."""
    hush.gate.metered_now = metered
    hush.gate.was_read = False
    hush.run("models", "download", BEST.id, person=typing("y"))
    is_told = "paid for by volume" in hush.err
    assert is_told is (metered is Metered.YES)
    assert hush.downloads.started == [(BEST.sha256, is_told)]


def test_a_dry_run_waits_for_the_meter(hush: Hush) -> None:
    """What it prints is what is, in a fresh process too."""
    hush.gate.metered_now = Metered.YES
    hush.gate.was_read = False
    hush.run("models", "download", BEST.id, "--dry-run", "--json")
    assert hush.rows()[0]["metered"] == "yes"


def test_what_does_not_fit_is_told_before_it_is_fetched(hush: Hush) -> None:
    """In the words of the verdict."""
    hush.run("models", "download", HUGE.id, person=typing("n"))
    assert "It needs 20 GB of memory" in hush.err


def test_what_this_hush_has_no_use_for_is_not_fetched(hush: Hush) -> None:
    """Nor what the catalogue does not have."""
    assert hush.run("models", "download", ENCODER.id, person=typing("y")) == 2
    assert hush.run("models", "download", "nothing-such", person=typing("y")) == 4
    assert hush.gate.approved == []


def test_ctrl_c_pauses_and_keeps(hush: Hush) -> None:
    """What is here stays; the same command goes on with it."""
    hush.downloads.interrupt = hush.interrupt
    assert hush.run("models", "download", BEST.id, person=typing("y")) == EXIT_STOPPED
    assert hush.downloads.known[BEST.sha256].can_resume
    assert "Stopped" in hush.err


def test_where_nothing_can_be_sent_nobody_is_asked(hush: Hush) -> None:
    """The switch keeps everything here: that is told, and no yes is wanted."""
    hush.gate.told = replace(NOTHING_SENT, can_send=False, why_not="Hush stays on this computer.")
    assert hush.run("models", "download", BEST.id, person=typing("y")) == 9
    assert "stays on this computer" in hush.err
    assert "[y/N]" not in hush.err
    assert hush.gate.approved == []


def test_ctrl_c_at_the_end_of_a_download_uses_nothing(hush: Hush) -> None:
    """It came whole all the same: it stays, and what follows is not done."""
    hush.downloads.late = hush.interrupt
    hush.library.put(from_entry(BEST))
    code = hush.run("models", "download", BEST.id, "--use", "--approve", payload(hush))
    assert code == EXIT_STOPPED
    assert not hush.library.models[BEST.sha256].active


def test_a_network_that_is_refused_has_its_own_exit_code(hush: Hush) -> None:
    """Local-only, for one; and one that fails, likewise."""
    hush.downloads.problem = NetworkRefused("Hush stays on this computer.", "See Settings.")
    approve = ("--approve", payload(hush))
    assert hush.run("models", "download", BEST.id, *approve) == 9
    assert "stays on this computer" in hush.err
    hush.downloads.outcome = transfer_failed(Failure.TLS)
    assert hush.run("models", "download", BEST.id, *approve) == 9
    hush.downloads.outcome = StorageFull("The disk is full.")
    assert hush.run("models", "download", BEST.id, *approve) == 7


def test_fetched_and_used_in_one_go(hush: Hush) -> None:
    """With ``--use``."""
    hush.library.put(from_entry(BEST))
    code = hush.run("models", "download", BEST.id, "--use", "--approve", payload(hush), "--json")
    assert code == 0
    assert hush.rows()[-1]["active"] is True


def test_a_file_is_taken_in(hush: Hush, tmp_path: Path) -> None:
    """From wherever it lies, named from the root on."""
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert hush.run("models", "import", "My model.gguf") == 0
    finally:
        os.chdir(before)
    assert hush.taking_in.asked[0].what == (tmp_path / "My model.gguf",)
    assert "My model" in hush.out
    assert hush.run("models", "import", "x.gguf", "--use", "--json") == 0
    assert hush.rows()[0]["active"] is True


def test_a_file_that_is_none_is_refused(hush: Hush) -> None:
    """In the words of whoever looked at it."""
    hush.taking_in.problem = FileRefused("It is empty.", "Choose another file.")
    assert hush.run("models", "import", "x.gguf", "--json") == 2
    assert hush.rows()[0]["code"] == "file"


def test_what_others_hold_is_listed(hush: Hush) -> None:
    """Program, name, size, place; nothing is taken."""
    hush.adopting.found = [Found("Ollama", "llama3.2:1b", Path("/o/blobs/sha256-1"), 10**9, None)]
    assert hush.run("models", "adopt") == 0
    assert "Ollama" in hush.out
    assert hush.run("models", "adopt", "--json") == 0
    assert hush.rows()[0] == {
        "program": "Ollama",
        "name": "llama3.2:1b",
        "path": "/o/blobs/sha256-1",
        "size": 10**9,
        "sha256": None,
    }
    assert hush.adopting.asked == []
    hush.adopting.found = []
    assert hush.run("models", "adopt") == 0
    assert "No other program" in hush.err


def test_one_is_adopted_by_name_or_place(hush: Hush) -> None:
    """Linked, unless a copy is wanted."""
    found = Found("Ollama", "llama3.2:1b", Path("/o/blobs/sha256-1"), 10**9, HELD)
    hush.adopting.found = [found]
    assert hush.run("models", "adopt", "LLAMA3.2:1B") == 0
    assert hush.run("models", "adopt", "/o/blobs/sha256-1", "--copy") == 0
    assert [work.what for work in hush.adopting.asked] == [(found, "link"), (found, "copy")]


def test_one_that_is_not_there_or_not_the_only_one(hush: Hush) -> None:
    """Nothing is guessed."""
    one = Found("Ollama", "same", Path("/o/1"), 1, None)
    hush.adopting.found = [one, Found("Jan", "same", Path("/j/1"), 1, None)]
    assert hush.run("models", "adopt", "other") == 4
    assert hush.run("models", "adopt", "same") == 2
    assert hush.adopting.asked == []
