"""``hush ask --cloud`` and ``hush cloud``: what was read is what is sent, after a typed yes."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from assistant.errors import KeyNotKept, NetworkError, NetworkRefused
from assistant.net.metered import Metered
from assistant.net.records import By
from assistant.power.plan import Mode, Plan, Reason
from assistant.records import MessageState
from assistant.terminal.arguments import parse
from assistant.terminal.console import Console
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import BOX, MISTRAL, TRUSTED
from tests.gui.fakes import FakeRun
from tests.unit.terminal_cloud import ANSWER, EXIT_STOPPED, Hush, typing
from tests.unit.terminals import Person

NO_PRICE = replace(MISTRAL, price_out=None)
NO_LIMIT = replace(MISTRAL, limit_field="")
QUESTION = "Should I write to anna@example.org today?"


@pytest.fixture
def hush() -> Hush:
    """A cloud that is on, with a hosted provider and a box."""
    return Hush()


def dry_run(hush: Hush, *words: str) -> str:
    """What may be approved: the digest that a dry run printed."""
    assert hush.run("ask", "--cloud", *words, QUESTION, "--dry-run") == 0
    name, digest = hush.out.splitlines()[-1].split()
    assert name == "payload_sha256"
    return digest


# -- only looked at --------------------------------------------------------------------------------


def test_a_dry_run_sends_nothing_and_makes_nothing_ready(hush: Hush) -> None:
    """No child, no key, no approval; what was looked at is let go."""
    dry_run(hush)
    assert hush.cloud.prepared == 0
    assert hush.gate.approved == []
    assert hush.cloud.sends == []
    assert hush.chat.runs == []
    assert hush.cloud.left == hush.cloud.previews


def test_what_a_dry_run_prints_is_what_is_sent(hush: Hush) -> None:
    """Byte for byte; the facts stand beside it, on the other stream."""
    digest = dry_run(hush)
    body, _ = hush.out.split("\n", 1)
    facts = hush.err
    assert hush.run("ask", "--cloud", QUESTION, "--approve", digest) == 0
    ((composed, approval),) = hush.cloud.sends
    assert composed.request.body == body.encode()
    assert composed.request.payload_sha256 == approval.payload_sha256 == digest
    for words in ("Mistral", "mistral-small-latest", "api.mistral.ai", "encrypted", "USD"):
        assert words in facts


def test_why_a_price_is_not_known(hush: Hush) -> None:
    """There is none, or nothing limits the answer."""
    for change, words in ((NO_PRICE, "no price is set"), (NO_LIMIT, "nothing limits the answer")):
        hush.cloud.providers.put(change)
        assert hush.run("ask", "--cloud", QUESTION, "--dry-run") == 0
        assert f"Not known: {words}" in hush.err


def test_a_dry_run_for_programs(hush: Hush) -> None:
    """One object, with which the digest can be computed anew."""
    assert hush.run("ask", "--cloud", QUESTION, "--dry-run", "--json") == 0
    (shown,) = hush.rows()
    assert shown["host"] == "api.mistral.ai"
    assert shown["bytes"] == len(shown["body"].encode())
    assert shown["encrypted"]
    assert ["POST", "/v1/chat/completions"] in shown["head"]
    assert {one["placeholder"] for one in shown["swapped"]} >= {"[EMAIL_1]"}
    assert json.loads(shown["body"])["model"] == MISTRAL.model


def test_what_is_swapped_is_told_without_its_value(hush: Hush) -> None:
    """Placeholders and sorts; the value stands nowhere in the output."""
    dry_run(hush)
    assert "[EMAIL_1] (an e-mail address)" in hush.err
    assert "anna@example.org" not in hush.err + hush.out


def test_as_it_is_means_that(hush: Hush) -> None:
    """Nothing is swapped, it is said so, and it is another payload."""
    swapped = dry_run(hush)
    plain = dry_run(hush, "--as-it-is")
    assert plain != swapped
    assert "Nothing is swapped" in hush.err
    assert "anna@example.org" in hush.out


def test_a_part_is_left_out(hush: Hush) -> None:
    """It is another payload, without its words; one that is not there is an error."""
    whole = dry_run(hush)
    assert "At nine" in hush.out
    assert "m2  Hush, 1 message back" in hush.err
    assert dry_run(hush, "--leave-out", "m2", "--leave-out", "system") != whole
    assert "At nine" not in hush.out
    assert "(left out)" in hush.err
    assert hush.run("ask", "--cloud", QUESTION, "--leave-out", "m7", "--dry-run") == 4
    assert hush.run("ask", "--cloud", QUESTION, "--leave-out", "question", "--dry-run") == 2
    assert len(hush.cloud.left) == len(hush.cloud.previews)


def test_somebody_else_is_asked_by_name_or_id(hush: Hush) -> None:
    """A box says that it is one, and what that means; a name that is none is an error."""
    for wanted in (BOX.id, "the BOX in the hall"):
        assert hush.run("ask", "--cloud", "--to", wanted, QUESTION, "--dry-run", "--json") == 0
        assert hush.rows()[0]["model"] == BOX.model
        assert not hush.rows()[0]["encrypted"]
    dry_run(hush, "--to", BOX.id)
    assert "leaves this computer all the same" in hush.err
    assert "Not encrypted" in hush.err
    assert hush.run("ask", "--cloud", "--to", "nobody", QUESTION, "--dry-run") == 4


def test_the_first_word_of_a_question_is_no_provider(hush: Hush) -> None:
    """``--cloud`` takes no value."""
    assert hush.run("ask", "--cloud", "Mistral", "is", "a", "wind?", "--dry-run") == 0
    assert hush.cloud.asked[-1].text == "Mistral is a wind?"


@pytest.mark.parametrize(
    "words",
    [
        ("--dry-run",),
        ("--to", "x"),
        ("--as-it-is",),
        ("--leave-out", "m2"),
        ("--approve", "0" * 64),
    ],
)
def test_options_of_the_cloud_say_nothing_alone(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Who only wants to look, and forgot ``--cloud``, does not have it answered."""
    with pytest.raises(SystemExit) as stopped:
        parse(["ask", "Why?", *words])
    assert stopped.value.code == 2
    assert f"{words[0]}: only together with --cloud" in capsys.readouterr().err


# -- approved --------------------------------------------------------------------------------------


def test_a_person_reads_and_says_yes(hush: Hush) -> None:
    """They see the very bytes, what they are and to whom; then the answer comes."""
    assert hush.run("ask", "--cloud", QUESTION, person=typing("y")) == 0
    ((composed, approval),) = hush.cloud.sends
    assert composed.body in hush.err
    assert hush.err.index(composed.body) < hush.err.index("Send this to api.mistral.ai? [y/N]")
    assert approval.by is By.PERSON
    assert ANSWER in hush.out
    assert hush.cloud.prepared == 1


@pytest.mark.parametrize("answer", ["n", "", "maybe", "Yep", "send"])
def test_anything_but_yes_is_no(hush: Hush, answer: str) -> None:
    """Nothing is approved, sent or stored."""
    assert hush.run("ask", "--cloud", QUESTION, person=typing(answer)) == 2
    assert f"Not sent. {'Nothing was sent.'}" in hush.err
    assert hush.gate.approved == []
    assert hush.cloud.sends == []
    assert hush.chat.runs == []
    assert hush.cloud.left == hush.cloud.previews


def test_nobody_answers(hush: Hush) -> None:
    """The line ends: nothing is approved."""
    assert hush.run("ask", "--cloud", QUESTION, person=typing()) == 3
    assert hush.gate.approved == []


@pytest.mark.parametrize("piped", ["", "y\n", "y\ny\nyes\n"])
def test_a_pipe_says_no_yes(hush: Hush, piped: str) -> None:
    """What comes through it belongs to the question; and nothing was made ready to be sent."""
    assert hush.run("ask", "--cloud", QUESTION, piped=piped) == 2
    assert "--approve SHA256" in hush.err
    assert hush.cloud.previews == []
    assert hush.gate.approved == []


def test_a_piped_text_is_part_of_the_question(hush: Hush) -> None:
    """Below the words."""
    assert hush.run("ask", "--cloud", "Explain:", "--dry-run", piped="y\n") == 0
    assert hush.cloud.asked[-1].text == "Explain:\n\ny"


@pytest.mark.parametrize("end", ["stdin", "stderr"])
def test_one_end_is_not_enough(hush: Hush, end: str) -> None:
    """Who cannot read what is asked, or whose answer is a file's, is nobody."""
    person = typing("y")
    console = Console(
        person if end == "stderr" else io.StringIO("y\n"),
        io.StringIO(),
        person.reads if end == "stdin" else io.StringIO(),
    )
    assert not console.interactive


def test_a_stale_digest_is_refused(hush: Hush) -> None:
    """The conversation went on, or a setting changed: what was approved is not what would go."""
    digest = dry_run(hush)
    hush.cloud.draft = replace(hush.cloud.draft, reply_tokens=99)
    assert hush.run("ask", "--cloud", QUESTION, "--approve", digest, "--json") == 2
    assert hush.rows()[-1]["code"] == "approval"
    assert hush.gate.approved == []
    assert hush.cloud.left == hush.cloud.previews


def test_a_yes_that_took_too_long_is_none(hush: Hush) -> None:
    """More than five minutes after it was printed: it has to be looked at again."""
    clock = FakeClock()
    hush.cloud.clock = clock

    def late(_: str) -> str:
        clock.advance(301)
        return "y"

    assert hush.run("ask", "--cloud", QUESTION, person=Person(late)) == 2
    assert hush.gate.approved == []
    assert hush.cloud.sends == []


@pytest.mark.parametrize(
    "change",
    [("--as-it-is",), ("--to", BOX.id), ("--leave-out", "system")],
)
def test_a_digest_is_of_one_payload_alone(hush: Hush, change: tuple[str, ...]) -> None:
    """Another provider, other parts, other words: refused."""
    digest = dry_run(hush)
    assert hush.run("ask", "--cloud", *change, QUESTION, "--approve", digest) == 2
    assert hush.cloud.sends == []


def test_a_digest_and_a_person_is_the_digest(hush: Hush) -> None:
    """Nobody is asked once more; a wrong one is not made good by a yes."""
    assert hush.run("ask", "--cloud", QUESTION, "--approve", "0" * 64, person=typing("y")) == 2
    assert hush.gate.approved == []


def test_a_trusted_box_is_asked_about_all_the_same(hush: Hush) -> None:
    """A script could press, too."""
    hush.cloud.providers.put(TRUSTED)
    assert hush.run("ask", "--cloud", QUESTION) == 2
    assert hush.cloud.previews == []


def test_a_connection_by_volume_is_told(hush: Hush) -> None:
    """Before the yes."""
    hush.gate.metered_now = Metered.YES
    assert hush.run("ask", "--cloud", QUESTION, person=typing("n")) == 2
    assert "paid for by volume" in hush.err


def test_a_text_that_draws_a_question_stays_one_line(hush: Hush) -> None:
    """What would be sent cannot look like what is asked, nor drive the terminal."""
    nasty = "Hi\nSend this to nice.example? [y/N] \x1b[2J\u202e y"
    assert hush.run("ask", "--cloud", nasty, person=typing("n")) == 2
    (line,) = [one for one in hush.err.splitlines() if "nice.example" in one]
    assert line.startswith("{")
    assert "\x1b" not in hush.err
    assert "\u202e" not in hush.err


UNSEEN = "a\u200bb\u202ec\u2066d\U000e0041e\u3164f\U000e0101g\u2028h\u00adi"


def test_what_nobody_sees_is_shown(hush: Hush) -> None:
    """Zero-width characters, tags, directions: what is read is all that is sent."""
    assert hush.run("ask", "--cloud", UNSEEN, person=typing("y")) == 0
    ((composed, _),) = hush.cloud.sends
    assert UNSEEN in composed.body
    shown = "a⟨U+200B⟩b⟨U+202E⟩c⟨U+2066⟩d⟨U+E0041⟩e⟨U+3164⟩f⟨U+E0101⟩g⟨U+2028⟩h⟨U+00AD⟩i"
    assert shown in hush.err
    assert hush.run("ask", "--cloud", UNSEEN, "--dry-run", screen=True) == 0
    assert shown in hush.out
    assert hush.run("ask", "--cloud", UNSEEN, "--dry-run") == 0
    assert UNSEEN in hush.out


def test_what_everybody_sees_stays(hush: Hush) -> None:
    """Words of any script, marks, emoji."""
    words = "Grüße, שלום, नमस्ते, 你好 ☀️ 🎉"
    assert hush.run("ask", "--cloud", words, person=typing("n")) == 2
    assert words in hush.err


# -- what comes of it ------------------------------------------------------------------------------


def test_ctrl_c_stops_and_keeps(hush: Hush) -> None:
    """The run is stopped, and what came is printed."""
    hush.cloud.interrupt = hush.interrupt
    assert hush.run("ask", "--cloud", QUESTION, person=typing("y")) == EXIT_STOPPED
    assert ANSWER in hush.out
    assert "Stopped." in hush.err
    assert hush.chat.stopped == [hush.chat.last.run.id]


def test_ctrl_c_before_it_is_on_its_way(hush: Hush) -> None:
    """While a keyring asks for its password, for one: it ends, and says so."""
    hush.cloud.early = lambda run: run.refuse(NetworkRefused("Stopped before it left."))
    assert hush.run("ask", "--cloud", QUESTION, person=typing("y")) == EXIT_STOPPED
    assert "Stopped. Nothing was sent." in hush.err
    assert "before it left" not in hush.err


def test_ctrl_c_just_when_it_went(hush: Hush) -> None:
    """What came is printed, and that it was stopped."""

    def stopped(run: FakeRun) -> None:
        if not run.run.saved.done():
            run.save()
            run.begin()
            run.say(ANSWER)
            run.end(MessageState.STOPPED)

    hush.cloud.early = stopped
    assert hush.run("ask", "--cloud", QUESTION, person=typing("y")) == EXIT_STOPPED
    assert ANSWER in hush.out
    assert "What was written is kept" in hush.err


def test_ctrl_c_at_the_question_sends_nothing(hush: Hush) -> None:
    """What was made ready is let go."""

    def interrupted() -> str:
        raise KeyboardInterrupt

    person = typing()
    person._answer = lambda _: interrupted()
    with pytest.raises(KeyboardInterrupt):
        hush.run("ask", "--cloud", QUESTION, person=person)
    assert hush.gate.approved == []
    assert hush.cloud.left == hush.cloud.previews


def test_an_answer_that_breaks_off(hush: Hush) -> None:
    """What came is printed; the exit code is the network's."""
    hush.cloud.outcome = NetworkError("The server was cut off.")
    assert hush.run("ask", "--cloud", QUESTION, person=typing("y")) == 9
    assert ANSWER in hush.out
    assert "cut off" in hush.err


@pytest.mark.parametrize(
    ("problem", "code"),
    [(NetworkRefused("Local only."), 9), (KeyNotKept("The keyring is locked."), 8)],
)
def test_what_cannot_be_asked(hush: Hush, problem: NetworkRefused, code: int) -> None:
    """The reason, and its exit code; nobody was asked."""
    hush.cloud.problem = problem
    assert hush.run("ask", "--cloud", QUESTION, person=typing("y")) == code
    assert hush.gate.approved == []


def test_a_cloud_that_is_off_says_so(hush: Hush) -> None:
    """Also to who only wants to look."""
    hush.cloud.why_not = "Asking elsewhere is off."
    assert hush.run("ask", "--cloud", QUESTION, "--dry-run") == 9
    assert "is off" in hush.err


def test_a_vault_that_is_not_kept_has_no_ledger(hush: Hush) -> None:
    """So nothing is asked."""
    hush.has_vault = False
    assert hush.run("ask", "--cloud", QUESTION, person=typing("y")) == 9
    assert "ledger" in hush.err


def test_what_cannot_be_composed(hush: Hush) -> None:
    """No words, or more than may be sent at once: the reason, and nothing is asked."""
    hush.cloud.draft = replace(hush.cloud.draft, reply_tokens=1)
    huge = replace(hush.cloud.draft.parts[0], text="a " * 5 * 1024 * 1024)
    hush.cloud.draft = replace(hush.cloud.draft, parts=(huge, *hush.cloud.draft.parts[1:]))
    assert hush.run("ask", "--cloud", QUESTION, person=typing("y")) == 2
    assert "[y/N]" not in hush.err
    assert hush.cloud.left == hush.cloud.previews
    hush.cloud.previews.clear()
    assert hush.run("ask", "--cloud", " ", "--dry-run") == 2
    assert hush.cloud.previews == []


def test_what_is_composed_elsewhere_is_waited_for(hush: Hush) -> None:
    """Only the newest version is shown, never the one before it."""
    hush.cloud.on_threads = True
    assert hush.run("ask", "--cloud", QUESTION, "--as-it-is", "--leave-out", "m1", "--dry-run") == 0
    assert "anna@example.org today" in hush.out
    assert "night train" not in hush.out


def test_how_hard_this_machine_may_work_says_nothing(hush: Hush) -> None:
    """Somebody else writes the answer: it neither waits nor comes slower."""
    hush.governor.plan = Plan(Mode.PAUSED, Reason.CRITICAL_HEAT, "Paused: the machine is too hot.")
    assert hush.run("ask", "--cloud", QUESTION, person=typing("y")) == 0
    assert "Paused" not in hush.err


def test_events_for_programs(hush: Hush) -> None:
    """As of any answer; its message says who wrote it."""
    digest = dry_run(hush)
    assert hush.run("ask", "--cloud", QUESTION, "--approve", digest, "--json") == 0
    events = hush.rows()
    assert [one["event"] for one in events] == ["began", "text", "ended"]
    assert events[-1]["message"]["cloud"]["host"] == "api.mistral.ai"
