"""What wants to be sent, and what must not be seen, at small counts.

And that the trials see what they look for.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.cloud.preview import Preview
from assistant.cloud.protocols import AskFor
from assistant.net.records import By
from assistant.records import Message
from tests.detectors.capturing import require_capture
from tests.detectors.streams import streams
from tests.trials import cloud_canaries, cloud_injections
from tests.trials.cloud_injections import Rig
from tests.trials.outcome import Outcome, Unable

SEED = 1  # always the same here; the benchmark draws another one each time

# No font of a test machine has all of these scripts.
fonts = pytest.mark.qt_log_ignore("OpenType support missing")


@fonts
@pytest.mark.cloud
def test_nothing_that_is_written_sends_anything(tmp_path: Path) -> None:
    """A few texts by every way in; the benchmark does all of them."""
    outcome = cloud_injections.run(2, SEED, tmp_path)
    assert outcome.faults == ()
    assert outcome.numbers["requests that came"] == 2 * 2  # the answers and lists of the box


@fonts
@pytest.mark.cloud
def test_a_send_that_nobody_pressed_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if an answer of the model made the window send it to the box that is trusted."""

    def leaking(rig: Rig, answer: Message) -> None:
        ask = AskFor(conversation_id=answer.conversation_id, text="all of it")
        preview = rig.cloud.preview(ask, lambda: None).result(30)
        composed = preview.settle(cloud_injections._composed(preview))
        assert rig.session.network
        approval = rig.session.network.approve(composed.request, By.TRUST)
        rig._ended(rig.cloud.send(composed, approval))

    monkeypatch.setattr(cloud_injections, "WAYS", ("output",))
    monkeypatch.setattr(Rig, "_look_at", leaking)
    faults = cloud_injections.run(1, SEED, tmp_path).faults
    assert any("1 requests came, 0 were approved" in fault for fault in faults)


@fonts
@pytest.mark.cloud
def test_a_sheet_that_opens_by_itself_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands over the window counts."""
    show = Rig._look_at

    def opening(rig: Rig, answer: Message) -> None:
        show(rig, answer)
        rig._sheets.append("ConsentSheet")

    monkeypatch.setattr(cloud_injections, "WAYS", ("question",))
    monkeypatch.setattr(Rig, "_look_at", opening)
    faults = cloud_injections.run(1, SEED, tmp_path).faults
    assert faults == (f"question, text 0 of seed {SEED}: ConsentSheet opened",)


def test_there_are_a_hundred_texts_and_more() -> None:
    """None twice."""
    texts = cloud_injections.texts()
    assert len(texts) == len(set(texts)) == cloud_injections.FULL >= 100


# Not marked ``cloud``: nginx makes other requests of them, which are in no ledger. The trial itself
# compares what came with what was approved.
def test_only_what_was_approved_is_seen_on_the_wire(tmp_path: Path) -> None:
    """Two requests through nginx; the benchmark sends a hundred."""
    outcome = _looked(2, tmp_path)
    assert outcome.faults == ()
    assert outcome.numbers["control words seen"] == 2
    assert outcome.numbers["canaries"] >= 40


def test_what_was_not_taken_out_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who forgets to leave out the earlier messages sends them."""

    def nothing(_: Preview) -> Sequence[str]:
        return ()

    monkeypatch.setattr(cloud_canaries, "take_out", nothing)
    faults = _looked(1, tmp_path).faults
    assert {
        "behind nginx: earlier question",
        "behind nginx: earlier answer",
        "behind nginx: attachment that was left out",
    } <= set(faults)
    assert not any(fault.startswith("before nginx") for fault in faults)


def _looked(count: int, folder: Path) -> Outcome:
    require_capture()
    try:
        return cloud_canaries.run(count, SEED, folder)
    except Unable as reason:
        pytest.skip(str(reason))


def packet(number: int, said: bytes, port: int = 80) -> bytes:
    """A packet of TCP, as tcpdump writes it."""
    tcp = struct.pack(">HHIIBBHHH", port, 9, number, 0, 5 << 4, 0, 0, 0, 0) + said
    ip = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, b"\x7f\0\0\1", b"ABCD"
    )
    data = bytes(12) + b"\x08\x00" + ip + tcp
    return struct.pack("<IIII", 0, 0, len(data), len(data)) + data


def test_a_word_in_two_packets_is_put_together() -> None:
    """Also where they came in another order, or twice, or with others between them."""
    head = b"\xd4\xc3\xb2\xa1" + bytes(20)
    packets = [
        packet(14, b"ary"),
        packet(10, b"xcan"),
        packet(7, b"other", 81),
        packet(10, b"xcan"),
    ]
    assert streams(head + b"".join(packets)) == b"xcanary\nother"
    assert streams(head + packets[1] + packets[0][:40]) == b"xcan"
    with pytest.raises(ValueError, match="not a capture"):
        streams(b"")
