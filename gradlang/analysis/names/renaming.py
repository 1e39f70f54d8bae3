"""Renaming: which edits give a name another one, or why that cannot be done.

Invariant: the programs mean afterwards what they meant before. It holds because
every plan is tried: after the edits each name of every file must refer to what
it referred to before, or the plan is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from ...language.builtins import is_builtin
from ...source import Source
from ..text.lexemes import OPENERS, lexemes
from .doubts import doubtful
from .naming import OUTSIDE, File, Naming, Variable
from .programs import Entity, Files, Place, Programs


class Edit(NamedTuple):
    """`text` for `[start, end)`; the new name begins `lead` characters into it."""

    start: int
    end: int
    text: str
    lead: int = 0


class Plan(NamedTuple):
    """What to change, by file; the edits of a file in order and without overlaps."""

    edits: Mapping[str, Sequence[Edit]]


class Refusal(NamedTuple):
    """Why not, in words for the user."""

    message: str


class Renameable(NamedTuple):
    """The name in `[start, end)`, which a new one would replace."""

    start: int
    end: int
    name: str


class Edited:
    """Files, with other texts in some of them."""

    def __init__(self, files: Files, texts: Mapping[str, str]) -> None:
        self.files = files
        self.texts = texts

    def text(self, path: str) -> str | None:
        return self.texts[path] if path in self.texts else self.files.text(path)

    def programs(self) -> list[str]:
        return list(dict.fromkeys([*self.texts, *self.files.programs()]))


def prepare_rename(files: Files, path: str, offset: int) -> Renameable | Refusal:
    """The name at an offset, if it is one that can be given another name."""
    found = subject(Programs(files), path, offset)
    if isinstance(found, Refusal):
        return found
    word = found.naming.seen.lexemes[found.at]
    return Renameable(word.start, word.end, word.text)


def rename_plan(files: Files, path: str, offset: int, new: str) -> Plan | Refusal:
    """The edits that give the name at an offset, and all that mean the same, the name `new`."""
    programs = Programs(files)
    found = subject(programs, path, offset)
    why = refused_word(new)
    if isinstance(found, Refusal) or why:
        return found if isinstance(found, Refusal) else Refusal(why)
    _, _, home, variable = found
    if new == variable.name:
        return Plan({})
    by_path: dict[str, list[Place]] = {}
    for place in programs.places(Entity(home, variable)):
        by_path.setdefault(place.path, []).append(place)
    plan = Plan({p: edits_of(programs, p, places, new) for p, places in by_path.items()})
    after = Programs(Edited(files, {p: edited(files.text(p) or "", edits) for p, edits in plan.edits.items()}))
    paths = programs.importers(home) if programs.is_public(home, variable) else [home]
    why = (
        broken(programs, paths, (variable.name, new))
        or doubtful(programs, paths, home, variable)
        or changed(programs, after, paths, plan, new)
        or doubtful(after, paths, home, Variable(variable.scope, new))
    )
    return Refusal(why) if why else plan


def refused_word(new: str) -> str:
    """Why a text cannot be a name."""
    pieces = lexemes(new)
    if len(pieces) == 1 and pieces[0].is_keyword:
        return f"`{new}` is a word of the language"
    if len(pieces) != 1 or pieces[0].kind != "NAME" or pieces[0].text != new:
        return f"`{new}` is not a name: letters, digits and `_`, and no digit first" if new else "a name has letters"
    return ""


class Subject(NamedTuple):
    """The name that is lexeme `at`, and the variable of the file `home` that it refers to."""

    naming: Naming
    at: int
    home: str
    variable: Variable


def subject(programs: Programs, path: str, offset: int) -> Subject | Refusal:
    """The name at an offset, if it can be renamed."""
    found = programs.at(path, offset)
    naming = programs.naming(path)
    if found is None or naming is None:
        return Refusal("there is no name here that could be changed")
    i, (home, key) = found
    word = naming.text(i)
    if isinstance(key, File):
        return Refusal(f"`{word}` is the name of a file, `{word}.grad`")
    if isinstance(key, Variable) and key.scope == OUTSIDE:
        return Refusal(
            f"`{word}` is a builtin, which keeps its name" if is_builtin(word) else f"nothing binds `{word}`"
        )
    there = programs.naming(home)
    if there is None or not isinstance(key, Variable) or key not in there.bindings:
        return Refusal(f"nothing that can be read binds `{word}`")
    return Subject(naming, i, home, key)


# ── edits ────────────────────────────────────────────────────────────────────


def edits_of(programs: Programs, path: str, places: Sequence[Place], new: str) -> list[Edit]:
    """The edits of one file."""
    naming = programs.naming(path)
    assert naming is not None
    at = {lexeme.start: i for i, lexeme in enumerate(naming.seen.lexemes)}
    return [edit_of(naming, at[place.start], new) for place in sorted(places)]


def edit_of(naming: Naming, i: int, new: str) -> Edit:
    """A new name where one stands; what imports a file under its own name is to import it under another one."""
    word = naming.seen.lexemes[i]
    if naming.kind(i - 1) == "IMPORT":
        return Edit(word.start, word.end, f"{word.text} as {new}", len(f"{word.text} as "))
    if naming.kind(i - 1) == "AS" and naming.text(i - 2) == new:
        start = naming.seen.lexemes[i - 2].start
        if "\n" not in naming.seen.text[start : word.start]:
            return Edit(start, word.end, new)
    return Edit(word.start, word.end, new)


def edited(text: str, edits: Sequence[Edit]) -> str:
    parts, at = [], 0
    for edit in edits:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


# ── what could go wrong ──────────────────────────────────────────────────────


def broken(programs: Programs, paths: Sequence[str], words: Sequence[str]) -> str:
    """Which piece of a program cannot be read well enough; empty if none."""
    from ...syntax.recovery import recovered

    for path, naming in programs.each(paths):
        gaps = recovered(Source(naming.seen.text, path)).gaps
        for i, lexeme in enumerate(naming.seen.lexemes if gaps else ()):
            where = partial(programs.where, path, i, paths)
            if lexeme.kind in OPENERS and i not in naming.seen.partner:
                return f"`{lexeme.text}` {where()} is never closed: mend that first"
            if lexeme.text in words and any([gap.start <= lexeme.start < gap.end for gap in gaps]):
                return f"`{lexeme.text}` {where()} stands in what cannot be read: mend that first"
    return ""


def changed(before: Programs, after: Programs, paths: Sequence[str], plan: Plan, new: str) -> str:
    """Which name would refer to something else; empty if the edits change no meaning."""
    there: dict[Entity | None, Entity | None] = {None: None}
    back: dict[Entity | None, Entity | None] = {None: None}
    for path, naming in before.each(paths):
        naming_after = after.naming(path)
        assert naming_after is not None
        at = {lexeme.start: i for i, lexeme in enumerate(naming_after.seen.lexemes)}
        for i, start in moved(naming, plan.edits.get(path, [])):
            if start not in at:
                return f"`{new}` {before.where(path, i, paths)} would be read as part of what it touches"
            was, now = before.entity(path, i), after.entity(path, at[start])
            is_outside = was is not None and isinstance(was.key, Variable) and was.key.scope == OUTSIDE
            if there.setdefault(was, now) != now or back.setdefault(now, was) != was or is_outside and now != was:
                where = before.where(path, i, paths)
                return f"`{new}` is taken: `{naming.text(i)}` {where} would mean something else"
    return ""


def moved(naming: Naming, edits: Sequence[Edit]) -> Iterator[tuple[int, int]]:
    """The names of a text, but for those of files, and where they start after the edits."""
    shift = k = 0
    for i in sorted({*naming.keys, *naming.members}):
        start = naming.seen.lexemes[i].start
        while k < len(edits) and edits[k].end <= start:
            shift += len(edits[k].text) - (edits[k].end - edits[k].start)
            k += 1
        is_edited = k < len(edits) and edits[k].start <= start
        if not isinstance(naming.keys.get(i), File):
            yield i, shift + (edits[k].start + edits[k].lead if is_edited else start)
