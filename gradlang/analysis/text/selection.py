"""What a selection grows to: a word, an operand, an expression, an argument, a statement, a block, the text.

Reads lexemes and brackets: what stands in brackets is one piece of what
stands around them, and which operator binds how tightly is all that is needed
to see expressions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from .lexemes import Lexeme, comments
from .outline import BLOCKS, OPERAND_ENDS, Outline, outline

Stretch = tuple[int, int]

# What separates the pieces of an expression, the tightest first: an operand ends at all of these, a product at those
# below its own, and so on.
OPERATORS = (
    frozenset({"POW"}),
    frozenset({"SIGN"}),
    frozenset({"MULOP"}),
    frozenset({"PLUS", "MINUS"}),
    frozenset({"CMPOP"}),
    frozenset({"NOT"}),
    frozenset({"AND"}),
    frozenset({"OR"}),
    frozenset({"ARROW"}),
)
COMMA = frozenset({"COMMA"})
WORDS = frozenset({"FOR", "IN", "IF", "ELSE", "WHILE", "RETURN", "PARAM", "IMPORT", "AS", "LBRACE", "COLON"})
EQUAL = frozenset({"EQUAL", "AUGOP"})


def selections(text: str, offset: int) -> list[Stretch]:
    """The stretches around an offset, the innermost first, each inside the next; the last is the whole text."""
    offset = max(0, min(offset, len(text)))
    found: list[Stretch] = []
    for start, end in [*_Growing(outline(text), offset).stretches(), (0, len(text))]:
        inner_start, inner_end = found[-1] if found else (offset, offset)
        is_larger = not found or (start, end) != found[-1]
        if is_larger and start <= inner_start and inner_end <= end:
            found.append((start, end))
    return found


def is_format(piece: Lexeme) -> bool:
    """Whether a piece in a hole of an f-string is the `:.3f` at its end."""
    return piece.kind == "STRING" and piece.text[0] == ":"


class _Growing:
    """One question: what stands around an offset, from the inside out."""

    def __init__(self, seen: Outline, offset: int) -> None:
        self.seen = seen
        self.pieces = seen.lexemes
        self.offset = offset

    def stretches(self) -> Iterator[Stretch]:
        for start, end in comments(self.seen.text, self.pieces):
            if start <= self.offset <= end:
                yield start, end
        at = self.touched()
        if at >= 0:
            yield self.pieces[at].start, self.pieces[at].end
        for opener in [*self.around(), -1]:
            yield from self.inside(opener, at)
            at = opener

    def touched(self) -> int:
        """The lexeme at the offset, or -1; where two meet, an operand or keyword comes before a sign."""
        i = bisect_right(self.pieces, self.offset, key=lambda lexeme: lexeme.start) - 1
        near = [k for k in (i, i - 1) if k >= 0 and self.pieces[k].end >= self.offset and self.pieces[k].kind != "_NL"]
        words = [k for k in near if self.pieces[k].kind in OPERAND_ENDS or self.pieces[k].is_keyword]
        return next(iter([*words, *near]), -1)

    def around(self) -> list[int]:
        """The brackets that the offset is in, the innermost first; not those that are never closed."""
        partner = self.seen.partner
        inside = [o for o in partner if self.pieces[o].start < self.offset < self.pieces[partner[o]].end]
        return sorted(inside, reverse=True)

    def inside(self, opener: int, at: int) -> Iterator[Stretch]:
        """The stretches inside a bracket (-1: the whole text) around the piece that lexeme `at` begins or ends."""
        closer = self.seen.partner.get(opener, len(self.pieces))
        group = self.group(opener, closer)
        k = next((k for k, i in enumerate(group) if at in (i, self.seen.partner.get(i))), -1)
        if k >= 0:
            yield from self.expressions(group, k, self.pieces[opener].kind if opener >= 0 else "")
        filled = [k for k, i in enumerate(group) if self.pieces[i].kind != "_NL"]
        if filled:
            yield self.stretch(group, filled[0], filled[-1])
        if opener >= 0:
            yield self.pieces[opener].start, self.pieces[closer].end

    def group(self, opener: int, closer: int) -> list[int]:
        """The pieces inside a bracket; a bracket inside it is one, by its opener."""
        found = []
        i = opener + 1
        while i < closer:
            found.append(i)
            i = self.seen.partner.get(i, i) + 1
        has_format = found and opener >= 0 and self.pieces[opener].kind == "LHOLE" and is_format(self.pieces[found[-1]])
        return found[:-1] if has_format else found

    def stretch(self, group: list[int], first: int, last: int) -> Stretch:
        end = self.seen.partner.get(group[last], group[last])
        return self.pieces[group[first]].start, self.pieces[end].end

    def kind(self, group: list[int], k: int) -> str:
        """The kind of a piece; a plus or minus in front of its operand is a sign."""
        kind = self.pieces[group[k]].kind
        if kind not in ("PLUS", "MINUS"):
            return kind
        before = group[k] - 1
        return kind if k > 0 and self.pieces[before].kind in OPERAND_ENDS else "SIGN"

    def expressions(self, group: list[int], k: int, bracket: str) -> Iterator[Stretch]:
        """The piece `group[k]`, its operand, the expressions around it, its statement."""
        yield self.stretch(group, k, k)
        kinds = [self.kind(group, j) for j in range(len(group))]
        looser = bracket in BLOCKS or "FOR" in kinds  # `a, b = c, d`, `for a, b in c`, but `f(x, n=2)`
        levels = [*OPERATORS, *((COMMA, WORDS, EQUAL) if looser else (WORDS, EQUAL, COMMA))]
        own = next((n for n, level in enumerate(levels) if kinds[k] in level), -1)
        ends = {"_NL"}.union(*levels[own + 1 :])
        first = last = k
        for level in [frozenset[str](), *levels[own + 1 :]]:
            ends -= level
            while first > 0 and kinds[first - 1] not in ends:
                first -= 1
            if (
                own < 0 and not level and kinds[k] in ("NAME", "LPAR", "LSQB")
            ):  # the front of an operand: `x.mean` and `x.mean()`
                yield self.stretch(group, first, k)
                yield self.stretch(group, first, k + (kinds[k + 1 : k + 2] in (["LPAR"], ["LSQB"])))
            while last + 1 < len(group) and kinds[last + 1] not in ends:
                last += 1
            yield self.stretch(group, first, last)
