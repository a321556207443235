"""The cloud's place: whom to ask, their keys, a test, trust, what is offered, what is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from assistant.actions.records import Action
from assistant.cloud.records import Provider
from assistant.errors import InputRefused, KeyNotKept, StorageFull
from assistant.net.records import By, Failure, TransferFailed
from tests.fakes.cloud import BOX, MISTRAL, TRUSTED, FakeCloud, failed
from tests.gui.cloud_window import OFF, CloudWindow
from tests.gui.fakes import FakeApp
from ui.cloud import words
from ui.cloud.provider_form import ProviderForm
from ui.cloud.providers_list import ProviderLine, RemoveForm
from ui.controls import PlainLabel
from ui.network.approving import ApprovalSheet
from ui.settings.choices import CLOUD as CLOUD_GROUP
from ui.settings.choices import GROUPS
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT
from ui.window import CHATS, CLOUD, SETTINGS

SAFE_BOX = replace(BOX, address="https://192.168.1.20:8080/v1")


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[CloudWindow]:
    """The place, with a hosted provider and a box."""
    window = CloudWindow(qtbot, place=CLOUD)
    yield window
    window.close()


@pytest.fixture
def empty(qtbot: QtBot) -> Iterator[CloudWindow]:
    """The place, with nobody to ask."""
    window = CloudWindow(qtbot, lambda _, cloud: cloud.providers.put(), place=CLOUD)
    yield window
    window.close()


def line(window: CloudWindow, provider: Provider = MISTRAL) -> ProviderLine:
    """A provider's line."""
    return window.place.providers.lines[provider.id]


def new_form(window: CloudWindow) -> ProviderForm:
    """The form of a new one, opened."""
    window.click(window.place.providers.add)
    form = window.place.providers.adding.form
    assert isinstance(form, ProviderForm)
    return form


def change_form(window: CloudWindow, provider: Provider = MISTRAL) -> ProviderForm:
    """The form of one that is there, opened."""
    window.click(line(window, provider).change)
    form = line(window, provider).form
    assert isinstance(form, ProviderForm)
    return form


def fill(field: QLineEdit, text: str) -> None:
    """Type into a field, in place of what stands there."""
    field.setText(text)
    field.textEdited.emit(text)


def sheet(window: CloudWindow) -> ApprovalSheet | None:
    """What asks before a provider is tested."""
    found = window.window.findChildren(ApprovalSheet)
    return next((one for one in found if one.isVisible()), None)


def say_yes(window: CloudWindow) -> None:
    """Approve the test."""
    asked = sheet(window)
    assert asked
    window.qtbot.waitUntil(asked.yes_button.isEnabled)
    window.click(asked.yes_button)


# The switch -------------------------------------------------------------------------------


def test_off_is_the_beginning(qtbot: QtBot) -> None:
    """What off means, and whom one could ask; nothing else."""

    def off(app: FakeApp, cloud: FakeCloud) -> None:
        app.settings = replace(app.settings, cloud=False)
        cloud.why_not = OFF

    window = CloudWindow(qtbot, off, place=CLOUD)
    place = window.place
    assert not place.switch.switch.isChecked()
    assert place.switch._words.text() == "Off. Everything is answered on this laptop."
    assert place.providers.isVisible()
    hidden = (place.waiting, place.offers, place.hidden, place.comparing, place.why_not)
    assert not any(part.isVisible() for part in hidden)
    window.click(place.switch.switch)
    assert window.app.settings.cloud
    assert place.switch._words.text().startswith("On: Hush may offer to ask elsewhere.")
    assert place.offers.isVisible()
    window.close()


def test_what_is_promised_has_its_exception(window: CloudWindow) -> None:
    """A trusted box is sent to at a press: whoever says "each time" says that as well."""
    exception = "except for a box that you let be sent to at a press"
    promises = [
        one.text()
        for one in window.place.findChildren(PlainLabel)
        if "each time you see" in one.text() or "before anything is sent" in one.text()
    ]
    assert len(promises) == 2
    assert all(exception in promise for promise in promises)
    rows = {row.name: row.words for row in dict(GROUPS)[CLOUD_GROUP]}
    assert exception in rows["cloud"]
    assert exception in rows["cloud_redact"]


def test_why_nobody_can_be_asked_is_said(window: CloudWindow) -> None:
    """Local only stands above it, and is named."""
    window.cloud.why_not = "Local only is on: nothing may leave this laptop."
    window.changed()
    assert window.place.why_not.text() == window.cloud.why_not
    assert window.place.why_not.isVisible()


def test_a_session_without_a_vault(qtbot: QtBot) -> None:
    """Nothing is sent that is written down nowhere."""
    window = CloudWindow(qtbot, offered=False, place=CLOUD)
    assert "Asking elsewhere needs a vault" in window.place.why_not.text()
    assert not window.place.providers.isVisible()
    assert not window.place.switch.isVisible()
    window.close()


def test_esc_leaves_the_nearest_thing(window: CloudWindow) -> None:
    """A form first, then the place."""
    new_form(window)
    window.press("Esc")
    assert window.place.providers.adding.form is None
    assert window.window.place == CLOUD
    window.press("Esc")
    assert window.window.place == CHATS


# Providers ----------------------------------------------------------------------------------


def test_each_line_says_where_and_what(window: CloudWindow) -> None:
    """The host, the model, whose computer it is, and whether it can be read on the way."""
    said = line(window)._words.text()
    assert said == "api.mistral.ai · mistral-small-latest · hosted · asked first"
    said = line(window, BOX)._words.text()
    assert said == "192.168.1.20:8080 · qwen3-32b · on your own network · not encrypted"
    assert window.place.providers.empty.isHidden()


def test_a_box_on_this_laptop_is_named_so() -> None:
    """What is sent to it stays on it: nothing about encryption."""
    here = replace(BOX, address="http://127.0.0.1:11434/v1")
    said = words.provider_words(here, one_of_several=False)
    assert said == "127.0.0.1:11434 · qwen3-32b · on this laptop"


def test_a_first_provider_is_added(empty: CloudWindow) -> None:
    """Its key goes to the keyring, and stands nowhere in the window afterwards."""
    assert empty.place.providers.empty.text() == words.EMPTY
    form = new_form(empty)
    assert empty.focus is form.name
    fill(form.name, "  Mistral ")
    fill(form.address, "https://api.mistral.ai/v1")
    assert form.hint.text() == "A service on the internet. Hush asks you before each request."
    fill(form.model, "mistral-small-latest")
    fill(form.key, " sk-secret ")
    assert form.key.echoMode() is QLineEdit.EchoMode.Password
    empty.click(form.save)
    (kept,) = empty.cloud.providers.known
    assert (kept.name, kept.address, kept.model) == (
        "Mistral",
        "https://api.mistral.ai/v1",
        "mistral-small-latest",
    )
    assert not kept.own_network
    assert empty.cloud.providers.keys[kept.id] == "sk-secret"
    assert empty.place.providers.adding.form is None
    fields = empty.window.findChildren(QLineEdit)
    assert not any("sk-secret" in field.text() for field in fields if field.isVisible())
    assert empty.place.providers.empty.isHidden()


def test_enter_saves_and_saves_once(empty: CloudWindow) -> None:
    """A second Enter while it is being kept does nothing."""
    held: list[Future[Provider]] = []

    def save(provider: Provider, key: str | None) -> Future[Provider]:
        held.append(Future())
        return held[-1]

    empty.cloud.providers.save = save  # type: ignore[method-assign] # held back
    form = new_form(empty)
    fill(form.name, "Box")
    empty.press("Return", form.name)
    empty.press("Return", form.name)
    assert len(held) == 1
    held[0].set_exception(InputRefused("A provider needs a model."))
    empty.settle()
    empty.press("Return", form.name)
    assert len(held) == 2


def test_what_cannot_be_kept_is_said_and_stays(empty: CloudWindow) -> None:
    """Nothing that was typed is lost."""
    form = new_form(empty)
    fill(form.name, "Mistral")
    empty.click(form.save)
    assert "needs a name, an address and a model" in form.problem.text()
    assert form.problem.isVisible()
    assert form.name.text() == "Mistral"
    assert form.save.isEnabled()


@pytest.mark.parametrize("typed", ["much", "1.2.3", "€ 3"])
def test_a_price_is_a_number(empty: CloudWindow, typed: str) -> None:
    """Said here, before anything is kept."""
    form = new_form(empty)
    empty.click(form.more)
    assert empty.focus is form.price_in
    fill(form.price_in, typed)
    empty.click(form.save)
    assert "A price is a number" in form.problem.text()
    assert empty.cloud.providers.known == ()


def test_price_and_limit_are_kept(window: CloudWindow) -> None:
    """A comma is a point; the limit's name is one of three."""
    form = change_form(window)
    window.click(form.more)
    fill(form.price_in, "0,15")
    fill(form.price_out, "")
    fill(form.currency, "eur")
    form.limit.choose("max_completion_tokens")
    window.click(form.save)
    kept = window.cloud.providers.of(MISTRAL.id)
    assert (kept.price_in, kept.price_out, kept.currency) == (0.15, None, "EUR")
    assert kept.limit_field == "max_completion_tokens"


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("", ""),
        ("htt", ""),
        ("https://api.example.com/v1", words._HINTS["hosted"]),
        ("http://api.example.com/v1", words._NOT_ENCRYPTED),
        ("http://192.168.1.20:8080/v1", f"{words._HINTS['own']} {words._READABLE}"),
        ("https://box.local/v1", words._HINTS["own"]),
        ("http://localhost:11434/v1", words._HINTS["loopback"]),
        ("https://you:secret@api.example.com", words._NO_ADDRESS),
        ("javascript://x", words._NO_ADDRESS),
        ("https://" + "a" * 9000, words._NO_ADDRESS),
    ],
)
def test_an_address_is_explained_while_it_is_typed(address: str, hint: str) -> None:
    """Whose computer that is, and who can read it on the way."""
    assert words.address_hint(address) == hint


def test_boxes_of_this_laptop_are_a_press(empty: CloudWindow) -> None:
    """Nobody looks for them; an address is filled in."""
    form = new_form(empty)
    buttons = {one.text(): one for one in form.findChildren(type(form.save))}
    empty.click(buttons["Ollama"])
    assert form.address.text() == "http://127.0.0.1:11434/v1"
    assert form.name.text() == "Ollama"
    assert empty.focus is form.model
    fill(form.model, "qwen3")
    empty.click(form.save)
    assert empty.cloud.providers.known[0].own_network


def test_a_change_keeps_the_key(window: CloudWindow) -> None:
    """An empty field does not mean that there is none."""
    form = change_form(window)
    assert form.key.placeholderText() == "Unchanged"
    assert form.key.text() == ""
    fill(form.model, "mistral-large-latest")
    window.click(form.save)
    assert window.cloud.providers.keys == {}
    assert window.cloud.providers.of(MISTRAL.id).model == "mistral-large-latest"
    assert line(window)._words.text().startswith("api.mistral.ai · mistral-large-latest")


def test_a_key_can_be_taken_away(window: CloudWindow) -> None:
    """By its own button, not by an empty field."""
    form = change_form(window)
    window.click(form.no_key)
    assert form.key.placeholderText() == "None"
    window.click(form.save)
    assert window.cloud.providers.keys == {MISTRAL.id: ""}


def test_a_key_typed_after_all_counts(window: CloudWindow) -> None:
    """Who presses "Use no key" and then types one means the one typed."""
    form = change_form(window)
    window.click(form.no_key)
    fill(form.key, "sk-new")
    window.click(form.save)
    assert window.cloud.providers.keys == {MISTRAL.id: "sk-new"}


def test_without_a_keyring_it_is_said(qtbot: QtBot) -> None:
    """Before the key is typed, and once it is kept."""

    def without(_: FakeApp, cloud: FakeCloud) -> None:
        cloud.key_lasts = False

    window = CloudWindow(qtbot, without, place=CLOUD)
    form = change_form(window)
    labels = [one.text() for one in form.findChildren(QWidget) if hasattr(one, "text")]
    assert words.KEY_NOT_KEPT in labels
    fill(form.key, "sk-new")
    window.click(form.save)
    assert "gone when Hush closes" in window.place.notice.text
    window.close()


def test_another_one_is_asked_first(window: CloudWindow) -> None:
    """From its menu; the first one has no such entry."""
    assert not line(window).first.isVisible()
    line(window, BOX).first.trigger()
    window.settle()
    assert list(window.place.providers.lines) == [BOX.id, MISTRAL.id]
    assert "asked first" in line(window, BOX)._words.text()


def test_removing_asks_once_more(window: CloudWindow) -> None:
    """And keeps it where the person does not mean it."""
    line(window).remove.trigger()
    form = line(window).form
    assert isinstance(form, RemoveForm)
    window.press("Space")
    assert line(window).form is None
    assert len(window.cloud.providers.known) == 2
    line(window).remove.trigger()
    form = line(window).form
    assert isinstance(form, RemoveForm)
    form.given.emit()
    window.settle()
    assert list(window.place.providers.lines) == [BOX.id]


def test_what_cannot_be_removed_stays(window: CloudWindow) -> None:
    """The keyring does not let go of its key: said, and everything as before."""
    window.cloud.providers.remove = (  # type: ignore[method-assign] # refused
        lambda _: failed(KeyNotKept("The keyring is locked.", "Unlock it."))
    )
    line(window).remove.trigger()
    form = line(window).form
    assert isinstance(form, RemoveForm)
    form.given.emit()
    window.settle()
    assert "keyring is locked" in window.place.notice.text
    assert len(window.place.providers.lines) == 2


def test_a_form_stays_while_others_change(window: CloudWindow) -> None:
    """What is typed in it is not lost because something else was told."""
    form = change_form(window)
    fill(form.model, "half typ")
    window.changed()
    assert line(window).form is form
    assert form.model.text() == "half typ"


# Trust --------------------------------------------------------------------------------------


def test_only_a_box_of_one_s_own_can_be_trusted(window: CloudWindow) -> None:
    """A hosted provider has no such switch; off is the beginning."""
    assert not line(window).trust.isVisible()
    assert not line(window, BOX).trust.isVisible()  # not encrypted: anybody there could be it
    window.cloud.providers.put(MISTRAL, SAFE_BOX)
    window.settle()
    trust = line(window, BOX).trust
    assert trust.isVisible()
    assert not trust.switch.isChecked()
    assert trust._words.text() == words.TRUST_WORDS
    window.click(trust.switch)
    assert window.cloud.providers.of(BOX.id).trusted
    assert trust.switch.isChecked()


def test_trust_that_is_refused_goes_back(window: CloudWindow) -> None:
    """The switch shows what holds, and the page says why."""
    window.cloud.providers.trust = (  # type: ignore[method-assign] # refused
        lambda _, *, trusted: failed(InputRefused(f"It cannot be: {trusted}."))
    )
    window.cloud.providers.put(MISTRAL, SAFE_BOX)
    window.settle()
    trust = line(window, BOX).trust
    window.click(trust.switch)
    assert not trust.switch.isChecked()
    assert "It cannot be" in window.place.notice.text


# The test -----------------------------------------------------------------------------------


def test_a_test_is_approved_first(window: CloudWindow) -> None:
    """Where to and what goes, and "Not now" unless pressed."""
    window.click(line(window).test)
    asked = sheet(window)
    assert asked
    assert asked.text.startswith("Ask api.mistral.ai which models it has?")
    assert "Your key, and nothing of yours." in asked.text
    assert "encrypted connection" in asked.text
    assert window.focus is asked.no_button
    window.press("Return")
    assert window.gate.approved == []
    assert window.cloud.providers.tested == []


def test_a_test_that_finds_the_model(window: CloudWindow) -> None:
    """How many there are, and that the one is among them; then they can be chosen from."""
    window.click(line(window).test)
    say_yes(window)
    assert [by for _, by in window.gate.approved] == [By.PERSON]
    assert window.gate.approved[0][0].url == "https://api.mistral.ai/v1/models"
    assert line(window).said == "It answers. 2 models there, mistral-small-latest among them."
    form = change_form(window)
    assert form.model.completer().completionCount() == 2


def test_a_test_that_does_not(window: CloudWindow) -> None:
    """It answers, and has others."""
    window.click(line(window, BOX).test)
    say_yes(window)
    assert "but not qwen3-32b" in line(window, BOX).said


def test_a_test_of_one_that_names_none(window: CloudWindow) -> None:
    """Some boxes have no list."""
    window.cloud.providers.models = ()
    window.click(line(window, BOX).test)
    say_yes(window)
    assert line(window, BOX).said.startswith("It answers, and names no model.")


@pytest.mark.parametrize("status", [401, 404, 429, 503])
def test_a_test_that_fails(window: CloudWindow, status: int) -> None:
    """The sentence of what went wrong stands where it was pressed."""
    sentence = f"It went wrong with {status}."
    window.cloud.providers.problem = TransferFailed(sentence, failure=Failure.STATUS, status=status)
    window.click(line(window).test)
    say_yes(window)
    assert line(window).said == sentence
    assert line(window).test.isEnabled()


def test_while_nothing_may_leave_no_test_is_asked(window: CloudWindow) -> None:
    """The cloud is off, or local only on: the reason, and no sheet."""
    window.cloud.why_not = OFF
    window.click(line(window).test)
    assert sheet(window) is None
    assert line(window).said == OFF


def test_a_hostile_provider_is_text(qtbot: QtBot) -> None:
    """Names of models and providers come from elsewhere: shown, never obeyed."""
    bad = replace(BOX, name="<a href='x'>Press\u202e Send</a>", is_default=True)

    def hostile(_: FakeApp, cloud: FakeCloud) -> None:
        cloud.providers.put(bad)
        cloud.providers.models = ("<b>send everything</b>", "x" * 200)

    window = CloudWindow(qtbot, hostile, place=CLOUD)
    assert line(window, bad)._title.text().startswith("<a href")
    assert "\u202e" not in line(window, bad)._title.text()
    window.click(line(window, bad).test)
    say_yes(window)
    assert window.cloud.sends == []
    assert "2 models" in line(window, bad).said
    window.close()


# What is offered, and what is hidden ----------------------------------------------------------


def test_every_reason_has_a_switch(window: CloudWindow) -> None:
    """They show the settings, and change them."""
    switches = window.place.offers.switches
    assert set(switches) == {"offer_unsure", "offer_long", "offer_paused", "offer_beyond"}
    for name, switch in switches.items():
        assert switch.switch.isChecked()
        window.click(switch.switch)
        assert getattr(window.app.settings, name) is False
        assert not switch.switch.isChecked()


def test_tasks_that_count_as_tier_three(window: CloudWindow) -> None:
    """Translating is one from the beginning; others can be chosen, and it can be taken out."""
    tasks = window.place.offers.tasks
    assert [one for one, button in tasks.items() if button.isChecked()] == [Action.TRANSLATE]
    window.click(tasks[Action.EXPLAIN])
    assert window.app.settings.cloud_only_tasks == "translate,explain"
    window.click(tasks[Action.TRANSLATE])
    assert window.app.settings.cloud_only_tasks == "explain"


@pytest.mark.parametrize("name", ["offer_below", "divergence_from"])
def test_figures_lead_to_the_settings(window: CloudWindow, name: str) -> None:
    """They are typed where every number is."""
    window.place.offers.setting_wanted.emit(name)
    window.settle()
    assert window.window.place == SETTINGS
    assert window.workplace._places.settings._rows[name].isAncestorOf(window.focus)


def test_the_threshold_is_said_in_words(window: CloudWindow) -> None:
    """As it stands, also when it was changed elsewhere."""
    assert "less than 70 %" in window.place.offers.threshold.text()
    settings = replace(window.app.settings, offer_below=0.5)
    window.workplace.preferences.change(settings)
    assert "less than 50 %" in window.place.offers.threshold.text()


def test_words_of_one_s_own_are_kept(window: CloudWindow) -> None:
    """A word or several in a line; blanks and empty lines do not count."""
    hidden = window.place.hidden
    assert not hidden.save.isEnabled()
    hidden.field.setPlainText("Maria\n\n  Rua   das Flores \n")
    assert hidden.save.isEnabled()
    window.click(hidden.save)
    assert window.cloud.hidden.known == ("Maria", "Rua das Flores")
    assert hidden.line.said.startswith("Kept.")
    assert not hidden.save.isEnabled()


def test_words_that_cannot_be_kept_stay_in_the_field(window: CloudWindow) -> None:
    """A word of one letter would be swapped everywhere: said, and nothing is lost."""
    window.cloud.hidden.save = (  # type: ignore[method-assign] # refused
        lambda _: failed(InputRefused("A word has 2 to 100 characters."))
    )
    hidden = window.place.hidden
    hidden.field.setPlainText("M")
    window.click(hidden.save)
    assert hidden.line.said == "A word has 2 to 100 characters."
    assert hidden.field.toPlainText() == "M"
    assert hidden.save.isEnabled()


def test_words_that_cannot_be_read_cannot_be_replaced(qtbot: QtBot) -> None:
    """It says so in place of an empty list, and reads them anew when it is asked to."""

    def unread(_: FakeApp, cloud: FakeCloud) -> None:
        cloud.hidden.known = ("Maria",)
        cloud.hidden.problem = StorageFull("The disk is failing.")

    window = CloudWindow(qtbot, unread, place=CLOUD)
    hidden = window.place.hidden
    assert "The disk is failing." in hidden.line.said
    assert (hidden.field.isEnabled(), hidden.save.isEnabled()) == (False, False)
    window.click(hidden.again)
    assert hidden.again.isVisible()
    window.cloud.hidden.problem = None
    window.click(hidden.again)
    assert hidden.line.said == ""
    assert hidden.field.toPlainText() == "Maria"
    assert hidden.field.isEnabled()
    assert not hidden.again.isVisible()
    assert not hidden.save.isEnabled()
    window.close()


def test_words_being_typed_are_not_replaced(window: CloudWindow) -> None:
    """Something else changed meanwhile."""
    hidden = window.place.hidden
    hidden.field.setPlainText("Mari")
    window.changed()
    assert hidden.field.toPlainText() == "Mari"


def test_swapping_can_be_turned_off(window: CloudWindow) -> None:
    """It is on from the beginning."""
    assert window.place.hidden.redact.switch.isChecked()
    window.click(window.place.hidden.redact.switch)
    assert window.app.settings.cloud_redact is False


def test_comparing_can_be_turned_off(window: CloudWindow) -> None:
    """What it cannot see is said beside it."""
    compare = window.place.comparing.compare
    assert "look at both" in compare._words.text()
    window.click(compare.switch)
    assert window.app.settings.compare_answers is False


# The look -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_nothing_is_wider_than_the_window(qtbot: QtBot, scale: float) -> None:
    """Also with the form open, at three times the text size."""

    def several(_: FakeApp, cloud: FakeCloud) -> None:
        cloud.providers.put(MISTRAL, TRUSTED)
        cloud.waiting.add(11, MISTRAL.id)

    window = CloudWindow(qtbot, several, place=CLOUD, theme=Theme(LIGHT, scale))
    window.window.resize(900, 600)
    change_form(window)
    form = line(window).form
    assert isinstance(form, ProviderForm)
    form.more.click()
    window.settle()
    area = window.place.area
    inside = area.widget()
    assert inside
    assert inside.width() <= area.viewport().width()
    assert inside.minimumSizeHint().width() <= area.viewport().width()
    window.close()


def test_it_takes_another_theme(window: CloudWindow) -> None:
    """Every part of it."""
    window.window.apply(Theme(DARK))
    window.settle()
    assert window.place.theme.palette is DARK
    assert window.place.switch.switch._theme.palette is DARK
    assert line(window).trust.switch._theme.palette is DARK


def test_the_keyboard_goes_as_the_eye_does(window: CloudWindow) -> None:
    """Line by line, and every control has a name."""
    stops = window.place.providers.stops
    first, second = line(window), line(window, BOX)
    assert stops[:4] == [first.test, first.change, first.more, first.trust.switch]
    assert stops[4] is second.test
    assert all(stop.accessibleName() for stop in stops)
    assert first.test.accessibleName() == "Test the connection to Mistral"
