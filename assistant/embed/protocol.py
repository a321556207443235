"""What an embedding model is: texts to vectors of unit length, and where a text's tokens lie.

``tests/contract/test_encoder_contract.py`` is the contract in code: ONNX Runtime and the
deterministic fake both pass it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from assistant.cancel import Cancel

if TYPE_CHECKING:  # numpy takes a tenth of a second to import, which a start must not wait for
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class Tokenizer(Protocol):
    """Where a model's tokens lie in a text. There within milliseconds, without the weights."""

    @property
    def name(self) -> str:
        """What to call the model."""

    @property
    def key(self) -> str:
        """Names weights, tokenizer and recipe: vectors of two models with one key compare."""

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that the model reads, without special ones. The rest it does not see."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where each token begins and ends in the text, in characters, in order. On any thread.

        Never empty spans, no special tokens; between two tokens there may be white space and
        characters that the model passes over. One token may be long: to most models a word of
        over 100 letters is one.

        Raises:
            TextUnreadable: the tokenizer fails at this text.
        """


class Encoder(Tokenizer, Protocol):
    """A warm embedding model. Every method may be called on any thread, on several at once."""

    @property
    def dimensions(self) -> int:
        """Numbers of a vector."""

    def encode(self, texts: Sequence[str], *, query: bool = False, threads: int = 1) -> Vectors:
        """Encode each text by itself: what stands beside it changes nothing.

        Holds no lock and not the interpreter while it computes. For what nobody waits for, hand in
        few texts at a time: between two calls is where one can stop.

        Args:
            texts: Any; what is beyond ``max_tokens`` of one is not read.
            query: The texts are questions. Some models want those to begin differently.
            threads: How many texts to compute at once; with more than one, at a low priority.

        Returns:
            One row a text, ``[len(texts), dimensions]``, each of unit length.

        Raises:
            TextUnreadable: it fails at one of the texts.
            EncoderError: closed, or the model fails.
        """

    def close(self) -> None:
        """Free the memory. Safe to call twice, and while another thread encodes."""


class EncoderSource(Protocol):
    """The embedding model that is chosen, in whatever state it is."""

    def tokenizer(self) -> Tokenizer:
        """What tells its tokens, whether or not the model is prepared.

        Raises:
            EncoderMissing, EncoderDamaged: with the reason in words.
        """

    def open(self) -> Encoder:
        """Load the model: a tenth of a second.

        Raises:
            EncoderUnprepared: ``prepare`` has to be called first.
            EncoderMissing, EncoderDamaged: with the reason in words.
        """

    def open_earlier(self, key: str) -> Encoder | None:
        """Load a model that was prepared earlier, chosen or not: it serves until another is built.

        Args:
            key: See ``Tokenizer.key``.

        Returns:
            None where it is not there any more.
        """

    def prepare(self, cancel: Cancel, progress: Callable[[float], None]) -> bool:
        """Export the model, where that was not done: half a minute, in a child process.

        Args:
            cancel: Ends the export; nothing is left of it.
            progress: Gets the share that is done, 0 to 1, on this thread.

        Returns:
            Whether ``open`` will find it; False where it was cancelled.

        Raises:
            EncoderMissing, EncoderDamaged, EncoderRefused: with the reason in words.
            StorageFull: the disk is full or read-only.
        """
