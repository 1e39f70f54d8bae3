"""What every name of a text refers to, by the rules of the resolver, in a text that need not parse.

Owns the keys that names are compared by: two names of a text mean the same
where their keys are equal. What lies in another file is a key that says how to
get there; `programs` follows it.

Why not the resolver itself: it wants a tree, and a text that is being typed has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from ...language.members import VALUE_MEMBERS
from ..text.cursor import is_call
from ..text.lexemes import OPENERS
from ..text.outline import Outline, outline

OUTSIDE = -1  # the scope of what the text does not bind: builtins, and what nobody knows
# `x.step()` is a member of an optimiser, and `step(x)` of anything else.
AMBIGUOUS = frozenset({*VALUE_MEMBERS, "step", "lr", "momentum", "weight_decay", "beta1", "beta2", "eps"})
MAKERS = ("sgd", "adam")  # what they return has a `step` and settings of its own


class Variable(NamedTuple):
    """A name of a scope, by the scope's place in the outline."""

    scope: int
    name: str


class Member(NamedTuple):
    """A name of an imported file."""

    owner: Key
    name: str


class Argument(NamedTuple):
    """A parameter, given by name to what the lexeme `callee` is."""

    name: str
    callee: int


class File(NamedTuple):
    """`utils` in `import utils as u`."""

    name: str


Key: TypeAlias = Variable | Member | Argument | File


class Naming(NamedTuple):
    """The names of a text.

    seen       the outline that they stand in
    keys       what the name that is a lexeme refers to
    otherwise  of `m.f(x)`: what `f` refers to if `m` has no `f`
    bindings   the lexemes that bind a variable, in order
    functions  the scopes of the functions that a variable is bound to
    imports    the files that a variable is bound to
    doubts     `x.step(…)`, with what it refers to if `step` is no member of `x`
    loose      names of arguments of nobody knows what
    members    names behind a dot that are no name of a file for sure
    """

    seen: Outline
    keys: dict[int, Key]
    otherwise: dict[int, Key]
    bindings: dict[Variable, list[int]]
    functions: dict[Variable, list[int]]
    imports: dict[Variable, list[str]]
    doubts: list[tuple[int, Variable]]
    loose: list[int]
    members: list[int]

    def text(self, i: int) -> str:
        return self.seen.lexemes[i].text

    def kind(self, i: int) -> str:
        return self.seen.lexemes[i].kind if 0 <= i < len(self.seen.lexemes) else ""

    def is_binding(self, i: int) -> bool:
        return i in self.seen.targets

    def file_of(self, variable: Variable) -> str | None:
        """The file that a variable stands for wherever it is read."""
        found = self.imports.get(variable, [])
        return found[0] if len(set(found)) == 1 and len(found) == len(self.bindings[variable]) else None

    def parameter(self, function: Variable, name: str) -> Variable | None:
        """The parameter of a function that an argument of this name is given to; of the first, where it is several."""
        for scope in self.functions.get(function, []):
            names = [self.text(k) for k in self.seen.scopes[scope].parameters]
            for word in names:
                if word == name or name == "axis" not in names and word == "dim":
                    return Variable(scope, word)
        return None

    def is_parameter(self, variable: Variable) -> bool:
        """Whether a variable is a parameter of a function."""
        if variable.scope == OUTSIDE:
            return False
        return variable.name in [self.text(k) for k in self.seen.scopes[variable.scope].parameters]

    def is_counter(self, variable: Variable) -> bool:
        """Whether a variable is bound by `for i in range(…)` alone: it stands for nothing that is called."""
        return all([self.counts(i) for i in self.bindings.get(variable, [])])

    def counts(self, i: int) -> bool:
        kinds = [self.kind(k) for k in (i - 1, i + 1, i + 2, i + 3)]
        return kinds == ["FOR", "IN", "NAME", "LPAR"] and self.keys.get(i + 2) == Variable(OUTSIDE, "range")


def spellings(name: str) -> tuple[str, ...]:
    """What arguments of a parameter of this name may be called."""
    return (name, "axis") if name == "dim" else (name,)


@lru_cache(maxsize=64)
def naming(text: str) -> Naming:
    return _Pass(outline(text)).naming()


class _Pass:
    def __init__(self, seen: Outline) -> None:
        self.seen = seen
        self.number = {id(scope): k for k, scope in enumerate(seen.scopes)}
        self.found = Naming(seen, {}, {}, {}, {}, {}, [], [], [])
        self.same: dict[Variable, Variable] = {}  # parameters of one name of functions of one name

    def naming(self) -> Naming:
        for i in self.seen.targets:
            self.bound(i)
        for variable in self.found.functions:
            self.unite(variable)
        for i, opener in self.names():
            self.refer(i, opener)
        return self.found

    def names(self) -> Iterator[tuple[int, int]]:
        """Each name, and the bracket that it stands in or -1."""
        closers = set(self.seen.partner.values())
        opened = [-1]
        for i, lexeme in enumerate(self.seen.lexemes):
            if lexeme.kind == "NAME":
                yield i, opened[-1]
            elif lexeme.kind in OPENERS:
                opened.append(i)
            elif i in closers:
                while self.seen.partner.get(opened.pop()) != i:
                    pass

    # ── bindings ──

    def variable(self, i: int) -> Variable:
        return Variable(self.number[id(self.seen.scope_of[i])], self.found.text(i))

    def bound(self, i: int) -> None:
        found, variable = self.found, self.variable(i)
        found.bindings.setdefault(variable, []).append(i)
        if found.kind(i - 1) in ("IMPORT", "AS"):
            found.imports.setdefault(variable, []).append(found.text(i if found.kind(i - 1) == "IMPORT" else i - 2))
        function = self.function(i)
        if function is not None:
            found.functions.setdefault(variable, []).append(function)

    def function(self, i: int) -> int | None:
        """The scope of the function that is bound at a lexeme: `f(x) = …`, `f = x -> …`."""
        if self.seen.targets[i] != "function":
            return None
        at = i + 1 if self.found.kind(i + 1) == "LPAR" else i + 2
        alone = at == i + 1 or self.found.kind(i + 1) == "EQUAL" and self.found.kind(i - 1) != "COMMA"
        return self.number[id(self.seen.scope_of[at])] if alone else None

    def unite(self, function: Variable) -> None:
        """An argument by name may be for any of the functions that a name is bound to."""
        first: dict[str, Variable] = {}
        for scope in self.found.functions[function]:
            for name in [self.found.text(k) for k in self.seen.scopes[scope].parameters]:
                self.same[Variable(scope, name)] = first.setdefault(name, Variable(scope, name))

    # ── references ──

    def lookup(self, i: int) -> Variable:
        """What the name that is lexeme `i` means as a name of its scope."""
        word = self.found.text(i)
        scope = self.seen.scope_of[i]
        while scope is not None and word not in scope.bindings:
            scope = scope.parent  # type: ignore[assignment]
        found = Variable(OUTSIDE if scope is None else self.number[id(scope)], word)
        return self.same.get(found, found)

    def refer(self, i: int, opener: int) -> None:
        found = self.found
        before, after = found.kind(i - 1), found.kind(i + 1)
        if i in self.seen.targets:
            own = self.variable(i)
            found.keys[i] = self.same.get(own, own)
        elif before == "IMPORT":
            found.keys[i] = File(found.text(i))
        elif before == "DOT":
            self.member(i)
        elif after == "EQUAL" and before in ("LPAR", "COMMA") and opener >= 0 and is_call(self.seen, opener):
            self.argument(i, opener)
        else:
            found.keys[i] = self.lookup(i)

    def member(self, i: int) -> None:
        found = self.found
        owner = found.keys.get(i - 2)
        in_scope = self.lookup(i) if found.kind(i + 1) == "LPAR" else None
        if isinstance(owner, Member) or isinstance(owner, Variable) and found.file_of(owner):
            found.keys[i] = Member(owner, found.text(i))
            if in_scope is not None:
                found.otherwise[i] = in_scope
            return
        found.members.append(i)
        if in_scope is None:
            return
        if found.text(i) not in AMBIGUOUS:
            found.keys[i] = in_scope
        elif in_scope.scope != OUTSIDE and not self.makes_steps(owner):
            found.doubts.append((i, in_scope))

    def makes_steps(self, owner: Key | None) -> bool:
        """Whether a variable is bound to optimisers only."""
        places = self.found.bindings.get(owner, []) if isinstance(owner, Variable) else []
        return bool(places) and all(self.is_maker(k + 2) and self.found.kind(k + 1) == "EQUAL" for k in places)

    def is_maker(self, i: int) -> bool:
        return (
            self.found.kind(i) == "NAME"
            and self.found.text(i) in MAKERS
            and self.found.kind(i + 1) == "LPAR"
            and self.lookup(i).scope == OUTSIDE
        )

    def argument(self, i: int, opener: int) -> None:
        found = self.found
        callee = found.keys.get(opener - 1)
        if callee is not None:
            found.keys[i] = Argument(found.text(i), opener - 1)
        known = len(found.functions.get(callee, [])) if isinstance(callee, Variable) else 0
        if callee is None or isinstance(callee, Variable) and known < len(found.bindings.get(callee, [])):
            found.loose.append(i)
