"""Loads the grammar into Lark, from saved tables where there are any.

Owns where the grammar and its tables lie. Invariant: tables are read only from
a folder that belongs to the user and that nobody else can write to, because
reading them runs what they contain; whatever is wrong with them, the parser is
built anew and works.

Why: building the tables takes twice as long as everything else a short program
needs. Lark's own cache unpickles a file from the shared temporary folder.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
import sys
from contextlib import suppress
from typing import Any

import lark

from .newlines import Newlines

TABLE_FORMAT = 1  # raise it when the options below change
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def grammar_text() -> str:
    """The grammar: inside the package in a wheel, beside it in the source tree."""
    for folder in (PACKAGE, os.path.dirname(PACKAGE)):
        path = os.path.join(folder, "grammars", "gradlang.lark")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return file.read()
    raise FileNotFoundError("the installation is incomplete: grammars/gradlang.lark is missing")


def load(builder: object) -> lark.Lark:
    """A parser that calls the methods of `builder` as it recognises their rules."""
    grammar = grammar_text()
    path = _tables_path(grammar)
    return _read(path, builder) or _save(path, build(grammar, builder))


def build(grammar: str, builder: Any = None, strict: bool = False) -> lark.Lark:
    return lark.Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        strict=strict,
        postlex=Newlines(),
        maybe_placeholders=False,
        keep_all_tokens=True,
        transformer=builder,
    )


def _tables_path(grammar: str) -> str:
    key = f"{TABLE_FORMAT} {lark.__version__} {sys.version} {grammar}"
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "gradlang", name + ".tables")


def _is_private(folder: str) -> bool:
    """Whether only this user can put files there. (Where there are no user ids, profiles are private.)"""
    if not hasattr(os, "getuid"):
        return True
    status = os.stat(folder)
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _read(path: str, builder: object) -> lark.Lark | None:
    try:
        if not _is_private(os.path.dirname(path)):
            return None
        with open(path, "rb") as file:
            tables = pickle.load(file)
        load: Any = lark.Lark._load_from_dict  # unlike `Lark.load` it takes the two options that are not saved
        parser: lark.Lark = load(tables["data"], tables["memo"], postlex=Newlines(), transformer=builder)
        return parser
    except Exception:  # absent, cut off, of another version: there is no end to what a broken pickle raises
        return None


def _save(path: str, parser: lark.Lark) -> lark.Lark:
    """Written under another name first, so that nobody reads half a file."""
    temporary = f"{path}.{os.getpid()}"
    with suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        try:
            with open(temporary, "wb") as file:
                parser.save(file)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
    return parser
