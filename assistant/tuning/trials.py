"""Trial runs of a model file: how fast it reads and writes, and what it would write.

Used in the tuner's process only.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from llama_cpp import llama_cpp as low

from assistant.children.limits import limited
from assistant.engine.protocol import KvType, Turn
from assistant.engine.template import ChatTemplate, TemplateRefused
from assistant.errors import ModelRefused

_CONTEXT: Final = 512
_BATCH: Final = 128  # as the app reads prompts
SHORT_PROMPT: Final = 128
LONG_PROMPT: Final = 384
"""Tokens: by then the KV cache is long enough for its own speed to count."""

_WRITTEN_TOKENS: Final = 24
ROUNDS: Final = 5
_REPEAT_PENALTY: Final = 1.05  # the app's: without it a small model's answers are loops
_REPEAT_WINDOW: Final = 64
_ANSWER_TOKENS: Final = 40
_TEMPLATE_SECONDS: Final = 30.0  # nobody waits, and everything else on the machine goes first

PROMPTS: Final = (
    "What is the capital of France?",
    "Why is the sky blue?",
    "How do I boil an egg?",
    "Give me three tips for better sleep.",
    "What is photosynthesis?",
    "How do I reverse a list in Python?",
    "Write one sentence about autumn.",
    "What is the difference between weather and climate?",
    "Name five vegetables.",
    "How does a refrigerator work?",
    "Write a short note that thanks a neighbour.",
    "How can I save money each month?",
)
"""Neutral questions of many kinds. Nothing a person wrote is ever used for tuning."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a file is run."""

    threads: int
    kv_type: KvType = "f16"
    flash_attention: bool = True


class Runner:
    """One loaded file.

    Args:
        path: The model file.
        manner: How to run it.

    Raises:
        ModelRefused: llama.cpp does not load it, or not in this manner.
    """

    def __init__(self, path: Path, manner: Manner) -> None:
        self._held = ExitStack()
        try:
            self._load(path, manner)
        except TemplateRefused as error:
            self._held.close()
            raise _refused() from error
        except BaseException:
            self._held.close()
            raise

    def _load(self, path: Path, manner: Manner) -> None:
        parameters = low.llama_model_default_params()
        parameters.n_gpu_layers = 0  # what is tuned is the way the CPU computes
        model = low.llama_model_load_from_file(str(path).encode(), parameters)
        if not model:
            raise _refused()
        self._held.callback(low.llama_model_free, model)
        settings = low.llama_context_default_params()
        settings.n_ctx, settings.n_batch, settings.n_ubatch = _CONTEXT, _BATCH, _BATCH
        settings.n_threads = settings.n_threads_batch = manner.threads
        settings.type_k = settings.type_v = _KV_TYPES[manner.kv_type]
        settings.flash_attn_type = _FLASH[manner.flash_attention]
        self._context: Any = low.llama_init_from_model(model, settings)
        if not self._context:
            raise _refused()
        self._held.callback(low.llama_free, self._context)
        self._vocab = low.llama_model_get_vocab(model)
        self._words = int(low.llama_vocab_n_tokens(self._vocab))
        self._memory = low.llama_get_memory(self._context)
        source = low.llama_model_chat_template(model, None)
        with limited(_TEMPLATE_SECONDS):
            self._template = ChatTemplate(
                (source or b"").decode("utf-8", "replace"),
                bos=self._special_text(low.llama_vocab_bos(self._vocab)),
                eos=self._special_text(low.llama_vocab_eos(self._vocab)),
            )

    def close(self) -> None:
        """Free the model. Safe to call twice."""
        self._held.close()

    def reading_speed(self, prompt_tokens: int) -> float:
        """Tokens of a prompt of so many per second of computing; see ``speed_ratios``."""
        self._clear()
        began = time.process_time()
        self._feed([self._some_token(at) for at in range(prompt_tokens)])
        return prompt_tokens / (time.process_time() - began)

    def writing_speed(self) -> float:
        """Tokens of a reply per second of computing, after what ``reading_speed`` read."""
        began = time.process_time()
        for at in range(_WRITTEN_TOKENS):
            self._feed([self._some_token(at)])
        return _WRITTEN_TOKENS / (time.process_time() - began)

    def answer(self, prompt: str) -> tuple[list[int], list[int]]:
        """The prompt's tokens, and the likeliest 40 tokens after them, or as many as there are."""
        asked = self._ask(prompt)
        self._clear()
        self._feed(asked)
        chain = low.llama_sampler_chain_init(low.llama_sampler_chain_default_params())
        for link in (
            low.llama_sampler_init_penalties(
                self._words, _REPEAT_WINDOW, _REPEAT_PENALTY, 0.0, 0.0
            ),
            low.llama_sampler_init_greedy(),
        ):
            low.llama_sampler_chain_add(chain, link)
        written: list[int] = []
        try:
            while len(written) < _ANSWER_TOKENS:
                token = int(low.llama_sampler_sample(chain, self._context, -1))
                if low.llama_vocab_is_eog(self._vocab, token):
                    break
                written.append(token)
                self._feed([token])
        finally:
            low.llama_sampler_free(chain)
        return asked, written

    def favourites(self, asked: Sequence[int], written: Sequence[int]) -> list[int]:
        """After the prompt, and after each token of an answer to it: the likeliest next token."""
        self._clear()
        tokens = [*asked, *written]
        found: list[int] = []
        for at in range(0, len(tokens), _BATCH):
            found += self._favourites(tokens[at : at + _BATCH], at)
        return found[len(asked) - 1 :]

    def _favourites(self, tokens: Sequence[int], position: int) -> list[int]:
        batch = low.llama_batch_init(len(tokens), 0, 1)
        try:
            batch.n_tokens = len(tokens)
            for index, token in enumerate(tokens):
                batch.token[index] = token
                batch.pos[index] = position + index
                batch.n_seq_id[index] = 1
                batch.seq_id[index][0] = 0
                batch.logits[index] = 1
            self._decode(batch)
            rows = (low.llama_get_logits_ith(self._context, at) for at in range(len(tokens)))
            return [int(np.ctypeslib.as_array(row, (self._words,)).argmax()) for row in rows]
        finally:
            low.llama_batch_free(batch)

    def _some_token(self, number: int) -> int:
        # Any words will do: how long a token takes does not depend on which one it is.
        return (number * 7919 + 1000) % self._words

    def _clear(self) -> None:
        low.llama_memory_clear(self._memory, False)

    def _feed(self, tokens: Sequence[int]) -> None:
        for at in range(0, len(tokens), _BATCH):
            part = tokens[at : at + _BATCH]
            array = (low.llama_token * len(part))(*part)
            self._decode(low.llama_batch_get_one(array, len(part)))

    def _decode(self, batch: Any) -> None:
        if low.llama_decode(self._context, batch) != 0:
            raise _refused()
        low.llama_synchronize(self._context)

    def _ask(self, prompt: str) -> list[int]:
        with limited(_TEMPLATE_SECONDS):
            pieces = self._template.render([Turn("user", prompt)])
        tokens = [it for piece in pieces for it in self._tokenize(piece.text, piece.special)]
        return tokens[: _CONTEXT - _ANSWER_TOKENS]

    def _tokenize(self, text: str, special: bool) -> list[int]:  # noqa: FBT001 - as llama.cpp's
        data = text.encode("utf-8", "replace")
        buffer = (low.llama_token * (len(data) + 2))()
        count = low.llama_tokenize(
            self._vocab, data, len(data), buffer, len(buffer), False, special
        )
        return list(buffer[: max(0, count)])

    def _special_text(self, token: int) -> str:
        text = low.llama_vocab_get_text(self._vocab, token) if token >= 0 else None
        return (text or b"").decode("utf-8", "replace")


def speed_ratios(
    original: Runner, other: Runner, prompt_tokens: int, rounds: int
) -> tuple[float, float]:
    """How much faster ``other`` reads and writes, as multiples of ``original``'s speeds.

    Seconds are the processor's, as other programs may take turns with this one: beside eight busy
    ones a file came out as 1.19 x as fast as itself by the clock, and as 0.94 to 0.99 x so. For
    the rest the two take turns, and medians of the rounds count.
    """
    reading: list[float] = []
    writing: list[float] = []
    for runner in (original, other):
        runner.reading_speed(prompt_tokens)  # pages the weights in
    for _ in range(rounds):
        base = original.reading_speed(prompt_tokens), original.writing_speed()
        reading.append(other.reading_speed(prompt_tokens) / base[0])
        writing.append(other.writing_speed() / base[1])
    return median(reading), median(writing)


class Answers:
    """What the original answers to some prompts, to hold others against."""

    def __init__(self, original: Runner, prompts: Sequence[str]) -> None:
        self._asked = [original.answer(prompt) for prompt in prompts]
        self._expected = [original.favourites(*row) for row in self._asked]

    def agreement(self, other: Runner) -> float:
        """Share of places in these answers where the other file's likeliest next token is the same.

        Both files see the original's text up to there, so that one other word does not count for
        all that follow it, and no meaning has to be judged.
        """
        pairs = [
            (mine, its)
            for row, expected in zip(self._asked, self._expected, strict=True)
            for mine, its in zip(expected, other.favourites(*row), strict=True)
        ]
        return sum(mine == its for mine, its in pairs) / len(pairs)


_KV_TYPES: Final = {"f16": low.GGML_TYPE_F16, "q8_0": low.GGML_TYPE_Q8_0}
_FLASH: Final = {
    True: low.LLAMA_FLASH_ATTN_TYPE_ENABLED,
    False: low.LLAMA_FLASH_ATTN_TYPE_DISABLED,
}


def _refused() -> ModelRefused:
    return ModelRefused("This model cannot be tried on this machine.", "It works as it is.")
