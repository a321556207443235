"""What was sent, to be looked at and deleted: from an answer, and from the record of transfers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QSize
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from assistant.cloud.protocols import AskFor
from assistant.cloud.records import Sent
from assistant.errors import NotFound
from assistant.net.records import By, Purpose
from assistant.redaction.records import Sort, Swap, Table
from tests.fakes.cloud import FakeCloud, sent_of
from tests.fakes.models_service import FakeModels, row
from tests.fakes.net import FakeGate
from tests.gui.bench import Bench
from tests.gui.cloud_bench import CloudBench
from tests.gui.fakes import FakeApp
from tests.gui.models_bench import ModelsBench
from ui.cloud.exact_text import ExactText
from ui.cloud.part_text import PartText
from ui.cloud.swapped_list import SwappedList
from ui.cloud.what_was_sent import WhatWasSent, messages_of
from ui.network.controller import NetworkController
from ui.network.page import NetworkPage
from ui.settings.choices import CLOUD, GROUPS
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT
from ui.window import NETWORK

ANSWER = 5


def a_sent(cloud: FakeCloud) -> Sent:
    """A question was sent, and what was sent is kept."""
    preview = cloud.preview(AskFor(question_id=11), lambda: None).result()
    composed = preview.settle(1)
    sent = sent_of(composed, FakeGate().approve(composed.request), ANSWER)
    cloud.evidence[ANSWER] = sent
    return sent


class Opened(CloudBench):
    """The sheet that shows what was sent, over a window."""

    def __init__(
        self,
        qtbot: QtBot,
        theme: Theme = Theme(LIGHT),  # noqa: B008 # a frozen value
        size: QSize = QSize(1000, 760),  # noqa: B008 # never changed
        **changes: Any,
    ) -> None:
        super().__init__(qtbot, theme, size)
        self.sent = replace(a_sent(self.cloud), **changes)
        self.deleted: list[bool] = []
        self.shown = WhatWasSent(self.window, theme, self.sent)
        self.shown.deleted.connect(lambda: self.deleted.append(True))
        self.shown.open_centred()
        qtbot.waitUntil(lambda: self.shown.is_whole)
        self.settle()


@pytest.fixture
def opened(qtbot: QtBot) -> Opened:
    """What was sent."""
    return Opened(qtbot)


# The sheet --------------------------------------------------------------------------------


def test_all_of_it_is_shown(opened: Opened) -> None:
    """Whom, when, how much, by which yes; each message as it went, and what was swapped."""
    text = opened.shown.text
    assert "To: Mistral, model mistral-small-latest, at api.mistral.ai" in text
    assert "When: 15 June 2025, 15:06" in text
    assert opened.sent.payload_sha256[:8] in text
    assert opened.sent.approval_id[:8] in text
    assert "How do I tell [EMAIL_1] that we are late?" in text
    assert "anna@example.org" not in text
    assert all(field.isReadOnly() for field in opened.shown.texts)
    assert opened.focus is opened.shown.close_button
    opened.press("Esc")
    assert not opened.deleted


def test_the_very_bytes(opened: Opened) -> None:
    """As they went, on demand."""
    opened.click(opened.shown.exact_button)
    exact = opened.shown.exact
    assert exact
    assert opened.sent.body
    assert exact.body.toPlainText().replace("\n", "") == opened.sent.body.decode()
    opened.click(opened.shown.exact_button)
    assert exact.isHidden()


def test_it_is_deleted_at_the_second_press(opened: Opened) -> None:
    """The first asks, with "Keep it" under the keyboard; Enter there keeps it."""
    opened.click(opened.shown.delete_button)
    assert opened.focus is opened.shown.keep_button
    assert "Whoever got it may still have it." in opened.shown.question.text()
    opened.press("Return")
    assert not opened.deleted
    assert opened.focus is opened.shown.delete_button
    opened.click(opened.shown.delete_button)
    opened.qtbot.waitUntil(opened.shown.sure_button.isEnabled)
    opened.click(opened.shown.sure_button)
    assert opened.deleted == [True]


def test_a_double_click_deletes_nothing(opened: Opened) -> None:
    """What deletes stands where the press before it was, and cannot be pressed for a moment."""
    opened.shown.delete_button.click()
    opened.shown.sure_button.click()
    assert opened.shown.rest.isActive()
    assert not opened.deleted
    opened.qtbot.waitUntil(opened.shown.sure_button.isEnabled)
    opened.shown.keep_button.click()
    opened.shown.delete_button.click()
    assert not opened.shown.sure_button.isEnabled()  # and each time anew


def of_messages(how_many: int) -> bytes:
    """A body with so many."""
    messages = [{"role": "user", "content": f"Message {n}"} for n in range(how_many)]
    return json.dumps({"messages": messages}).encode()


def test_messages_come_in_turns(qtbot: QtBot) -> None:
    """None before it is open, one in a turn where there is no time for more, the last ones first.

    Those before them are asked for, and stand above them.
    """
    bench = CloudBench(qtbot)
    sent = replace(a_sent(bench.cloud), body=of_messages(30))
    clock = count().__next__  # no turn has time for two
    shown = WhatWasSent(bench.window, Theme(LIGHT), sent, clock)
    assert not shown.texts
    for turn in (1, 2):
        shown._go_on()
        assert len(shown.texts) == turn
    shown.open_centred()
    qtbot.waitUntil(lambda: shown.is_whole)
    assert [one.text for one in shown.texts] == [f"Message {n}" for n in range(22, 30)]
    assert shown.fold_button.accessibleName() == "Show 22 earlier messages"
    bench.click(shown.fold_button)
    assert not shown.fold_button.isVisible()
    qtbot.waitUntil(lambda: shown.is_whole)
    assert [one.text for one in shown.texts] == [f"Message {n}" for n in range(30)]
    stops = shown._stops()
    assert [one for one in stops if isinstance(one, PartText)] == shown.texts
    assert stops.index(shown.texts[-1]) < stops.index(shown.exact_button)


def test_the_very_bytes_come_in_turns(qtbot: QtBot) -> None:
    """A line in a turn where there is no time for more."""
    bench = CloudBench(qtbot)
    exact = ExactText(Theme(LIGHT), "The very bytes", bench.window, clock=count().__next__)
    body = "late " * 2_000
    exact.show_bytes((), body, "")
    assert exact.body.blockCount() == 1
    assert not exact.is_whole
    qtbot.waitUntil(lambda: exact.is_whole)
    assert exact.body.toPlainText().replace("\n", "") == body
    assert exact.body.blockCount() == 5


def test_what_is_swapped_comes_in_turns(qtbot: QtBot) -> None:
    """A few at first, all where they are asked for; in their order."""
    swaps = tuple(Swap(f"[EMAIL_{n}]", Sort.EMAIL, f"a{n}@example.org") for n in range(1, 41))
    swapped = SwappedList(CloudBench(qtbot).window, clock=count().__next__)
    swapped.show_table(Table(swaps), frozenset())
    assert len(swapped.buttons) == 1
    qtbot.waitUntil(lambda: len(swapped.buttons) == 12)
    swapped.more_button.click()
    qtbot.waitUntil(lambda: len(swapped.buttons) == 40)
    names = [button.accessibleName() for button in swapped.buttons]
    assert names == [f"Send as it is: {swap.value}" for swap in swaps]
    swapped.show_table(Table(swaps[20:]), frozenset())
    assert len(swapped.buttons) == 20


def test_what_was_deleted_says_so(qtbot: QtBot) -> None:
    """That something was sent stays known; there is nothing left to delete."""
    opened = Opened(qtbot, body=None, table=Table())
    assert not opened.shown.texts
    assert opened.shown.delete_button.isHidden()
    assert "api.mistral.ai" in opened.shown.text


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"[]", b'{"messages":7}', b'{"messages":[7,{"content":3}]}', b"[" * 9_000],
)
def test_a_body_that_is_none_is_no_trouble(qtbot: QtBot, body: bytes) -> None:
    """A damaged row: the bytes are shown, whatever they are."""
    assert not list(messages_of(body))
    opened = Opened(qtbot, body=body)
    opened.click(opened.shown.exact_button)
    assert opened.shown.exact


def test_a_text_in_it_hides_nothing(qtbot: QtBot) -> None:
    """Marks of direction, and what cannot be seen."""
    body = json.dumps({"messages": [{"role": "user", "content": "a\u202eb\U000e0041"}]}).encode()
    opened = Opened(qtbot, body=body)
    assert opened.shown.texts[0].text == "a⟨U+202E⟩b⟨U+E0041⟩"


@pytest.mark.parametrize("size", [QSize(640, 420), QSize(1180, 760)])
def test_it_holds_with_large_text(qtbot: QtBot, size: QSize) -> None:
    """At 300 %: nothing sticks out, and its buttons are in sight."""
    opened = Opened(qtbot, Theme(DARK, 3.0), size)
    shown = opened.shown
    assert opened.window.rect().contains(shown.panel.geometry())
    assert not shown._scroll.horizontalScrollBar().isVisible()
    corner = shown.close_button.mapTo(opened.window, QPoint(0, 0))
    assert opened.window.rect().contains(corner)
    opened.window.resize(QSize(900, 700))
    opened.settle()
    assert shown.isVisible()


# From the record of transfers -------------------------------------------------------------


class Recorded(ModelsBench):
    """The network's page, with a question to somebody else in its record."""

    def __init__(self, qtbot: QtBot, **changes: Any) -> None:
        self.cloud = FakeCloud()
        self.sent = a_sent(self.cloud)
        made = {"purpose": Purpose.CLOUD, "host": "api.mistral.ai", "what": "Mistral"}
        made |= {"payload_sha256": self.sent.payload_sha256, **changes}

        def prepare(_: FakeApp, models: FakeModels) -> None:
            models.ledger.kept = [row(1, **made), row(2)]

        super().__init__(qtbot, prepare, place=NETWORK)
        controller = self.workplace.models.network
        assert isinstance(controller, NetworkController)
        controller._cloud = self.cloud

    @property
    def page_of_network(self) -> NetworkPage:
        """The page."""
        return self.network

    def look(self) -> None:
        """Press "What was sent" of the first row."""
        [button] = self.network.lines[0].stops
        self.click(button)

    @property
    def opened(self) -> WhatWasSent | None:
        """What was sent, where it is shown."""
        found = self.window.findChildren(WhatWasSent)
        return next((one for one in found if one.isVisible()), None)


@pytest.fixture
def recorded(qtbot: QtBot) -> Iterator[Recorded]:
    """A record with a question in it."""
    bench = Recorded(qtbot)
    yield bench
    bench.close()


def words_of(bench: Recorded, number: int) -> str:
    """What a row says."""
    return bench.network.lines[number]._words.text()


def test_a_question_in_the_record_leads_to_what_was_sent(recorded: Recorded) -> None:
    """Which yes and which bytes, in short; all of it at a press. A model's row has no button."""
    said = words_of(recorded, 0)
    assert f"SHA-256 {recorded.sent.payload_sha256[:8]}…" in said
    assert "Approval aaaaaaaa…" in said
    assert recorded.sent.payload_sha256 in recorded.network.lines[0].toolTip()
    assert not recorded.network.lines[1].stops
    recorded.look()
    opened = recorded.opened
    assert opened
    recorded.qtbot.waitUntil(lambda: opened.is_whole)
    assert "How do I tell [EMAIL_1]" in opened.text


def test_deleting_it_from_there(recorded: Recorded) -> None:
    """The row stays, and says so."""
    recorded.look()
    opened = recorded.opened
    assert opened
    recorded.click(opened.delete_button)
    recorded.qtbot.waitUntil(opened.sure_button.isEnabled)
    recorded.click(opened.sure_button)
    assert recorded.cloud.evidence[ANSWER].body is None
    assert "stays here" in recorded.network.lines[0].said
    assert len(recorded.network.lines) == 2


def test_what_is_not_kept_is_said(recorded: Recorded) -> None:
    """It went with its answer: the record's own numbers are shown whole."""
    recorded.cloud.evidence.clear()
    recorded.look()
    assert recorded.opened is None
    assert recorded.sent.payload_sha256 in recorded.network.lines[0].said


def test_without_a_cloud_the_record_still_answers(recorded: Recorded) -> None:
    """A session that keeps nothing of it."""
    recorded.workplace.models.network._cloud = None
    recorded.look()
    assert recorded.sent.payload_sha256 in recorded.network.lines[0].said


def test_a_failure_is_said_at_its_row(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the work is."""
    recorded.look()
    opened = recorded.opened
    assert opened
    recorded.cloud.evidence.clear()  # gone meanwhile
    recorded.click(opened.delete_button)
    recorded.qtbot.waitUntil(opened.sure_button.isEnabled)
    recorded.click(opened.sure_button)
    assert recorded.network.lines[0].said == NotFound("It was answered on this laptop.").sentence


def test_a_trusted_box_is_named_in_the_record(qtbot: QtBot) -> None:
    """Who approved it: a press, and that it was trusted."""
    bench = Recorded(qtbot, by=By.TRUST)
    assert "pressed by you, to a box that you trust" in words_of(bench, 0)
    bench.close()


# The settings -----------------------------------------------------------------------------


def field(bench: Bench, name: str) -> QLineEdit:
    """A choice's field."""
    fields = bench.settings_page.findChildren(QLineEdit)
    return next(one for one in fields if one.accessibleName() == name)


def fill(bench: Bench, name: str, text: str) -> None:
    """Type a choice and press Enter."""
    target = field(bench, name)
    target.setFocus()
    target.selectAll()
    bench.qtbot.keyClicks(target, text)
    bench.press("Return", target)


def test_the_cloud_is_off_and_everything_about_it_is_a_setting(bench: Bench) -> None:
    """Each reason of an offer, its threshold, the tasks: nothing decides unseen."""
    assert not bench.app.settings.cloud
    names = {entry.name for title, entries in GROUPS if title == CLOUD for entry in entries}
    assert names == {
        "cloud",
        "cloud_redact",
        "cloud_reply_tokens",
        "offer_paused",
        "offer_unsure",
        "offer_below",
        "offer_long",
        "offer_beyond",
        "cloud_only_tasks",
        "compare_answers",
        "divergence_from",
    }
    assert [title for title, _ in GROUPS].index(CLOUD) == 1 + [t for t, _ in GROUPS].index(
        "Network"
    )


@pytest.mark.parametrize(
    ("name", "text", "attribute", "value"),
    [
        ("Unsure below", "0,6", "offer_below", 0.6),
        ("They differ from", "0.25", "divergence_from", 0.25),
        ("Longest answer from elsewhere", "2,048", "cloud_reply_tokens", 2048),
        ("Such tasks", "Translate, explain, translate", "cloud_only_tasks", "translate,explain"),
        ("Such tasks", "", "cloud_only_tasks", ""),
    ],
)
def test_what_is_typed_there_holds(
    bench: Bench, name: str, text: str, attribute: str, value: object
) -> None:
    """As the number, or the tasks, that were meant."""
    bench.press("Ctrl+7")
    fill(bench, name, text)
    if not text:
        field(bench, name).clear()
        bench.press("Return", field(bench, name))
    assert getattr(bench.app.settings, attribute) == value


def test_a_task_that_is_none_is_refused(bench: Bench) -> None:
    """The earlier ones stand."""
    bench.press("Ctrl+7")
    fill(bench, "Such tasks", "translate, dance")
    assert bench.app.settings.cloud_only_tasks == "translate"


def test_the_link_leads_on(bench: Bench) -> None:
    """To providers, and what waits."""
    asked: list[bool] = []
    bench.settings_page.cloud_wanted.connect(lambda: asked.append(True))
    bench.settings_page._cloud.click()
    assert asked == [True]
