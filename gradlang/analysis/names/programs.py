"""What names mean in programs that import each other.

Owns the way from `utils.f` to the place in `utils.grad` that binds `f`, and
back. Which files there are and what they hold, `Files` says: to an editor, a
text that is not saved yet comes before the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from ...source import Source
from ..help.hover import name_at
from ..help.symbols import Symbol, symbols
from .naming import Argument, File, Key, Member, Naming, Variable, naming, spellings


class Files(Protocol):
    """Programs by their paths. `import utils` in `a/b.grad` is `a/utils.grad`: paths are to be absolute."""

    def text(self, path: str) -> str | None:
        """What stands in a file; None where there is none."""

    def programs(self) -> Iterable[str]:
        """The paths of all programs that may name each other."""


class Place(NamedTuple):
    path: str
    start: int
    end: int
    is_binding: bool


class Entity(NamedTuple):
    """What a name refers to, by its key in the file that it belongs to."""

    path: str
    key: Key


class OneFile:
    """A text alone, with no files around it."""

    def __init__(self, content: str) -> None:
        self.content = content

    def text(self, path: str) -> str | None:
        return None if path else self.content

    def programs(self) -> Sequence[str]:
        return [""]


class Programs:
    """The names of several files."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._namings: dict[str, Naming | None] = {}  # of this question: files may change before the next

    def naming(self, path: str) -> Naming | None:
        if path not in self._namings:
            text = self.files.text(path)
            self._namings[path] = None if text is None else naming(text)
        return self._namings[path]

    # ── from a name to what it refers to ──

    def at(self, path: str, offset: int) -> tuple[int, Entity] | None:
        """The name at an offset and what it refers to; None where there is none."""
        found = self.naming(path)
        i = name_at(found.seen, offset) if found is not None else None
        entity = None if i is None else self.entity(path, i)
        return None if i is None or entity is None else (i, entity)

    def entity(self, path: str, i: int) -> Entity | None:
        """What the name that is lexeme `i` of a file refers to; None of members of values and the like."""
        found = self.naming(path)
        key = found.keys.get(i) if found is not None else None
        if found is None or key is None:
            return None
        if isinstance(key, Argument):
            return self.parameter(self.entity(path, key.callee), key.name)
        if not isinstance(key, Member):
            return Entity(path, key)
        file = self.file_of(path, key.owner)
        there = None if file is None else self.naming(file)
        variable = Variable(0, key.name)
        if file is not None and there is not None and (variable in there.bindings or i not in found.otherwise):
            return Entity(file, variable)
        is_sure = there is None and isinstance(key.owner, Variable)  # an imported file that cannot be read
        return Entity(path, key if is_sure else found.otherwise.get(i, key))

    def parameter(self, function: Entity | None, name: str) -> Entity | None:
        """The parameter of a function that an argument of this name is given to."""
        found = None if function is None else self.naming(function.path)
        if function is None or found is None or not isinstance(function.key, Variable):
            return None
        parameter = found.parameter(function.key, name)
        return None if parameter is None else Entity(function.path, parameter)

    def file_of(self, path: str, key: Key) -> str | None:
        """The file that a name stands for, if it stands for one."""
        if isinstance(key, Member):
            file = self.file_of(path, key.owner)
            return None if file is None else self.file_of(file, Variable(0, key.name))
        found = self.naming(path)
        if found is None or not isinstance(key, File | Variable):
            return None
        name = key.name if isinstance(key, File) else found.file_of(key)
        return None if name is None else os.path.join(os.path.dirname(path), f"{name}.grad")

    # ── and back ──

    def places(self, entity: Entity) -> Iterator[Place]:
        """Where a text names this, the file that binds it first."""
        for path in self.candidates(entity):
            found = self.naming(path)
            assert found is not None
            for i in found.keys:
                if self.entity(path, i) == entity:
                    yield Place(path, found.seen.lexemes[i].start, found.seen.lexemes[i].end, found.is_binding(i))

    def candidates(self, entity: Entity) -> list[str]:
        """The files in which this may be named."""
        if not isinstance(entity.key, Variable) or not self.is_public(entity.path, entity.key):
            return [entity.path]
        others = [path for path in self.files.programs() if path != entity.path]
        return [entity.path, *[path for path in others if self.mentions(path, spellings(entity.key.name))]]

    def is_public(self, path: str, variable: Variable) -> bool:
        """Whether other files can name it: what is outermost, and the parameters of functions."""
        found = self.naming(path)
        return found is not None and (variable.scope == 0 or found.is_parameter(variable))

    def mentions(self, path: str, words: Sequence[str]) -> bool:
        """Whether a file imports anything and has one of these words."""
        text = self.files.text(path)
        return text is not None and "import" in text and any([word in text for word in words])

    def imports(self, path: str) -> set[str | None]:
        """The files that a file imports."""
        found = self.naming(path) if self.mentions(path, ("import",)) else None
        names = [name for names in found.imports.values() for name in names] if found is not None else []
        return {self.file_of(path, File(name)) for name in names}

    def importers(self, path: str) -> list[str]:
        """A file, those that import it, those that import these, and so on."""
        found = [path]
        for target in found:
            others = [other for other in self.files.programs() if other not in found]
            found += [other for other in others if target in self.imports(other)]
        return found

    def each(self, paths: Iterable[str]) -> Iterator[tuple[str, Naming]]:
        for path in paths:
            found = self.naming(path)
            if found is not None:
                yield path, found

    def where(self, path: str, i: int, paths: Sequence[str]) -> str:
        """`on line 3 of main.grad`: where lexeme `i` stands, and in which file if there are several."""
        found = self.naming(path)
        assert found is not None
        line = Source(found.seen.text).line_column(found.seen.lexemes[i].start)[0]
        return f"on line {line} of {os.path.basename(path)}" if len(paths) > 1 else f"on line {line}"


def definition(files: Files, path: str, offset: int) -> Place | None:
    """Where what is named at an offset is bound: a file for an imported one, None for a builtin."""
    programs = Programs(files)
    found = programs.at(path, offset)
    if found is None:
        return None
    entity = found[1]
    file = programs.file_of(entity.path, entity.key)
    if file is not None and files.text(file) is not None:
        return Place(file, 0, 0, True)
    there = programs.naming(entity.path)
    bound = there.bindings.get(entity.key) if there is not None and isinstance(entity.key, Variable) else None
    if there is None or not bound:
        return None
    return Place(entity.path, there.seen.lexemes[bound[0]].start, there.seen.lexemes[bound[0]].end, True)


def references(files: Files, path: str, offset: int) -> list[Place]:
    """Every place that names what is named at an offset, in the order of files and places."""
    programs = Programs(files)
    found = programs.at(path, offset)
    return [] if found is None else sorted(programs.places(found[1]))


def workspace_symbols(files: Files, query: str) -> list[tuple[str, Symbol]]:
    """The outermost names of all programs that have a query's letters in order; first those that begin with it."""
    found = [(path, symbol) for path in files.programs() for symbol in symbols(files.text(path) or "")]
    wanted = query.lower()
    fitting = [(path, symbol) for path, symbol in found if has_letters(symbol.name.lower(), wanted)]
    return sorted(fitting, key=lambda item: (not item[1].name.lower().startswith(wanted), len(item[1].name)))


def has_letters(name: str, letters: str) -> bool:
    rest = iter(name)
    return all([letter in rest for letter in letters])
