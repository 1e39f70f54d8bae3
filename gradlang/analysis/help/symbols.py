"""The contents of a text, as the side bar of an editor shows them: what it defines, and what its functions define."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..text.lexemes import OPENERS
from ..text.outline import Outline, Scope, outline
from .descriptions import Parameters, head_texts, signature_text
from .hover import quoted_line


class Symbol(NamedTuple):
    """A bound name; `kind` is function, parameter (of training), variable or module.

    `span` reaches over what binds it, `detail` is a signature or what it is bound to, shortened.
    """

    name: str
    kind: str
    detail: str
    span: tuple[int, int]
    name_span: tuple[int, int]
    children: list[Symbol]


@lru_cache(maxsize=512)  # a search in a workspace asks about all its programs with every letter
def symbols(text: str) -> list[Symbol]:
    """The outermost names of a text, each where it is first bound, in order."""
    seen = outline(text)
    return _Contents(seen).of(seen.scopes[0])


class _Contents:
    def __init__(self, seen: Outline) -> None:
        self.seen = seen
        self.ends = frozenset(seen.partner.values()) | {len(seen.lexemes)}
        self.bound: dict[int, list[int]] = {}  # by scope: its first bindings, in order
        for scope in seen.scopes:
            self.bound[id(scope)] = sorted([binding.at for binding in scope.bindings.values()])

    def of(self, scope: Scope) -> list[Symbol]:
        found = []
        for i in self.bound[id(scope)]:
            is_outermost = scope is self.seen.scopes[0]
            if is_outermost or self.seen.targets[i] != "variable":
                found.append(self.symbol(i))
        return found

    def symbol(self, i: int) -> Symbol:
        word = self.seen.lexemes[i]
        before, after = self.kind(i - 1), self.kind(i + 1)
        role = self.seen.targets[i]
        first = i - (before in ("PARAM", "IMPORT")) - 3 * (before == "AS")
        is_whole = after in ("LPAR", "EQUAL") or before in ("IMPORT", "AS")
        last = self.statement_end(i) if is_whole else i
        kind = "module" if before in ("IMPORT", "AS") else role
        span = (self.seen.lexemes[first].start, self.seen.lexemes[last].end)
        inner = self.of(self.seen.scope_of[i + 1]) if role == "function" and after == "LPAR" else []
        children = [child for child in inner if child.span[1] <= span[1]]  # some may not be, where brackets are open
        return Symbol(word.text, kind, self.detail(i, last), span, (word.start, word.end), children)

    def detail(self, i: int, last: int) -> str:
        word, after = self.seen.lexemes[i], self.kind(i + 1)
        if self.kind(i - 1) == "AS":
            return self.seen.lexemes[i - 2].text
        if after == "LPAR":
            texts = head_texts(self.seen, i + 1)
            return signature_text(word.text, Parameters(texts, len(texts)))
        if after == "EQUAL" and last > i + 1:
            return quoted_line(self.seen.text[self.seen.lexemes[i + 2].start : self.seen.lexemes[last].end])
        return ""

    def kind(self, i: int) -> str:
        return self.seen.lexemes[i].kind if 0 <= i < len(self.seen.lexemes) else ""

    def statement_end(self, i: int) -> int:
        """The last lexeme of the statement that lexeme `i` stands in, outside of brackets."""
        k = i
        while k + 1 not in self.ends and self.kind(k + 1) != "_NL":
            is_open = self.kind(k + 1) in OPENERS and k + 1 not in self.seen.partner
            k = len(self.seen.lexemes) - 1 if is_open else self.seen.partner.get(k + 1, k + 1)
        return k
