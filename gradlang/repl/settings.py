"""What a user has chosen: config.toml and the init file.

Owns the names of the settings. A setting that cannot be read is told and left at
its default: a mistake in a file of settings keeps nobody from working.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from ..faults import Fault
from ..user_folders import config_folder
from ..whole_file import read_ordinary


class Settings:
    """The settings and their defaults; each may stand in config.toml, as `vi = true`."""

    def __init__(self) -> None:
        self.vi = False  # vi's keys instead of emacs'
        self.preview = True  # the value of what is being typed, under the line
        self.complete_while_typing = True  # a menu without pressing Tab
        self.suggestions = True  # the rest of an earlier entry, in grey
        self.banner = True  # the line that greets


def load_settings(warn: Callable[[str], None]) -> Settings:
    """The settings of config.toml; `warn` is told what is wrong there."""
    settings = Settings()
    folder = config_folder()
    path = None if folder is None else os.path.join(folder, "config.toml")
    if path is None or not os.path.lexists(path):
        return settings
    import tomllib

    try:
        for name, value in tomllib.loads(read_ordinary(path)).items():
            if problem := apply(settings, name, value):
                warn(f"{path}: {problem}")
    except Fault as fault:
        warn(fault.message)
    except tomllib.TOMLDecodeError as error:
        warn(f"{path}: {error}; settings are written as `vi = true`")
    except RecursionError:
        warn(f"{path}: nested too deeply; settings are written as `vi = true`")
    return settings


def apply(settings: Settings, name: str, value: object) -> str | None:
    """Takes one setting over; what is wrong with it, or None."""
    known = vars(settings)
    if name not in known:
        return f"there is no setting `{name}`; there are {', '.join(known)}"
    if not isinstance(value, bool):
        return f"`{name}` is true or false"
    setattr(settings, name, value)
    return None


def init_file() -> str | None:
    """The program that runs before the first entry, if there is one."""
    folder = config_folder()
    path = None if folder is None else os.path.join(folder, "init.grad")
    return path if path is not None and os.path.isfile(path) else None
