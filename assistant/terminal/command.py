"""Runs a subcommand: profile, lock, vault, then the command; errors become exit codes."""

from __future__ import annotations

import queue
from contextlib import ExitStack
from functools import partial
from typing import Final

from assistant.access import erasing
from assistant.app import App, Parts, Session
from assistant.errors import (
    Bug,
    EngineError,
    EnvironmentProblem,
    HushError,
    InputRefused,
    NetworkError,
    NotFound,
    ProfileError,
    VaultError,
    VaultLocked,
)
from assistant.instance import wait_for
from assistant.log import log_error, start_log
from assistant.machine.crash import Crash, CrashReports, crashes_reported
from assistant.machine.hardening import harden_process
from assistant.machine.threads import one_thread_for_products
from assistant.paths import Profile
from assistant.terminal import (
    acting,
    backing_up,
    cloud,
    cloud_asking,
    importing,
    modelling,
    network,
    noting,
    searching,
    tag_managing,
    tagging,
    titling,
)
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console, read_passphrase
from assistant.terminal.conversing import ask, chat, question, tell_person, tell_program
from assistant.terminal.doctor import doctor
from assistant.terminal.measuring import metrics
from assistant.terminal.opening import open_to_read, open_to_write
from assistant.terminal.reading import export, list_conversations, show
from assistant.terminal.securing import erase, keys
from assistant.terminal.waiting import EXIT_STOPPED, Events, Interrupted, Settled

_EXIT_CODES: Final[tuple[tuple[type[HushError], int], ...]] = (
    (NotFound, 4),
    (InputRefused, 2),
    (ProfileError, 6),
    (VaultLocked, 3),
    (VaultError, 7),
    (EngineError, 5),
    (NetworkError, 9),
    (EnvironmentProblem, 8),
)
_EXIT_BUG: Final = 1
_READING: Final = {
    "list": list_conversations,
    "show": show,
    "export": export,
    "metrics": metrics,
    "search": searching.search,
    "network": network.network,
}
_WORKING: Final = {"tag": tagging.tag, "title": titling.title, "act": acting.act}
"""Actions on notes that take a while."""

_LOCK_SECONDS: Final = 10.0
"""How long to wait for another command that writes: about what a short answer takes."""


def run_command(
    arguments: Arguments,
    console: Console | None = None,
    parts: Parts | None = None,
    *,
    patience: float = _LOCK_SECONDS,
) -> int:
    """Run ``arguments.command`` (``chat`` where none is named); returns the exit code.

    Args:
        arguments: Parsed.
        console: Default: the process's own streams.
        parts: What to build the app from.
        patience: Seconds to wait for another command that holds the profile.
    """
    console = console or Console()
    try:
        return _logged(arguments, console, parts or Parts(tunes=True), patience)
    except HushError as error:
        console.problem(error, as_json=arguments.json)
        return exit_code(error)
    except KeyboardInterrupt:
        return EXIT_STOPPED
    except BrokenPipeError:
        return 0  # the reader of a pipe has what it wanted


def exit_code(error: HushError) -> int:
    """The documented exit code of an error."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), _EXIT_BUG)


def _logged(arguments: Arguments, console: Console, parts: Parts, patience: float) -> int:
    harden_process()
    one_thread_for_products()
    profile = Profile.choose(arguments.profile)
    reports = CrashReports(profile.crashes)
    with start_log(profile.logs), crashes_reported("terminal.bug", reports.write):
        try:
            return _run(arguments, profile, console, parts, patience)
        except (HushError, BrokenPipeError):
            raise
        except Exception as error:
            log_error("terminal.bug", error)
            if path := reports.write(Crash.of("terminal.bug", error)):
                console.remark(f"Types and line numbers are in {path}. Nothing was sent.")
            raise Bug("Something went wrong inside Hush.", "Its log says where.") from error


def _run(
    arguments: Arguments, profile: Profile, console: Console, parts: Parts, patience: float
) -> int:
    """Read what comes through pipes, take what the command needs, and do it.

    Input comes first: in ``hush ask A | hush ask B`` the second holds nothing while it waits for
    the first one's answer.
    """
    descriptor = arguments.passphrase_fd
    passphrase = None if descriptor is None else read_passphrase(descriptor)
    text = question(arguments, console) if arguments.command == "ask" else ""
    written = noting.written(arguments, console)
    reads = _only_reads(arguments)
    events: Events = queue.SimpleQueue()
    with ExitStack() as stack:
        if not reads and not arguments.unsaved:
            profile.prepare()
            stack.enter_context(
                wait_for(
                    profile,
                    patience=patience,
                    on_wait=lambda: console.remark("Waiting for another Hush to finish …"),
                )
            )
            erasing.finish(profile)  # of an erasure that was cut short
        app = stack.enter_context(App(profile, events.put, parts))
        _tell_early(events, console, as_json=arguments.json and not reads)
        if arguments.command == "doctor":
            return doctor(profile, app, console, as_json=arguments.json)
        if arguments.command in _READING:
            session = open_to_read(app, profile, passphrase, console)
            return _READING[arguments.command](arguments, session, console)
        if arguments.command == "backup":
            return backing_up.backup(arguments, app, passphrase, console)
        if arguments.command == "erase":
            return erase(arguments, app, console)
        if arguments.command == "notes":
            if reads:
                session = open_to_read(app, profile, passphrase, console)
            else:
                session = open_to_write(app, passphrase, console)
            if arguments.action in noting.ACTIONS:
                return noting.notes(arguments, profile, session, console, written)
            return _with_notes(arguments, app, session, events, console)
        if arguments.command == "index":
            if reads:
                session = open_to_read(app, profile, passphrase, console)
            else:
                session = open_to_write(app, passphrase, console)
            return searching.index(arguments, session, console)
        if arguments.command == "keys":
            session = open_to_write(app, passphrase, console)
            app.settled().result()
            _tell_early(events, console, as_json=False)
            return keys(arguments, session, console)
        if arguments.command == "models":
            session = open_to_write(app, passphrase, console)
            return modelling.models(arguments, app, session, events, console)
        if arguments.command == "cloud":
            opened = partial(open_to_write, app, passphrase, console)
            return cloud.cloud(arguments, app, opened, console)
        session = _session(app, arguments, passphrase, console)
        app.settled().result()
        _tell_early(events, console, as_json=arguments.json)
        if arguments.cloud:
            return cloud_asking.ask(text, arguments, app, session, events, console)
        if arguments.command == "ask":
            return ask(text, arguments, app, session, events, console)
        return chat(arguments, app, session, events, console)


def _with_notes(
    arguments: Arguments, app: App, session: Session, events: Events, console: Console
) -> int:
    """Do what is done with many notes, with tags, or with the model."""
    if arguments.action in importing.ACTIONS:
        return importing.transfer(arguments, session, events, console)
    if arguments.action == "tags":
        return tag_managing.tags(arguments, session, console)
    return _WORKING[arguments.action](arguments, app, session, events, console)


def _only_reads(arguments: Arguments) -> bool:
    """Whether the command changes nothing, so that it needs no lock."""
    if arguments.command == "backup":
        return arguments.action in backing_up.READING
    if arguments.command == "notes":
        if arguments.action == "tags":
            return arguments.step in tag_managing.READING
        return arguments.action in noting.READING
    if arguments.command == "index":
        return arguments.action in searching.READING
    return arguments.command in _READING or arguments.command == "doctor"


def _tell_early(events: Events, console: Console, *, as_json: bool) -> None:
    """Tell what came up while the app was built, like settings that could not be read.

    Args:
        events: Emptied.
        console: Where to.
        as_json: As an event; else beside the output, which may be a single JSON object.
    """
    while not events.empty():
        event = events.get()
        if isinstance(event, Interrupted | Settled):
            continue
        if as_json:
            tell_program(event, console)
        else:
            tell_person(event, console)


def _session(app: App, arguments: Arguments, passphrase: str | None, console: Console) -> Session:
    """The vault; in a pipe with no way to open one, a session that keeps nothing, and says so."""
    if arguments.unsaved:
        return app.open_unsaved().result()
    try:
        return open_to_write(app, passphrase, console, keyring_only=arguments.keyring_only)
    except VaultLocked as error:
        meant_to_be_kept = passphrase is not None or arguments.conversation is not None
        if console.interactive or meant_to_be_kept:
            raise
        console.remark(f"{error.message} This answer is not kept. {error.advice}")
        return app.open_unsaved().result()
