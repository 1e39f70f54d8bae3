"""What was entered, as a script that comes to the same numbers.

Owns how an entry is written down: as it was typed, but for what was stopped.
A loop that was stopped after some passes counts them and leaves after as many;
statements that were not reached are left out.

Knows entries as the session keeps them; writes text and runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .engine.value import STATE
from .language.builtins import is_builtin
from .session import LAST, Entry, Session
from .syntax import tree
from .syntax.parser import tokens

Loop = tree.For | tree.While
Edit = tuple[int, str]  # what is inserted where

STOPPED = "# Stopped after {} here: the loop is left after as many passes.\n"
UNFINISHED = "# This was stopped on its way; here it runs to its end.\n"


def script(session: Session) -> str:
    """All entries, in order, as the text of a program."""
    head = ["# Entered at the prompt of gradlang."]
    if STATE.dtype != "float64":
        head.append(f"# Run it with --dtype {STATE.dtype}.")
    if session.seed:
        head.append(f"manual_seed({session.seed})")
    texts = ["\n".join(head)]
    counter = free_name("passes", session.scope.variables)
    for i, entry in enumerate(session.entries):
        text = written(entry, is_read(session.entries[i + 1 :]), counter)
        if text.strip():
            texts.append(text.strip("\n"))
    return "\n\n".join(texts) + "\n"


def free_name(word: str, taken: Iterable[str]) -> str:
    """A name that means nothing yet."""
    names, name, k = set(taken), word, 2
    while name in names or is_builtin(name):
        name, k = f"{word}_{k}", k + 1
    return name


def is_read(later: Sequence[Entry]) -> bool:
    """Whether one of these entries reads the value of the one before them."""
    for entry in later:
        if any(token == LAST for token in tokens(entry.module.source.text)):
            return True
        if entry.has_value:
            return False
    return False


def written(entry: Entry, keeps_value: bool, counter: str) -> str:
    """The text of one entry."""
    text: str = entry.module.source.text
    body = entry.module.body
    if entry.is_complete:
        edits = [(body[-1].span.start, f"{LAST} = ")] if keeps_value and entry.has_value else []
        return inserted(text, edits, len(text))
    if not entry.is_begun:
        return text[: body[entry.done].span.start]
    node = body[entry.done]
    path = path_to(entry.loop, node) if entry.loop is not None else None
    edits = counted(path, entry.passes, counter) if path else [(node.span.start, UNFINISHED)]
    return inserted(text, edits, node.span.end)


def path_to(loop: Loop, node: tree.Stmt) -> list[Loop] | None:
    """The loops from a statement to one inside it, or None where leaving that loop is not the end of the statement."""
    if node is loop:
        return [loop]
    match node:
        case tree.For(body=block) | tree.While(body=block):
            for child in block.body:
                path = path_to(loop, child)
                if path:
                    return [node, *path]
        case tree.If() | tree.Block():
            for block in blocks_of(node):
                path = path_to(loop, block.body[-1]) if block.body else None
                if path:
                    return path
    return None


def blocks_of(node: tree.If | tree.Block) -> list[tree.Block]:
    if isinstance(node, tree.Block):
        return [node]
    return [block for _, block in node.branches] + ([node.otherwise] if node.otherwise else [])


def counted(path: list[Loop], passes: int, counter: str) -> list[Edit]:
    """What makes the last of these loops, each inside the one before it, stop after some passes, and with it all."""
    loop = path[-1]
    leave = f"if {counter} == {passes} {{ break }}"
    count = [f"{counter} += 1", leave]
    text = loop.span.source.text
    remark = STOPPED.format(f"{passes} pass{'es' if passes != 1 else ''}")
    edits = [(path[0].span.start, f"{remark}{counter} = 0\n")]
    edits += [(node.span.start, "\n".join([*count, ""])) for node in continues(loop.body.body)]
    edits.append((len(text[: loop.body.span.end - 1].rstrip()), below(count, len(path))))
    edits += [(inner.span.end, below([leave], depth)) for depth, inner in enumerate(path[1:], 1)]
    return sorted(edits)


def below(lines: list[str], depth: int) -> str:
    return "".join("\n" + "  " * depth + line for line in lines)


def continues(body: list[tree.Stmt]) -> Iterator[tree.Continue]:
    """The `continue`s that belong to the loop with this body."""
    for node in body:
        match node:
            case tree.Continue():
                yield node
            case tree.If() | tree.Block():
                for block in blocks_of(node):
                    yield from continues(block.body)


def inserted(text: str, edits: list[Edit], end: int) -> str:
    """The text up to `end` with these insertions."""
    parts, at = [], 0
    for offset, extra in edits:
        parts += [text[at:offset], extra]
        at = offset
    return "".join([*parts, text[at:end]])
