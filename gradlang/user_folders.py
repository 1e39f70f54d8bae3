"""The user's own folders for settings, histories and caches.

Follows the XDG Base Directory Specification
(https://specifications.freedesktop.org/basedir-spec/latest/). Who has no home has
none of them: what would lie there is done without.
"""

from __future__ import annotations

import os

NAME = "gradlang"


def config_folder() -> str | None:
    return _below("XDG_CONFIG_HOME", ".config")


def state_folder() -> str | None:
    return _below("XDG_STATE_HOME", os.path.join(".local", "state"))


def cache_folder() -> str | None:
    return _below("XDG_CACHE_HOME", ".cache")


def _below(variable: str, default: str) -> str | None:
    """Our folder in a base folder; what is not an absolute path counts for nothing, as the specification has it."""
    base = os.environ.get(variable, "")
    if not os.path.isabs(base):
        home = os.path.expanduser("~")
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, default)
    return os.path.join(base, NAME)
