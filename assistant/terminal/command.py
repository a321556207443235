"""Runs a subcommand: profile, lock, vault, then the command; errors become exit codes."""

from __future__ import annotations

import os
import queue
import sys
from contextlib import ExitStack
from typing import Final

from assistant.app import App, Parts, Session
from assistant.errors import (
    Bug,
    EngineError,
    HushError,
    InputRefused,
    NotFound,
    ProfileError,
    ProfileInUse,
    VaultError,
    VaultLocked,
)
from assistant.instance import Instance
from assistant.log import log_error, start_log
from assistant.paths import Profile, keep_private
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console
from assistant.terminal.conversing import EXIT_STOPPED, Events, ask, chat
from assistant.terminal.doctor import doctor
from assistant.terminal.opening import open_session
from assistant.terminal.reading import export, list_conversations, show

_EXIT_CODES: Final[tuple[tuple[type[HushError], int], ...]] = (
    (NotFound, 4),
    (InputRefused, 2),
    (ProfileError, 6),
    (VaultLocked, 3),
    (VaultError, 7),
    (EngineError, 5),
)
_EXIT_BUG: Final = 1
_READING: Final = {"list": list_conversations, "show": show, "export": export}


def run_command(
    arguments: Arguments, console: Console | None = None, parts: Parts | None = None
) -> int:
    """Run ``arguments.command`` (``chat`` where none is named); returns the exit code."""
    console = console or Console()
    try:
        return _run(arguments, console, parts or Parts())
    except HushError as error:
        console.problem(error, as_json=arguments.json)
        return exit_code(error)
    except KeyboardInterrupt:
        return EXIT_STOPPED
    except BrokenPipeError:
        # The reader of a pipe went away; Python would complain once more while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort: words instead of a traceback
        log_error("terminal.bug", error)
        console.problem(Bug("Something went wrong inside Hush.", "Its log says where."))
        return _EXIT_BUG


def exit_code(error: HushError) -> int:
    """The documented exit code of an error."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), _EXIT_BUG)


def _run(arguments: Arguments, console: Console, parts: Parts) -> int:
    keep_private()
    profile = Profile.choose(arguments.profile)
    profile.prepare()
    events: Events = queue.SimpleQueue()
    with start_log(profile.logs), ExitStack() as stack:
        if arguments.command == "doctor":
            app = stack.enter_context(App(profile, events.put, parts))
            return doctor(profile, app, console, as_json=arguments.json)
        if arguments.command in _READING:
            read_only = _held_elsewhere(profile, stack)
            app = stack.enter_context(App(profile, events.put, parts))
            session = open_session(app, arguments, console, read_only=read_only)
            return _READING[arguments.command](arguments, session, console)
        if not arguments.unsaved:
            stack.enter_context(Instance(profile))
        app = stack.enter_context(App(profile, events.put, parts))
        session = _session(app, arguments, console)
        converse = ask if arguments.command == "ask" else chat
        return converse(arguments, app, session, events, console)


def _held_elsewhere(profile: Profile, stack: ExitStack) -> bool:
    """Take the profile's lock for reading alone; beside an open window read without it."""
    try:
        stack.enter_context(Instance(profile))
    except ProfileInUse:
        return True
    return False


def _session(app: App, arguments: Arguments, console: Console) -> Session:
    """The vault; in a pipe with no way to open one, a session that keeps nothing, and says so."""
    if arguments.unsaved:
        return app.open_unsaved().result()
    try:
        return open_session(app, arguments, console)
    except VaultLocked as error:
        if console.interactive or arguments.passphrase_fd is not None:
            raise
        console.remark(f"{error.message} This answer is not kept. {error.advice}")
        return app.open_unsaved().result()
