"""The chat template of a model file, rendered so that message text stays text.

The template from the GGUF's metadata is rendered over placeholders, one a message, and each
message's text is put in afterwards, as pieces apart from the template's own words. So a message
that spells ``<|im_end|>`` is never read as the end of a turn: only the template's pieces are
parsed for special tokens. It also makes token counts additive, message by message.

Rendering runs in the engine's child process: a template is code from an untrusted file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from assistant.engine.protocol import Turn

CHATML: Final = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""Used where the file has no template, as llama.cpp does."""

# Private-use characters: no template mentions them, and no filter (trim, tojson) changes them.
_OPEN, _CLOSE = "\ue000", "\ue001"
_PLACEHOLDER: Final = re.compile(f"{_OPEN}(\\d{{1,9}}){_CLOSE}")

_MAX_RENDERED: Final = 1024 * 1024
"""Characters of a rendered conversation without its messages: of marks, that is."""

_MAX_TIMES_SAID: Final = 2
"""How often a message may stand in the prompt, on average. In every template known to us: once."""


class TemplateRefused(Exception):
    """The template cannot be parsed, raises on these turns, or makes too much or little of them."""


@dataclass(frozen=True, slots=True)
class PromptPiece:
    """A stretch of the prompt. ``special`` pieces are the template's, the others are messages'."""

    text: str
    special: bool


class ChatTemplate:
    """One model's chat template.

    Args:
        source: Jinja source; empty means ChatML.
        bos: Text of the beginning-of-sequence token, or empty.
        eos: Text of the end-of-sequence token, or empty.

    Raises:
        TemplateRefused: it cannot even render one question.
    """

    def __init__(self, source: str, bos: str, eos: str) -> None:
        if _OPEN in source or _CLOSE in source:
            raise TemplateRefused("the template holds our placeholders")
        try:
            self._formatter = Jinja2ChatFormatter(source or CHATML, eos_token=eos, bos_token=bos)
        except Exception as error:  # foreign code: it may overflow the parser, too
            raise TemplateRefused("the template cannot be parsed") from error
        question = Turn("user", "question")
        self._system_role = True
        self._system_role = self._works([Turn("system", "words"), question])
        if not self._system_role and not self._works([question]):
            raise TemplateRefused("the template fails on a plain question")

    def render(
        self, turns: Sequence[Turn], continue_from: str = "", *, ahead: bool = False
    ) -> list[PromptPiece]:
        """Render ``turns`` up to where the assistant writes, then ``continue_from``.

        ``ahead`` stops where the last text ends, for it may go on: after the last turn's text,
        without its closing marks, or after ``continue_from``.

        Raises:
            TemplateRefused: the template raises on these turns, drops the last one or repeats
                messages, or makes too much of them.
        """
        turns = list(turns) if self._system_role else _without_system(turns)
        messages = [
            {"role": turn.role, "content": f"{_OPEN}{number}{_CLOSE}"}
            for number, turn in enumerate(turns)
        ]
        try:
            response = self._formatter(
                messages=messages,  # type: ignore[arg-type] # plain dicts serve
                # Qwen3's and SmolLM3's ask for it. On a laptop their thoughts take minutes, and
                # nobody asked to read them.
                enable_thinking=False,
            )
        except Exception as error:
            raise TemplateRefused("the template fails on these turns") from error
        rendered = response.prompt
        if len(rendered) > _MAX_RENDERED:
            raise TemplateRefused("the template makes too much of these turns")
        # re.split with one group gives template, number, template, number, ..., template.
        parts = _PLACEHOLDER.split(rendered)
        said = [int(part) for part in parts[1::2]]
        if len(turns) - 1 not in said:
            raise TemplateRefused("the template drops the last message")
        if len(said) > _MAX_TIMES_SAID * len(turns) or max(said) >= len(turns):
            raise TemplateRefused("the template repeats messages or makes them up")
        if ahead and not continue_from:
            del parts[2 * said.index(len(turns) - 1) + 2 :]
        pieces = [
            PromptPiece(turns[int(part)].text, special=False)
            if index % 2
            else PromptPiece(part, special=True)
            for index, part in enumerate(parts)
        ]
        pieces.append(PromptPiece(continue_from, special=False))
        return [piece for piece in pieces if piece.text]

    def _works(self, turns: list[Turn]) -> bool:
        try:
            self.render(turns)
        except TemplateRefused:
            return False
        return True


def _without_system(turns: Sequence[Turn]) -> list[Turn]:
    """Put the system text in front of the first question, for templates with no system role."""
    system = "\n\n".join(turn.text for turn in turns if turn.role == "system")
    others = [turn for turn in turns if turn.role != "system"]
    if system and others:
        others[0] = Turn(others[0].role, f"{system}\n\n{others[0].text}")
    return others
