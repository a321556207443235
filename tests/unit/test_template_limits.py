"""Chat templates that loop, grow or lie: code from an untrusted file, run under limits."""

from __future__ import annotations

import subprocess
import sys

import pytest

from assistant.children.limits import EXIT_TOO_LONG, RENDER_BYTES, limited
from assistant.engine.protocol import Turn
from assistant.engine.template import CHATML, ChatTemplate, PromptPiece, TemplateRefused

TURNS = (Turn("system", "Be kind."), Turn("user", "Hello"))

LOOPS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}" + CHATML
POWER = "{{ (1 | round(999999999, 'ceil')) }}" + CHATML
"""Inside a filter the interpreter computes 10 ** 999999999 and lets no other thread run."""


@pytest.mark.parametrize("source", [LOOPS, POWER], ids=["loops", "power"])
def test_a_template_that_takes_for_ever_ends_its_process(source: str) -> None:
    """Whatever it is busy with; whoever waits for the process learns it from the exit code."""
    code = (
        "import sys\n"
        "from assistant.children.limits import limited\n"
        "from assistant.engine.template import ChatTemplate\n"
        "with limited(seconds=0.3):\n"
        "    ChatTemplate(sys.argv[1], bos='', eos='')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, source], capture_output=True, check=False)
    assert ended.returncode == EXIT_TOO_LONG
    assert not ended.stderr  # nothing says where or over what


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory holds on Linux only")
@pytest.mark.parametrize(
    "source",
    [
        "{{ 'x' * 3000000000 }}" + CHATML,
        "{{ 'x' | center(3000000000) }}" + CHATML,
        "{{ ('%3000000000d') | format(1) }}" + CHATML,
    ],
)
def test_a_template_that_grows_is_refused(source: str) -> None:
    """Without taking the machine's memory; and the limit is lifted afterwards."""
    with limited(), pytest.raises(TemplateRefused):
        ChatTemplate(source, bos="", eos="")
    assert len(bytearray(2 * RENDER_BYTES)) == 2 * RENDER_BYTES


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'x' * 2000000 }}" + CHATML,
        CHATML * 3,
        "{% for m in messages %}{% for n in range(50) %}{{ m['content'] }}{% endfor %}{% endfor %}",
        "{% if messages | length > 2 %}{{ messages[7]['content'].x }}{% endif %}{% for",
        "{{ messages[0]['role'] }}",
        "{{ raise_exception('no') }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}"
        + CHATML
        + "{{ cycler.__init__.__globals__ }}",
        "{{ '\\ue000' ~ '7' ~ '\\ue001' }}" + CHATML,
    ],
    ids=["marks", "thrice", "fifty times", "broken", "drops", "raises", "breaks out", "makes up"],
)
def test_a_template_that_makes_too_much_or_too_little_is_refused(source: str) -> None:
    """Before a single text of the person has been put into it."""
    with pytest.raises(TemplateRefused):
        ChatTemplate(source, bos="", eos="").render(TURNS)


def test_limits_leave_a_good_template_alone() -> None:
    """Entered again and again, as for each request."""
    template = ChatTemplate("", bos="", eos="")
    for _ in range(3):
        with limited():
            assert template.render(TURNS)


def test_ahead_stops_at_the_last_word() -> None:
    """No closing marks and no opening of the answer: the text may still grow."""
    template = ChatTemplate("", bos="", eos="")
    whole = template.render(TURNS)
    ahead = template.render(TURNS, ahead=True)
    assert ahead == whole[: len(ahead)]
    assert ahead[-1] == PromptPiece("Hello", special=False)


def test_ahead_of_an_empty_draft_stops_at_its_opening() -> None:
    """The marks before the first word are known already."""
    template = ChatTemplate("", bos="", eos="")
    ahead = template.render((*TURNS[:1], Turn("user", "")), ahead=True)
    assert ahead[-1] == PromptPiece("<|im_end|>\n<|im_start|>user\n", special=True)


def test_ahead_of_a_continued_answer_is_all_of_it() -> None:
    """The answer's own beginning is what may grow."""
    template = ChatTemplate("", bos="", eos="")
    assert template.render(TURNS, "Once", ahead=True) == template.render(TURNS, "Once")
