"""Every error that Hush raises on purpose.

::

    HushError                     a sentence for the person, what to do next, a code
    ├── InputRefused              the person gave something Hush cannot use; nothing was changed
    │   ├── EmptyMessage
    │   ├── MessageTooLong
    │   ├── NotFound
    │   ├── FileRefused           a file that Hush does not read, and why
    │   ├── TagExists             another tag has this name: the two can be merged
    │   ├── TagInTexts            notes have it in their text, where only writing changes it
    │   └── SettingRefused
    ├── EnvironmentProblem        the machine, not Hush and not the person
    │   ├── ProfileError
    │   │   ├── ProfileUnusable   the folder cannot be made, read or written
    │   │   └── ProfileInUse      another Hush holds this profile
    │   ├── VaultError
    │   │   ├── VaultLocked       a way in is needed: keyring or passphrase
    │   │   │   ├── WrongPassphrase
    │   │   │   └── KeyringUnavailable
    │   │   │       └── KeyringChanged   it answers, but not with this vault's key
    │   │   ├── VaultDamaged      the bytes on disk are not what Hush wrote
    │   │   ├── VaultTooNew       a newer Hush wrote it
    │   │   └── StorageFull       the disk is full, read-only or failing
    │   ├── EngineError
    │   │   ├── ModelMissing
    │   │   ├── ModelDamaged      empty, truncated, altered or not a model at all
    │   │   ├── ModelRefused      a whole file that llama.cpp will not load
    │   │   ├── PromptTooLong
    │   │   ├── SchemaRefused     no grammar can express the JSON schema
    │   │   └── EngineDied        the child process ended by itself
    │   └── EncoderError          meaning is not searched; words are
    │       ├── EncoderMissing    the embedding model is not where it should be
    │       ├── EncoderUnprepared it is there, and has to be exported before it can be used
    │       ├── EncoderDamaged    its files are truncated, altered or no such model at all
    │       ├── EncoderNoRoom     there is too little memory or disk to export it now
    │       ├── EncoderRefused    a whole model that cannot be exported, or not well enough
    │       └── TextUnreadable    it fails at one text; others it reads
    └── Bug                       ours; the only kind that asks for a report

``message`` says what happened and what is safe; ``advice`` says what to do next. Neither ever
holds what the person or the model wrote: both may reach a log, a terminal or a screenshot.
"""

from __future__ import annotations

from typing import ClassVar


class HushError(Exception):
    """An error with words for the person.

    Args:
        message: What happened, and what is safe. One or two plain sentences.
        advice: What the person can do next. Empty where the message says it already.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    @property
    def sentence(self) -> str:
        """Message and advice as one text, for a terminal or a notice."""
        return f"{self.message} {self.advice}".strip()


class InputRefused(HushError):
    """The person gave something Hush cannot use. Nothing was changed."""

    code = "input"


class EmptyMessage(InputRefused):
    """There was nothing to send."""

    code = "empty-message"


class MessageTooLong(InputRefused):
    """One message is larger than the store accepts."""

    code = "message-too-long"


class NotFound(InputRefused):
    """A conversation, message or file that does not exist."""

    code = "not-found"


class FileRefused(InputRefused):
    """A file that Hush does not read. The words begin with "It": they follow the file's name."""

    code = "file"


class TagExists(InputRefused):
    """There is another tag of this name; the two can be merged. Nothing was changed."""

    code = "tag-exists"


class TagInTexts(InputRefused):
    """Notes have the tag in their text, where only writing changes it. Nothing was changed."""

    code = "tag-in-texts"


class SettingRefused(InputRefused):
    """A setting outside its range or of the wrong kind."""

    code = "setting"


class ApprovalRefused(InputRefused):
    """What was approved is not what was to be sent, or the approval is spent."""

    code = "approval"


class EnvironmentProblem(HushError):
    """The machine is in a state that Hush cannot work in."""

    code = "environment"


class ProfileError(EnvironmentProblem):
    """Something about the profile folder."""

    code = "profile"


class ProfileUnusable(ProfileError):
    """The profile folder cannot be made, read or written."""

    code = "profile-unusable"


class ProfileInUse(ProfileError):
    """Another Hush holds this profile's lock."""

    code = "profile-in-use"


class VaultError(EnvironmentProblem):
    """Something about the encrypted store."""

    code = "vault"


class VaultLocked(VaultError):
    """A way in is needed before the vault can be opened."""

    code = "vault-locked"


class WrongPassphrase(VaultLocked):
    """The passphrase opens no key slot."""

    code = "wrong-passphrase"


class KeyringUnavailable(VaultLocked):
    """No safe keyring answered, or it did not hold the right key."""

    code = "keyring-unavailable"


class KeyringChanged(KeyringUnavailable):
    """The keyring answered, and does not hold this vault's key."""

    code = "keyring-changed"


class VaultDamaged(VaultError):
    """The bytes on disk are not what Hush wrote."""

    code = "vault-damaged"


class VaultTooNew(VaultError):
    """A newer version of Hush wrote this vault."""

    code = "vault-too-new"


class StorageFull(VaultError):
    """The disk is full, read-only or failing; what was committed before stands."""

    code = "storage"


class EngineError(EnvironmentProblem):
    """Something about the language model or its process."""

    code = "engine"


class ModelMissing(EngineError):
    """The model's file is not where it should be."""

    code = "model-missing"


class ModelDamaged(EngineError):
    """The model's file is empty, truncated, altered or not a model."""

    code = "model-damaged"


class ModelRefused(EngineError):
    """llama.cpp will not load this file, or its chat template does not work."""

    code = "model-refused"


class PromptTooLong(EngineError):
    """The rendered prompt does not fit into the context."""

    code = "prompt-too-long"


class SchemaRefused(EngineError):
    """No grammar can express the JSON schema that a reply should obey."""

    code = "schema-refused"


class EngineDied(EngineError):
    """The engine's process ended by itself: killed, aborted or out of memory."""

    code = "engine-died"


class ModelUnsafe(EngineError):
    """A model file did not pass its examination: nothing of it was loaded."""

    code = "model-unsafe"


class EncoderError(EnvironmentProblem):
    """Something about the embedding model. Words are found without it."""

    code = "encoder"


class EncoderMissing(EncoderError):
    """The embedding model's folder or one of its files is not where it should be."""

    code = "encoder-missing"


class EncoderUnprepared(EncoderError):
    """The embedding model has to be exported before it can be used."""

    code = "encoder-unprepared"


class EncoderDamaged(EncoderError):
    """A file of the embedding model is truncated, altered or not what it should be."""

    code = "encoder-damaged"


class EncoderNoRoom(EncoderError):
    """There is too little memory or disk to export the embedding model now; it passes."""

    code = "encoder-no-room"


class EncoderRefused(EncoderError):
    """The embedding model cannot be exported, or what was exported is not as good."""

    code = "encoder-refused"


class TextUnreadable(EncoderError):
    """The embedding model fails at one text; that says nothing of others."""

    code = "text-unreadable"


class NetworkError(EnvironmentProblem):
    """Something that was to be fetched or sent was not."""

    code = "network"


class NetworkRefused(NetworkError):
    """Hush itself does not let it go: nothing left this computer."""

    code = "network-refused"


class CloudRefused(NetworkRefused):
    """Nothing may be asked elsewhere: it is off, or nobody is there to approve it."""

    code = "cloud-refused"


class KeyNotKept(EnvironmentProblem):
    """A provider's key could not be read from the system's keyring."""

    code = "key-not-kept"


class CatalogueRefused(NetworkError):
    """A catalogue of models is not to be trusted: the one before it stays."""

    code = "catalogue"


class Bug(HushError):
    """Hush did something it should never do."""

    code = "bug"
