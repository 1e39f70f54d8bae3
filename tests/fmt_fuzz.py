"""Random programs in random layouts, formatted.

    .venv/bin/python tests/fmt_fuzz.py FIRST COUNT

prints the texts of these seeds that formatting does not leave the same program, or formats otherwise when asked again.
`scrambled` puts blanks, comments and line breaks between the tokens of a program wherever the language allows.
"""

from __future__ import annotations

import random
import sys
from typing import Any

import native_fuzz

from gradlang.formatting import formatted
from gradlang.source import Source, Span
from gradlang.syntax import tree
from gradlang.syntax.newlines import OPERATORS, UNFINISHED, track
from gradlang.syntax.parser import parse, tokens
from gradlang.syntax.tokens import Token

NAMES = ["a", "b", "loss", "model", "a_longer_name_of_something", "θ", "e5"]
NUMBERS = ["1", "2.5", "1.", ".5", "1e-3", "1_000"]
TEXTS = ['"text"', "'# none; {'", 'f"{a + 1:.3f} {{}}"', '""', '"a text that takes up half of a line, or nearly so"']
COMMENTS = ["#", "# why", "#> 3", '# a; { [ ( "quote', "#tight  ", "# größe\t", "##"]
BLANKS = ["", "", " ", "  ", "\t", "   ", " \r"]


# ── programs ─────────────────────────────────────────────────────────────────


def expression(r: random.Random, depth: int = 0) -> str:
    def sub() -> str:
        return expression(r, depth + 1)

    def items(most: int) -> str:
        return ", ".join(sub() for _ in range(r.randint(0, most)))

    k = r.randrange(24) if depth < 4 else r.randrange(4)
    name = r.choice(NAMES)
    match k:
        case 0 | 1:
            return name
        case 2:
            return r.choice([*NUMBERS, "true", "none"])
        case 3:
            return r.choice(TEXTS)
        case 4 | 5:
            return f"{name}({items(4)})"
        case 6:
            return f"{name}({sub()}, dim={sub()}, keepdim=true)"
        case 7:
            return f"[{items(6)}]"
        case 8:
            return f"{name}[{r.choice(['', sub()])}:{r.choice(['', sub()])}, ::{sub()}, :]"
        case 9:
            return f"{name}[{sub()}, -1:]"
        case 10:
            return f"[({sub()}) for {name}, b in {sub()} if ({sub()})]"
        case 11:
            return f"({name} -> {sub()})"
        case 12:
            return f"map((a, b) -> {block(r, depth + 1)}, {sub()})"
        case 13:
            return f"({conditional(r, depth + 1)})"
        case 14:
            return f"({sub()}, {sub()})"
        case 15 | 16:
            return f"({sub()}).{r.choice(NAMES)}().{name}"
        case 17:
            return r.choice(["-", "+", "- -", "-+", "not "]) + f"({sub()})"
        case 18:
            return f"({sub()})**{r.choice(['2', '-1', f'({sub()})'])}"
        case _:
            operator = r.choice(["+", "-", "*", "/", "//", "%", "@", "==", "<=", "and", "or"])
            return f"({sub()}) {operator} ({sub()})"


def conditional(r: random.Random, depth: int) -> str:
    text = f"if {expression(r, depth + 1)} {block(r, depth + 1)}"
    for _ in range(r.choice([0, 0, 1])):
        text += f" else if {expression(r, depth + 1)} {block(r, depth + 1)}"
    return text + (f" else {block(r, depth + 1)}" if r.random() < 0.6 else "")


def block(r: random.Random, depth: int) -> str:
    return "{ " + "; ".join(statement(r, depth + 1) for _ in range(r.choice([0, 1, 1, 2, 3]))) + " }"


def statement(r: random.Random, depth: int = 0) -> str:
    if depth > 5:
        return r.choice(["break", "continue", "return", "a = 1"])
    name = r.choice(NAMES)
    value = expression(r, depth) if r.random() < 0.8 else r.choice([conditional, block])(r, depth)
    match r.randrange(12):
        case 0:
            return f"param {name} = {value}"
        case 1:
            return f"{name}, b = {expression(r, depth)}, {expression(r, depth)}"
        case 2 | 3:
            return f"{name}(a, b={expression(r, depth)}) = {value}"
        case 4:
            return f"{name} {r.choice(['+=', '-=', '*=', '/='])} {value}"
        case 5:
            return f"for {name}, i in {expression(r, depth)} {block(r, depth)}"
        case 6:
            return f"while {expression(r, depth)} {block(r, depth)}"
        case 7:
            return r.choice([f"return {value}", f"import {name} as b", value])
        case 8:
            return conditional(r, depth)
        case _:
            return f"{name} = {value}"


def program(seed: int) -> str:
    r = random.Random(seed)
    match seed % 6:
        case 0:
            return native_fuzz.program(seed)
        case 1:
            return native_fuzz.training(seed).replace("(3,)", "3")
        case _:
            return "\n".join(statement(r) for _ in range(r.randint(1, 6)))


# ── layouts ──────────────────────────────────────────────────────────────────


def scrambled(text: str, r: random.Random) -> str:
    """The same tokens with other blanks, line breaks and comments between; some of each, or a lot."""
    found = tokens(text)
    wildness = r.choice([0.02, 0.1, 0.4])
    opened: list[Token] = []
    parts = [lines(r) if r.random() < wildness else ""]
    before: Token | None = None
    for token, behind in zip(found, [*found[1:], None], strict=True):
        track(token, opened)
        if token.type == "_NL":
            parts.append(separator(r, wildness))
            continue
        parts.append(token)
        round_or_square = bool(opened) and opened[-1].type != "LBRACE"
        if (round_or_square or goes_on(before, token, behind)) and r.random() < wildness:
            parts.append(lines(r))
        elif behind is not None and not (token.type == "LBRACE" and r.random() < wildness):
            parts.append(blank(r, token, behind))
        elif behind is not None:
            parts.append(separator(r, wildness))
        before = token
    return "".join(parts) + r.choice(["", "\n", ";", "  # end", "\n\n\n", "\n# end"])


def goes_on(before: Token | None, token: Token, behind: Token | None) -> bool:
    """Whether a line break between two tokens outside of brackets ends no statement."""
    signs = token.type in ("PLUS", "MINUS") and before is not None and before.type in OPERATORS
    return bool(behind) and (behind.type in ("DOT", "ELSE") or (token.type in UNFINISHED and not signs))


def blank(r: random.Random, token: Token, behind: Token) -> str:
    found = r.choice(BLANKS)
    glued = token[-1] + behind[0]
    word = all(c.isalnum() or c in "_.\"'" for c in glued)
    sign = not any(c.isalnum() or c in "_()[]{},;\"'" for c in glued)
    return found or " " * (word or sign)


def separator(r: random.Random, wildness: float) -> str:
    if r.random() < wildness:
        return r.choice([";", " ; ", "\n", ";;\n", lines(r), ";" + lines(r), "\n\n\n\n"])
    return r.choice(["\n", "\n", "; ", "\n\n"])


def lines(r: random.Random) -> str:
    """Line breaks with comments between, and the indentation of the next line."""
    found = [r.choice(["", "", " " * r.randint(1, 30) + r.choice(COMMENTS)])]
    for _ in range(r.choice([0, 0, 1, 3])):
        found.append(r.choice(["", "\t", " " * r.randint(0, 30) + r.choice(COMMENTS)]))
    return r.choice(["\n", "\n", "\r\n"]).join(found) + "\n" + " " * r.choice([0, 2, 4, 7])


# ── what must hold ───────────────────────────────────────────────────────────


def dump(x: Any) -> Any:
    """A tree as plain data, without its places."""
    if isinstance(x, tree.Node):
        return type(x).__name__, *(dump(getattr(x, field)) for field in x._fields if field != "source")
    if isinstance(x, (list, tuple)):
        return [dump(part) for part in x]
    return None if isinstance(x, Span) else repr(x)


def comments(text: str) -> list[str]:
    """The comments of a text: what begins with `#` between its tokens."""
    found: list[str] = []
    end = 0
    for start, stop in [*((t.start_pos, t.end_pos) for t in tokens(text)), (len(text), 0)]:
        found += (line.strip() for line in text[end:start].split("\n") if "#" in line)
        end = stop
    return [line[line.index("#") :] for line in found]


def fault(text: str) -> str:
    """What is wrong with the formatted text, if anything."""
    after = formatted(Source(text))
    if dump(parse(Source(text))) != dump(parse(Source(after))):
        return "another tree:\n" + after
    if comments(text) != comments(after):
        return "other comments:\n" + after
    if formatted(Source(after)) != after:
        return f"formatted:\n{after}\nand again:\n{formatted(Source(after))}"
    if any(line != line.rstrip(" \t\r") for line in after.split("\n")) or "\n\n\n" in after or after[:1] == "\n":
        return "blanks left over:\n" + after
    return ""


def main(first: int, count: int) -> None:
    failed = 0
    for seed in range(first, first + count):
        text = scrambled(program(seed), random.Random(seed))
        try:
            found = fault(text)
        except Exception as error:
            found = repr(error)
        if found:
            failed += 1
            if failed <= 3:
                print(f"── seed {seed} ──\n{text}\n{found}")
    print(f"{count} programs, {failed} failed")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
