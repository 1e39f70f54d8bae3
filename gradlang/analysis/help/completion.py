"""What could stand at the cursor, best first.

Owns the order: arguments by name, then what the text itself binds, the
session's names, builtins, keywords. A word finds what begins with it; where
that is little, also names that have its letters in order (`moo`, `mkmoo`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ...engine.value import Value
from ...language import builtins
from ...language.members import VALUE_MEMBERS, members_of
from ...language.values import Function, Module
from ..text.cursor import Arguments, Cursor, arguments, cursor, follows_operand, is_call
from ..text.lexemes import keywords
from ..text.outline import Outline, outline
from ..text.tokens import role_of
from .descriptions import binding_detail, bound_in, builtin_detail, detail, head_texts, member_detail
from .meaning import kind_at, methods, value_at
from .signatures import Callee, active, callee

FEW = 3  # with fewer names that begin with a word, those that only contain its letters are offered, too


class Completion(NamedTuple):
    """`text` replaces what stands from `start` to the cursor; `display` is shown, with `detail` beside it."""

    start: int
    text: str
    display: str
    kind: str
    detail: str


class Candidate(NamedTuple):
    """Something that could be meant; `rank` says which come first, whatever their letters."""

    rank: int
    text: str
    kind: str
    detail: str


def completions(
    text: str, offset: int, names: Mapping[str, Any], folder: str, explicit: bool = False
) -> list[Completion]:
    """What the word at the cursor may become; without a word only behind a dot, or when asked for (`explicit`).

    File names and imports are looked for from `folder`.
    """
    seen = outline(text)
    at = cursor(seen, offset)
    last = seen.lexemes[at.before].kind if at.before >= 0 else ""
    if at.place == "quiet":
        return []
    if at.place == "string":
        wanted = (at.word or explicit) and takes_file(seen, at, names)
        return files(at.start, at.word, folder) if wanted else []
    if last == "DOT":
        return best(at, members(seen, at, names))
    if not at.word and not explicit or last in ("PARAM", "FOR", "AS"):
        return []
    if last == "IMPORT":
        return best(at, modules(folder))
    if follows_operand(seen, at):
        return best(at, words()) if at.word else []
    return best(at, [*named_arguments(seen, at, names), *visible(seen, at, names), *words()])


def best(at: Cursor, candidates: Iterable[Candidate]) -> list[Completion]:
    """The candidates that the word fits, in order."""
    word = at.word.lower()
    everything = list(candidates)
    found = [(0, c) for c in everything if c.text.lower().startswith(word)]
    if len(found) < FEW and len(word) > 1:
        found += [(1, c) for c in everything if not c.text.lower().startswith(word) and in_order(word, c.text.lower())]

    def order(item: tuple[int, Candidate]) -> tuple[int, int, bool, bool, str]:
        worse, c = item
        return worse, c.rank, not c.text.startswith(at.word), c.text.startswith("_"), c.text

    return [Completion(at.start, c.text, c.text, c.kind, c.detail) for _, c in sorted(found, key=order)]


def in_order(letters: str, word: str) -> bool:
    """Whether a word has these letters, in this order, the first one at the start of the word or behind a `_`."""
    start = f"_{word}".find(f"_{letters[0]}")
    rest = iter(word[start:])
    return start >= 0 and all([letter in rest for letter in letters])


# ── names ────────────────────────────────────────────────────────────────────


def members(seen: Outline, at: Cursor, names: Mapping[str, Any]) -> Iterator[Candidate]:
    """What may stand behind the dot of `x.`: members of `x`, then functions that can take it first."""
    x, kind = value_at(seen, at.before - 1, names), kind_at(seen, at.before - 1, names)
    if isinstance(x, Module):
        for name, found in bound_in(x):
            yield Candidate(0, name, role_of(found), detail(name, found))
    if kind is None or kind is Module:
        return
    own = members_of(x) if x is not None else VALUE_MEMBERS if kind is Value else ()
    for name in own:
        yield Candidate(0, name, "member", member_detail(x, name))
    bound = seen.scope_at(at.start).visible(at.start)
    for name, binding in bound.items():
        if binding.head is not None and head_texts(seen, binding.head[0]):
            yield Candidate(1, name, "function", binding_detail(seen, name, binding))
    for name, f in names.items():
        if name not in bound and isinstance(f, Function) and f.arity:
            yield Candidate(1, name, "function", detail(name, f))
    for name in methods(kind):
        if name not in bound and name not in names and name not in own:
            yield Candidate(2, name, "builtin", builtin_detail(name))


def named_arguments(seen: Outline, at: Cursor, names: Mapping[str, Any]) -> Iterator[Candidate]:
    """`dim=` and the like, where an argument begins: those that are not given yet.

    The first parameter, if it must be given at all, is left out: nobody names it.
    """
    around = call_around(seen, at, names)
    if around is None or seen.lexemes[at.before].kind not in ("LPAR", "COMMA"):
        return
    called, given = around
    texts = called.parameters.texts
    start = min(called.received + given.unnamed, called.parameters.positional)
    for i, name in enumerate(called.parameters.names):
        first = i == 0 and "=" not in texts[0]
        if i >= start and not first and name not in given.given and given.current is None:
            yield Candidate(0, f"{name}=", "argument", texts[i])


def visible(seen: Outline, at: Cursor, names: Mapping[str, Any]) -> Iterator[Candidate]:
    """The names that can be read at the cursor: the text's own, the session's, builtins."""
    bound = seen.scope_at(at.start).visible(at.start)
    for name, binding in bound.items():
        yield Candidate(1, name, binding.role, binding_detail(seen, name, binding))
    for name, x in names.items():
        if name not in bound:
            yield Candidate(2, name, role_of(x), detail(name, x))
    for name in builtins.names():
        if name not in bound and name not in names:
            yield Candidate(3, name, "builtin", builtin_detail(name))


def words() -> Iterator[Candidate]:
    return (Candidate(4, word, "keyword", "") for word in keywords())


# ── files ────────────────────────────────────────────────────────────────────


def modules(folder: str) -> Iterator[Candidate]:
    """What can be imported: the programs beside this one."""
    for name, _ in entries(folder):
        stem, dot, suffix = name.rpartition(".")
        if dot and suffix == "grad" and stem.isidentifier():
            yield Candidate(0, stem, "module", name)


def takes_file(seen: Outline, at: Cursor, names: Mapping[str, Any]) -> bool:
    """Whether the string at the cursor is a whole argument, and its parameter is called `path`."""
    around = call_around(seen, at, names)
    if around is None or seen.lexemes[at.before].kind not in ("LPAR", "COMMA", "EQUAL"):
        return False
    place = active(*around)
    return place is not None and around[0].parameters.names[place] == "path"


def call_around(seen: Outline, at: Cursor, names: Mapping[str, Any]) -> tuple[Callee, Arguments] | None:
    """The call that the cursor stands in, if no other bracket lies between, and what is given to it."""
    opener = at.opened[-1] if at.opened else -1
    called = callee(seen, opener, names) if opener > 0 and is_call(seen, opener) else None
    return None if called is None else (called, arguments(seen, opener, at))


def files(start: int, word: str, folder: str) -> list[Completion]:
    """The files and folders whose path begins with `word`, which stands at `start`; folders end in `/`.

    Hidden ones only for a word that asks for them. A `~` is replaced by the home folder, because programs do not
    know it. Names that a string could not hold as they are, are left out.
    """
    path = os.path.expanduser(word + "/" if word == "~" else word)
    head, slash, tail = path.rpartition("/")
    before, at = (head + slash, start) if path != word else ("", start + len(head + slash))
    found = []
    for name, is_folder in entries(os.path.join(folder, head + slash)):
        if name.lower().startswith(tail.lower()) and (name[0] != "." or tail[:1] == "."):
            shown = name + "/" * is_folder
            found.append(Completion(at, before + shown, shown, "folder" if is_folder else "file", ""))
    return found


def entries(folder: str) -> list[tuple[str, bool]]:
    """The names in a folder, sorted, and whether they are folders; nothing where it cannot be read."""
    try:
        with os.scandir(folder) as found:
            everything = sorted([(entry.name, entry.is_dir()) for entry in found])
    except (OSError, ValueError):  # ValueError: what no path can hold, such as a zero character
        return []
    return [(name, is_folder) for name, is_folder in everything if name.isprintable() and not set(name) & set("\\\"'")]
