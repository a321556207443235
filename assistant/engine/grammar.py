"""Replies that obey a JSON schema, through llama.cpp's grammars. In the engine's child only."""

from __future__ import annotations

import ctypes
import weakref
from collections import OrderedDict
from typing import Any, Final

import numpy as np
from llama_cpp import llama_cpp as low
from numpy.typing import NDArray

from assistant.engine.json_schema import grammar_of
from assistant.engine.sampling import Tokens
from assistant.errors import SchemaRefused

_KEPT: Final = 8
"""Compiled grammars kept: more than there are kinds of things that Hush asks for."""

_CANDIDATE: Final = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""llama.cpp's ``llama_token_data``."""

_UNSEEN: Final = low.LLAMA_TOKEN_ATTR_CONTROL | low.LLAMA_TOKEN_ATTR_UNKNOWN
"""Tokens whose text is never shown. Grammars take it for text all the same."""


class Grammar:
    """A ``Constraint``: where in a grammar one reply stands.

    Args:
        vocab: The model's vocabulary.
        pointer: llama.cpp's grammar sampler, freed together with this object.
    """

    def __init__(self, vocab: Any, pointer: Any) -> None:
        self._vocab = vocab
        self._pointer = pointer
        # Negative where the model has none.
        self._ending = max(low.llama_vocab_eos(vocab), low.llama_vocab_eot(vocab))
        weakref.finalize(self, low.llama_sampler_free, pointer)

    @classmethod
    def parse(cls, vocab: Any, text: str) -> Grammar:
        """Compile a grammar in llama.cpp's notation, whose start is ``root``.

        Raises:
            SchemaRefused: llama.cpp does not take it.
        """
        pointer = low.llama_sampler_init_grammar(vocab, text.encode(), b"root")
        if not pointer:  # using it would be a segmentation fault
            raise SchemaRefused(
                "The model cannot be held to this form: it is too complex.",
                "Ask for a simpler form.",
            )
        return cls(vocab, pointer)

    def fresh(self) -> Grammar:
        """The same grammar where it stands now, to be followed on its own."""
        return Grammar(self._vocab, low.llama_sampler_clone(self._pointer))

    def allows(self, tokens: Tokens) -> NDArray[np.bool_]:
        """See ``Constraint.allows``."""
        candidates = np.zeros(len(tokens), _CANDIDATE)
        candidates["id"] = tokens
        array = low.llama_token_data_array(
            data=candidates.ctypes.data_as(low.llama_token_data_p),
            size=len(candidates),
            selected=-1,
            sorted=False,
        )
        low.llama_sampler_apply(self._pointer, ctypes.byref(array))
        allowed: NDArray[np.bool_] = candidates["logit"] == 0  # what is not becomes -inf
        for at in np.flatnonzero(allowed):
            allowed[at] = self._is_seen(int(tokens[at]))
        return allowed

    def _is_seen(self, token: int) -> bool:
        if low.llama_vocab_is_eog(self._vocab, token):
            return True  # seen as the end
        return not low.llama_vocab_get_attr(self._vocab, token) & _UNSEEN

    def complete(self) -> bool:
        """See ``Constraint.complete``."""
        return self._ending >= 0 and bool(self.allows(np.array([self._ending]))[0])

    def accept(self, token: int) -> None:
        """Go on by a token that is allowed. One that is not would end the process."""
        low.llama_sampler_accept(self._pointer, token)


class Grammars:
    """The grammars of the schemas that were asked for lately.

    Args:
        vocab: The model's vocabulary.
    """

    def __init__(self, vocab: Any) -> None:
        self._vocab = vocab
        self._compiled: OrderedDict[str, Grammar] = OrderedDict()

    def start(self, schema: str) -> Grammar:
        """The schema's grammar at its beginning.

        Raises:
            SchemaRefused: see ``grammar_of``; or llama.cpp does not take its grammar.
        """
        if schema not in self._compiled:
            self._compiled[schema] = Grammar.parse(self._vocab, grammar_of(schema))
        self._compiled.move_to_end(schema)
        if len(self._compiled) > _KEPT:
            self._compiled.popitem(last=False)
        return self._compiled[schema].fresh()
