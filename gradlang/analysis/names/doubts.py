"""Which places of programs may mean a name or something else, depending on what happens in a run.

`x.step()` is a member of an optimiser, or a call of a function `step`. A file or
a function that is handed on is used under names that nobody can follow: `m =
utils; m.f(n=3)`. To rename what such a place may mean would be a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .naming import Argument, Member, Naming, Variable, spellings
from .programs import Entity, Programs


def doubtful(programs: Programs, paths: Sequence[str], home: str, variable: Variable) -> str:
    """Which place may or may not mean a variable, depending on what happens in a run; empty if none does."""
    for path, i, what in doubts(programs, paths, home, variable):
        return f"`{what}` {programs.where(path, i, paths)} may mean this name or another: change that first"
    return ""


def doubts(programs: Programs, paths: Sequence[str], home: str, variable: Variable) -> Iterator[tuple[str, int, str]]:
    """Such places, and what stands there."""
    name = variable.name
    there = programs.naming(home)
    assert there is not None
    for i, meant in there.doubts:  # a member, or this as a function
        if meant == variable and not there.is_counter(variable):
            yield home, i, f".{name}"
    hands_on = any([hands_files_on(programs, path, naming) for path, naming in programs.each(paths)])
    if hands_on:
        for path, naming in programs.each(paths):
            yield from [(path, i, f".{name}") for i in naming.members if naming.text(i) == name]
    if there.is_parameter(variable) and (hands_on or is_handed_on(programs, paths, home, variable)):
        for path, naming in programs.each(paths):
            for i in arguments_of_anything(programs, path, naming, hands_on):
                if naming.text(i) in spellings(name):
                    yield path, i, f"{naming.text(i)}="


def hands_files_on(programs: Programs, path: str, naming: Naming) -> bool:
    """Whether an imported file is more than what stands before a dot: then other names may mean its names, too."""
    for i, key in naming.keys.items():
        if isinstance(key, Member) or key in naming.imports:
            is_file = programs.file_of(path, key) is not None
            if is_file and naming.kind(i + 1) != "DOT" and not naming.is_binding(i):
                return True
            if not is_file and isinstance(key, Variable):
                return True
    return False


def is_handed_on(programs: Programs, paths: Sequence[str], home: str, parameter: Variable) -> bool:
    """Whether the function with this parameter is more than what is called by its name."""
    there = programs.naming(home)
    assert there is not None
    function = next((v for v, scopes in there.functions.items() if parameter.scope in scopes), None)
    if function is None or len(there.functions[function]) != len(there.bindings[function]):
        return True
    for path, naming in programs.each(paths):
        uses = [i for i in naming.keys if naming.kind(i + 1) != "LPAR" and not naming.is_binding(i)]
        if any([programs.entity(path, i) == Entity(home, function) for i in uses]):
            return True
    return False


def arguments_of_anything(programs: Programs, path: str, naming: Naming, hands_on: bool) -> Iterator[int]:
    """The names of arguments of which nobody knows what they are given to.

    Where files are handed on, `m.f` may be in one of them, whatever `f` means here.
    """
    yield from naming.loose
    for i, key in naming.keys.items():
        if isinstance(key, Argument):
            is_lost = isinstance(naming.keys[key.callee], Member) and programs.entity(path, i) is None
            if is_lost or hands_on and key.callee in naming.members:
                yield i
