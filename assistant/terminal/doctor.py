"""``hush doctor``: what Hush found on this machine. Numbers, names and versions only."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import psutil

from assistant import __version__
from assistant.app import App
from assistant.display import display_server
from assistant.engine.process import physical_cores
from assistant.engine.sealed import child_seal
from assistant.errors import HushError
from assistant.paths import Profile
from assistant.sealing.protocol import SealReport
from assistant.store.keyring_guard import survey
from assistant.store.sqlcipher import versions
from assistant.terminal.console import Console
from models.file import ModelFile, ModelFileFault
from models.starter import starter_model

_PACKAGES: Final = (
    *("PySide6-Essentials", "llama-cpp-python", "sqlcipher3", "keyring"),
    *("openai", "phonenumbers"),
)
_GIB: Final = 1 << 30


def doctor(profile: Profile, app: App, console: Console, *, as_json: bool) -> int:
    """Print the report. Returns 0, also where something is missing: saying so is its job."""
    report = examine(profile, app, os.environ)
    if as_json:
        console.data(report)
        return 0
    for topic, facts in report.items():
        console.line(topic)
        for name, value in facts.items():
            console.line(f"  {name:<14} {_words(value)}")
    return 0


def examine(profile: Profile, app: App, environment: Mapping[str, str]) -> dict[str, Any]:
    """Gather the report, topic by topic."""
    return {
        "versions": {
            "hush": __version__,
            "python": platform.python_version(),
            **{name: _installed(name) for name in _PACKAGES},
            **versions(),
        },
        "vault": {"profile": str(profile.root), **_vault(app)},
        "keyring": _keyring(environment),
        "model": _model(app.settings.model_path),
        "machine": {
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "cores": physical_cores(),
            "threads": psutil.cpu_count() or 0,
            "memory_gib": round(psutil.virtual_memory().total / _GIB, 1),
            "available_gib": round(psutil.virtual_memory().available / _GIB, 1),
            "display": display_server(environment) or "none",
        },
        "seal": _seal(app.outside.seal),
        "engine's seal": _seal(child_seal()),
        "network": {
            "local_only": app.settings.local_only,
            "transfers": _transfers(app),
            "cloud": _cloud(app),
        },
    }


def _transfers(app: App) -> str:
    if app.settings.local_only:
        return "none: Hush is set to stay on this computer"
    return app.outside.net.reason or "each one only after you approved it"


def _cloud(app: App) -> str:
    if not app.settings.cloud:
        return "off"
    if app.settings.local_only:
        return "on, but Hush is set to stay on this computer"
    return "on: it may be offered; each request is shown and approved"


def _seal(report: SealReport | None) -> dict[str, Any]:
    if report is None:
        return {"problem": "The engine's process did not answer."}
    return {
        "level": report.level.value,
        "proven": report.proven,
        **{layer.name: layer.words for layer in report.layers},
        "words": report.sentence,
    }


def _vault(app: App) -> dict[str, Any]:
    try:
        status = app.vault_status().result()
    except HushError as error:
        return {"problem": error.sentence}
    return {
        "exists": status.exists,
        "opens_with": list(status.ways),
    }


def _keyring(environment: Mapping[str, str]) -> dict[str, Any]:
    found = survey(environment)
    return {"used": found.chosen or found.problem, "refused": list(found.refused)}


def _model(chosen: str) -> dict[str, Any]:
    """What is known of the model's file.

    Args:
        chosen: Its path, from the settings; empty for the starter model.
    """
    model = ModelFile(Path(chosen), Path(chosen).stem) if chosen else starter_model()
    try:
        model.verify()
    except ModelFileFault as fault:
        state = fault.fault.value
    else:
        known = model.sha256 is not None
        state = "whole, digest verified" if known else "begins as a model does, no digest is known"
    return {"name": model.name, "path": str(model.path), "file": state}


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(entry) for entry in value) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
