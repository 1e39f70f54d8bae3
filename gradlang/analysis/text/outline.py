"""Which names a text binds, and where they can be seen.

Owns the guess at scopes in a text that need not parse: one pass over its
lexemes, in the order in which they stand. What the resolver decides for a
finished program, this sees for one that is being typed.

A name is seen from the end of the statement that binds it on (in a loop, from
the loop's start on), and in functions also above it, because they run later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from .lexemes import OPENERS, Lexeme, lexemes, partners

Role = Literal["variable", "parameter", "function"]
ScopeKind = Literal["module", "function", "lambda", "comprehension"]
FUNCTIONS = ("function", "lambda")
BLOCKS = ("", "LBRACE")  # the whole text, and braces: what holds statements
# An expression can end in one of these; behind it, on the same line, stands an operator or a keyword.
OPERAND_ENDS = frozenset({"NAME", "NUMBER", "STRING", "RPAR", "RSQB", "RBRACE", "TRUE", "FALSE", "NONE"})


class Binding(NamedTuple):
    """A name that a text binds, at the lexeme `at`, and that is `seen` from an offset on.

    `head` are the brackets around a definition's parameters.
    """

    role: Role
    at: int
    seen: int
    head: tuple[int, int] | None = None


class Scope:
    """The names of a text, function or comprehension, and how far it reaches."""

    __slots__ = ("bindings", "end", "kind", "parameters", "parent", "start")

    def __init__(self, kind: ScopeKind, start: int, parent: Scope | None) -> None:
        self.kind = kind
        self.parameters: list[int] = []  # of a function: the lexemes that name them
        self.start = start
        self.end: int | None = None  # it reaches to the end of the text, or further
        self.parent = parent
        self.bindings: dict[str, Binding] = {}

    def bind(self, name: str, binding: Binding) -> None:
        self.bindings.setdefault(name, binding)

    def lookup(self, name: str, offset: int) -> Binding | None:
        for bindings, everywhere in self._outwards():
            binding = bindings.get(name)
            if binding is not None and (everywhere or binding.seen <= offset):
                return binding
        return None

    def visible(self, offset: int) -> dict[str, Binding]:
        """The names that can be read at an offset, the nearest first."""
        found: dict[str, Binding] = {}
        for bindings, everywhere in self._outwards():
            for name, binding in bindings.items():
                if everywhere or binding.seen <= offset:
                    found.setdefault(name, binding)
        return found

    def _outwards(self) -> Iterator[tuple[dict[str, Binding], bool]]:
        """The names of this scope and those around it, and whether they are seen before they are bound."""
        scope: Scope | None = self
        everywhere = False
        while scope is not None:
            yield scope.bindings, everywhere
            everywhere = everywhere or scope.kind in FUNCTIONS
            scope = scope.parent


class Outline(NamedTuple):
    """What one pass over a text finds.

    scopes    in the order in which they begin; the first is the whole text
    scope_of  the scope of each lexeme
    targets   lexemes at which a name is bound, and as what
    partner   which bracket closes which
    """

    text: str
    lexemes: Sequence[Lexeme]
    scopes: list[Scope]
    scope_of: list[Scope]
    targets: dict[int, Role]
    partner: dict[int, int]

    def scope_at(self, offset: int) -> Scope:
        around = [s for s in self.scopes if s.start <= offset and (s.end is None or offset <= s.end)]
        return around[-1]


@lru_cache(maxsize=8)
def outline(text: str) -> Outline:
    return _Survey(text).outline()


def names_apart(pieces: Sequence[Lexeme], partner: dict[int, int], start: int, end: int) -> Iterator[int]:
    """The names in `[start, end)` that follow its start or a comma, outside of brackets."""
    i = start
    while i < end:
        if pieces[i].kind == "NAME" and (i == start or pieces[i - 1].kind == "COMMA"):
            yield i
        i = partner.get(i, i) + 1


class _Frame:
    """What is open inside one bracket: its statement, the loop around it, and its scopes."""

    __slots__ = ("kind", "loop", "opener", "scopes", "start", "targets")

    def __init__(self, kind: str, opener: int, loop: int | None = None) -> None:
        self.kind = kind
        self.opener = opener
        self.loop = loop  # where the outermost loop around these statements starts
        self.start = opener + 1  # the statement's first lexeme
        self.scopes: list[Scope] = []
        self.targets: list[tuple[Scope, int, Role]] = []  # what the statement binds


class _Survey:
    """The pass itself."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lexemes = lexemes(text)
        self.partner = partners(self.lexemes)
        self.opener = {closer: opener for opener, closer in self.partner.items()}
        self.comprehensions = comprehensions(self.lexemes, self.opener)
        self.scope = Scope("module", 0, None)
        self.scopes = [self.scope]
        self.frames = [_Frame("", -1)]
        self.targets: dict[int, Role] = {}
        self.heads: set[int] = set()  # the `(` of definitions

    def outline(self) -> Outline:
        scope_of = []
        for i in range(len(self.lexemes)):
            self.step(i)
            scope_of.append(self.scope)
        self.finish()
        return Outline(self.text, self.lexemes, self.scopes, scope_of, self.targets, self.partner)

    def kind(self, i: int) -> str:
        return self.lexemes[i].kind if 0 <= i < len(self.lexemes) else ""

    def step(self, i: int) -> None:
        if i in self.opener:
            self.close_frames(i)
        match self.kind(i):
            case "_NL" if self.frames[-1].kind in BLOCKS:
                self.end_statement(self.lexemes[i].start, i + 1)
            case "COMMA" | "COLON":
                self.end_lambdas(self.lexemes[i].start)
                if self.frames[-1].opener in self.heads:
                    self.scope = self.frames[-2].scopes[-1]
            case "EQUAL" if self.frames[-1].kind in BLOCKS:
                self.assignment(i)
            case "EQUAL" if self.frames[-1].opener in self.heads:  # a default is no code of the function
                self.step_out(self.frames[-2].scopes[-1])
            case "FOR":
                self.loop(i)
            case "IN" if self.frames[-1].opener in self.comprehensions:  # nor what a comprehension goes through
                self.step_out(self.frames[-1].scopes[0])
            case "IF" if self.frames[-1].opener in self.comprehensions and self.kind(i - 1) in OPERAND_ENDS:
                self.end_lambdas(self.lexemes[i].start)
                self.scope = self.frames[-1].scopes[0]
            case "IMPORT":
                self.bind_now(i + 3 if self.kind(i + 2) == "AS" else i + 1, self.scope.start)
            case "NAME":
                self.definition(i)
                self.anonymous(i, i)
            case kind if kind in OPENERS:
                if i in self.heads:
                    self.open_scope("function", self.lexemes[i].start)
                    self.parameters(i + 1, self.partner[i])
                self.anonymous(i, self.partner.get(i, i))
                self.open_frame(i)

    def finish(self) -> None:
        """At the end of the text: a line break there ends the statement, unless it goes on."""
        from ...syntax.newlines import is_unfinished

        last = self.lexemes[-1].end if self.lexemes else 0
        line_end = self.text.find("\n", last)
        count = len(self.lexemes)
        goes_on = is_unfinished(self.kind(count - 2), self.kind(count - 1))
        if line_end >= 0 and self.frames[-1].kind in BLOCKS and not goes_on:
            self.end_statement(line_end, count)
        for frame in self.frames:
            self.bind_targets(frame, len(self.text) + 1)

    # ── frames and scopes ──

    def open_frame(self, i: int) -> None:
        around = self.frames[-1]
        loop = around.loop
        if loop is None and self.kind(around.start) in ("FOR", "WHILE"):
            loop = self.lexemes[around.start].start
        self.frames.append(_Frame(self.kind(i), i, loop))
        if i in self.comprehensions:
            self.open_scope("comprehension", self.lexemes[i].start)

    def close_frames(self, closer: int) -> None:
        """Closes the bracket that this one closes, and those inside it that were left open."""
        closed = -1
        while closed != self.opener[closer]:
            self.end_statement(self.lexemes[closer].start, closer)
            closed = self.frames.pop().opener
            if closed in self.heads:
                self.scope = self.frames[-1].scopes[-1]

    def open_scope(self, kind: ScopeKind, start: int) -> None:
        self.scope = Scope(kind, start, self.scope)
        self.scopes.append(self.scope)
        self.frames[-1].scopes.append(self.scope)

    def step_out(self, scope: Scope) -> None:
        """Goes on in the scope around this one, which stays open."""
        assert scope.parent is not None
        self.scope = scope.parent

    def close_scope(self, end: int) -> None:
        scope = self.frames[-1].scopes.pop()
        scope.end = end
        assert scope.parent is not None
        self.scope = scope.parent

    def end_statement(self, end: int, following: int) -> None:
        frame = self.frames[-1]
        while frame.scopes:
            self.close_scope(end)
        self.bind_targets(frame, end if frame.loop is None else frame.loop)
        frame.start = following

    def end_lambdas(self, end: int) -> None:
        scopes = self.frames[-1].scopes
        while scopes and scopes[-1].kind == "lambda":
            self.close_scope(end)

    # ── what binds ──

    def bind_targets(self, frame: _Frame, seen: int) -> None:
        for scope, k, role in frame.targets:
            scope.bind(self.lexemes[k].text, Binding(role, k, seen))
        frame.targets = []

    def bind_now(self, i: int, seen: int) -> None:
        if self.kind(i) == "NAME":
            self.scope.bind(self.lexemes[i].text, Binding("variable", i, seen))
            self.targets[i] = "variable"

    def assignment(self, i: int) -> None:
        """`a, b =`, `param w =`; what a definition binds is known already."""
        frame = self.frames[-1]
        declared = self.kind(frame.start) == "PARAM"
        role: Role = "parameter" if declared else "function" if self.starts_lambda(i + 1) else "variable"
        for k in names_apart(self.lexemes, self.partner, frame.start + declared, i):
            if self.kind(k + 1) in ("COMMA", "EQUAL"):
                frame.targets.append((self.scope, k, role))
                self.targets[k] = role
        frame.start = i + 1  # so that the next `=`, a mistake, does not look at all this again

    def loop(self, i: int) -> None:
        """`for a, b in`, of a loop or of a comprehension."""
        if self.frames[-1].opener in self.comprehensions:
            self.end_lambdas(self.lexemes[i].start)
            self.scope = self.frames[-1].scopes[0]
        k = i + 1
        while self.kind(k) == "NAME":
            self.bind_now(k, self.scope.start if self.scope.kind == "comprehension" else self.lexemes[i].start)
            k += 2 if self.kind(k + 1) == "COMMA" else 1

    def definition(self, i: int) -> None:
        """`f(x, n=2) =` at the start of a statement."""
        frame = self.frames[-1]
        close = self.partner.get(i + 1, -2)
        if i == frame.start and frame.kind in BLOCKS and self.kind(i + 1) == "LPAR" and self.kind(close + 1) == "EQUAL":
            name, start = self.lexemes[i].text, self.lexemes[i].start
            self.scope.bind(name, Binding("function", i, start, (i + 1, close)))
            self.targets[i] = "function"
            self.heads.add(i + 1)

    def anonymous(self, first: int, last: int) -> None:
        """`x ->` or `(x, y) ->`; no name is bound twice, as in `for x ->`, where an `in` is missing."""
        if self.kind(last + 1) == "ARROW" and first not in self.targets:
            self.open_scope("lambda", self.lexemes[first].start)
            self.parameters(first + (last > first), max(last, first + 1))

    def parameters(self, start: int, end: int) -> None:
        for k in names_apart(self.lexemes, self.partner, start, end):
            self.scope.parameters.append(k)
            self.bind_now(k, self.scope.start)

    def starts_lambda(self, i: int) -> bool:
        return self.kind(self.partner.get(i, i) + 1) == "ARROW" and self.kind(i) in ("NAME", "LPAR")


def comprehensions(pieces: Sequence[Lexeme], opener: dict[int, int]) -> set[int]:
    """The `[` of comprehensions: those with a `for` of their own."""
    found: set[int] = set()
    opened: list[int] = []
    for i, lexeme in enumerate(pieces):
        if i in opener:
            while opened.pop() != opener[i]:
                pass
        elif lexeme.kind in OPENERS:
            opened.append(i)
        elif lexeme.kind == "FOR" and opened and pieces[opened[-1]].kind == "LSQB":
            found.add(opened[-1])
    return found
