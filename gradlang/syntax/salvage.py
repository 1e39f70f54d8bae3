"""What can be read of a stretch of text in which something is broken.

Owns how a broken statement is taken apart: its blocks are emptied and read by
themselves, statement by statement, so that a mistake costs the innermost
statement only that it stands in; what is left of the statement around them is
read with empty blocks, which are then filled. Brackets of several lines are looked
into for more mistakes, but not saved. Invariant: every token lies in a statement
that was read or in a gap, and none is parsed more than a few times, however deep
it lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..diagnostics import Diagnostic, GradlangError, Label
from ..source import Source, Span
from . import tree
from .balance import STRAY, balanced, mended
from .builder import too_deep
from .chunks import Salvaged
from .driver import Unexpected
from .mistakes import NO_PART, SIGNS, closes_nothing, diagnose, unclosed
from .newlines import CLOSERS, TOO_DEEP, UNFINISHED, sorted_out
from .parser import Reader, place
from .tokens import Token, lexed, made

MOST_TRIES = 8  # to read lines of which each could go on below, with all that follows
ROUND = ("LPAR", "LSQB")
OPERANDS = frozenset({"NAME", "RPAR", "RSQB", "STRING", "NUMBER"})


def salvaged(
    reader: Reader, source: Source, start: int, end: int, failed: int, following: Token | None, most: int
) -> Salvaged:
    """What can be read between two offsets; `failed` is where the parser stopped, `following` the next token behind.

    No more than `most` errors are looked at.
    """
    whole = Span(source, start, end)
    tokens = balanced(source.text, mended(source.text, start, end))
    if tokens is not None:
        tokens = list(sorted_out(iter(tokens)))
    if tokens is None or any(token.type == TOO_DEEP for token in tokens):
        return Salvaged([], [too_deep(Span(source, failed, min(failed + 1, end)))], [whole], [])
    salvage = _Salvage(reader, source, tokens, end, failed, following, most)
    body = salvage.statements(0, len(tokens), 0)
    if not salvage.gaps or not salvage.errors:  # all parts are fine, but not together
        body = []
        salvage.report(list(sorted_out(lexed(source.text, start, end))), None)
        salvage.gaps.append(whole)
    gaps = sorted(salvage.gaps, key=lambda gap: gap.start)
    return Salvaged(body, sorted(salvage.errors, key=place), gaps, salvage.torn)


class _Salvage:
    def __init__(
        self,
        reader: Reader,
        source: Source,
        tokens: list[Token],
        end: int,
        failed: int,
        following: Token | None,
        most: int,
    ) -> None:
        self.reader = reader
        self.source = source
        self.text = source.text
        self.tokens = tokens
        self.end = end
        self.failed = failed  # where the last try to read several statements at once has ended
        self.following = following
        self.most = most
        self.errors: list[Diagnostic] = []
        self.gaps: list[Span] = []
        self.torn: list[Span] = []
        self.partner: dict[int, int] = {}
        self.flaws = [0]  # how many tokens in front of each are no part of the text, or strays
        self.openers = [0]  # how many braces are opened in front of each
        opened: list[int] = []
        for i, token in enumerate(tokens):
            if token.type in CLOSERS:
                opened.append(i)
            elif opened and token.type == CLOSERS[tokens[opened[-1]].type]:
                self.partner[opened.pop()] = i
            self.flaws.append(self.flaws[-1] + (token.type == STRAY or is_put_in(token)))
            self.openers.append(self.openers[-1] + (token.type == "LBRACE"))

    # ── statements ──

    def statements(self, first: int, last: int, depth: int) -> list[tree.Stmt]:
        """Those that can be read out of tokens; `depth` nodes lie above."""
        body: list[tree.Stmt] = []
        for at, end in self.apart(first, last, "_NL"):
            tries, reached = 0, -1  # how many have failed, and where the last did
            while at < end:
                nodes, stop = None, end
                if not self.is_hopeless(at, end) and not (tries >= MOST_TRIES and self.is_above(reached, at, end)):
                    nodes = self.attempt(self.each(at, end), depth)
                    tries, reached = tries + 1, self.failed
                if nodes is None:
                    stop = self.early_end(at, end)
                    nodes = self.broken(at, stop, depth)
                body += nodes
                at = stop
        return body

    def is_above(self, place: int, first: int, last: int) -> bool:
        """Whether a statement ends early before a place, where a try with all that follows would fail again."""
        stop = self.early_end(first, last)
        return stop < last and self.tokens[stop].start_pos <= place

    def apart(self, first: int, last: int, separator: str) -> Iterator[tuple[int, int]]:
        """The stretches between separators that stand in no bracket."""
        at = i = first
        while i < last:
            if self.tokens[i].type == separator:
                if at < i:
                    yield at, i
                at = i + 1
            i = self.partner.get(i, i) + 1
        if at < last:
            yield at, last

    def is_hopeless(self, first: int, last: int) -> bool:
        """Whether a statement needs no try: a bracket does not fit, or what holds it has failed within it before.

        Without the latter, what is nested deeply would be tried on every level.
        """
        holds = self.tokens[first].start_pos <= self.failed < self.tokens[last - 1].end_pos
        return self.flaws[last] > self.flaws[first] or (holds and self.openers[last] > self.openers[first])

    def each(self, first: int, last: int) -> Iterator[Token]:
        """The tokens one by one: most tries end early, and a copy would be made for all."""
        return map(self.tokens.__getitem__, range(first, last))

    def attempt(self, tokens: Iterable[Token], depth: int) -> list[tree.Stmt] | None:
        """What the tokens are, if nothing is wrong with them."""
        try:
            body, height = self.reader.statements(self.source, tokens)
        except Unexpected as error:
            self.failed = error.token.start_pos
            return None
        except GradlangError as error:
            self.failed = error.diagnostics[0].span.start
            return None
        if depth + height <= tree.NESTING_LIMIT:
            return body
        self.gaps.append(body[0].span.to(body[-1].span))
        self.tell(too_deep(self.gaps[-1]))
        return []

    def early_end(self, first: int, last: int) -> int:
        """Where a statement ends that lacks its last part, so that the next line has been read as part of it."""
        indent = self.indent(self.tokens[first])
        i = first
        while i + 1 < last:
            token, behind = self.tokens[i], self.tokens[i + 1]
            if token.type in UNFINISHED and token.type != "LBRACE" and self.ends_between(token, behind, indent):
                return i + 1
            i = self.partner.get(i, i) + 1
        return last

    def ends_between(self, token: Token, behind: Token, indent: int) -> bool:
        return self.is_below(token, behind) and self.indent(behind) <= indent

    def broken(self, first: int, last: int, depth: int) -> list[tree.Stmt]:
        """What can be saved of a statement that cannot be read."""
        blocks = list(self.blocks(first, last))
        is_open = any(is_put_in(self.tokens[closer]) for _, closer in blocks)
        if is_open or blocks and self.is_below(self.tokens[first], self.tokens[last - 1]):
            return self.compound(first, last, blocks, depth)
        self.simple(first, last)
        self.gap(self.tokens[first:last])
        self.strays(self.tokens[first:last])
        return []

    # ── statements with blocks ──

    def blocks(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The outermost braces, also those that stand in other brackets."""
        i = first
        while i < last:
            if self.tokens[i].type == "LBRACE":
                yield i, self.partner[i]
                i = self.partner[i]
            i += 1

    def compound(self, first: int, last: int, blocks: list[tuple[int, int]], depth: int) -> list[tree.Stmt]:
        around = self.emptied(first, last, blocks)
        told = self.braces(first, blocks)
        is_whole = not any(
            token.type == STRAY or (is_put_in(token) and token.type != "RBRACE")
            for token in around
            if token.type != "LBRACE"
        )
        nodes = self.attempt(around, depth) if is_whole else None
        if nodes is not None:
            inside = {self.tokens[opener].start_pos: (opener + 1, closer) for opener, closer in blocks}
            for block, above in blocks_in(nodes):
                if block.span.start in inside:  # and not in an f-string
                    block.body = self.statements(*inside[block.span.start], depth + above)
            return nodes
        if not told:
            self.report(
                [token for token in map(own, around) if token.type in ("LBRACE", "RBRACE") or not is_put_in(token)],
                self.behind(last),
            )
        self.strays(around)
        return self.orphans(first, last, blocks, depth)

    def emptied(self, first: int, last: int, blocks: list[tuple[int, int]]) -> list[Token]:
        """The tokens without what stands in the blocks."""
        found: list[Token] = []
        at = first
        for opener, closer in blocks:
            found += [*self.tokens[at : opener + 1], self.tokens[closer]]
            at = closer + 1
        return found + self.tokens[at:last]

    def braces(self, first: int, blocks: list[tuple[int, int]]) -> bool:
        """Reports braces that are missing; whether one at the beginning of a block is."""
        told = False
        for number, (opener, closer) in enumerate(blocks):
            start, end = self.tokens[opener], self.tokens[closer]
            if is_put_in(start):
                told = True
                self.gap([start])
                before = len(self.errors)
                self.report(self.emptied(first, opener, blocks[:number]), None)
                if len(self.errors) == before:
                    self.tell(closes_nothing(self.source, end))
            elif is_put_in(end):
                self.gap([end])
                self.tell(unclosed(self.source, start))
        return told

    def orphans(self, first: int, last: int, blocks: list[tuple[int, int]], depth: int) -> list[tree.Stmt]:
        """The blocks of a statement that cannot be saved."""
        found: list[tree.Stmt] = []
        at = first
        for opener, closer in blocks:
            self.gap(self.tokens[at:opener])
            span = Span(self.source, self.tokens[opener].start_pos, self.tokens[closer].end_pos)
            self.torn.append(Span(self.source, span.start, span.end))
            found.append(tree.Block(span, self.statements(opener + 1, closer, depth + 1)))
            at = closer + 1
        self.gap(self.tokens[at:last])
        return found

    # ── statements without ──

    def simple(self, first: int, last: int) -> None:
        """Reports what is wrong with a statement, and in its brackets of several lines what else is."""
        self.report([own(token) for token in self.tokens[first:last] if not is_put_in(token)], self.behind(last))
        reported = self.failed
        for opener, closer in self.tall(first, last):
            for start, end in self.apart(opener + 1, closer, "COMMA"):
                is_behind = self.tokens[start].start_pos > reported and self.is_expression(start, end)
                if is_behind and self.attempt(self.each(start, end), 0) is None:
                    self.simple(start, end)

    def tall(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The outermost round and square brackets that hold several lines of values."""
        i = first
        while i < last:
            closer = self.partner.get(i)
            if closer is not None and self.tokens[i].type in ROUND:
                is_index = self.tokens[i].type == "LSQB" and i > first and self.tokens[i - 1].type in OPERANDS
                if not is_index and self.is_below(self.tokens[i], self.tokens[closer]):
                    yield i, closer
            i = (i if closer is None else closer) + 1

    def is_expression(self, first: int, last: int) -> bool:
        """Whether an item can be read alone: one of a comprehension cannot."""
        return all(self.tokens[i].type != "FOR" for i in range(first, last))

    # ── what is said ──

    def report(self, tokens: list[Token], behind: Token | None) -> None:
        """Says what is wrong with tokens."""
        if len(self.errors) >= self.most:
            return
        try:
            self.reader.statements(self.source, tokens)
        except GradlangError as error:
            self.failed = error.diagnostics[-1].span.start
            self.errors += error.diagnostics
        except Unexpected as error:
            self.failed = error.token.start_pos
            found = diagnose(self.source, error, tokens, self.end)
            if behind is not None and found.code == "E0102" and found.span.text in ("(", "[") and not found.labels:
                found.labels.append(Label(Span(self.source, behind.start_pos, behind.end_pos), NO_PART))
            self.errors.append(found)

    def strays(self, tokens: list[Token]) -> None:
        """Reports the brackets too many on lines on which nothing was reported."""
        found = [token for token in tokens if token.type == STRAY]
        if not found or len(self.errors) >= self.most:
            return
        lines = {error.span.line for error in self.errors}
        for token in found:
            if self.source.line_column(token.start_pos)[0] not in lines:
                self.tell(closes_nothing(self.source, token))

    def tell(self, error: Diagnostic) -> None:
        if len(self.errors) < self.most:
            self.errors.append(error)

    def gap(self, tokens: list[Token]) -> None:
        if tokens:
            self.gaps.append(Span(self.source, tokens[0].start_pos, tokens[-1].end_pos))

    def behind(self, last: int) -> Token | None:
        """The first token of the line below, if it goes on there."""
        while last < len(self.tokens) and self.tokens[last].type == "_NL":
            last += 1
        found = self.tokens[last] if last < len(self.tokens) else self.following
        return None if found is None or found.type == "RBRACE" else found

    # ── lines ──

    def indent(self, token: Token) -> int:
        start = self.text.rfind("\n", 0, token.start_pos) + 1
        line = self.text[start : token.start_pos + 1]
        return len(line) - len(line.lstrip(" \t"))

    def is_below(self, token: Token, other: Token) -> bool:
        return self.text.find("\n", token.end_pos, other.start_pos) >= 0


def is_put_in(token: Token) -> bool:
    """Whether a bracket is not the text's own."""
    return token.start_pos == token.end_pos and token.type != "_NL"


def own(token: Token) -> Token:
    """A token as the text has it."""
    if token.type != STRAY:
        return token
    kind = next(kind for kind in CLOSERS.values() if SIGNS[kind] == token)
    return made(kind, token, token.start_pos, token.end_pos)


def blocks_in(nodes: list[tree.Stmt]) -> Iterator[tuple[tree.Block, int]]:
    """The blocks in statements whose blocks are empty, and how many nodes lie above what they will hold."""
    waiting: list[tuple[tree.Node, int]] = [(node, 1) for node in nodes]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, tree.Block):
            yield node, depth
        waiting += [(child, depth + 1) for child in tree.parts(node)]
