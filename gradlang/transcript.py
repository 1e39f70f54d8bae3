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
from .language.runtime import Stopped
from .session import LAST, Entry, Session
from .syntax import tree
from .syntax.parser import tokens

Loop = tree.For | tree.While
Edit = tuple[int, str]  # what is inserted where

STOPPED = "# Stopped after {} of the innermost loop, which is left there."
UNFINISHED = "# This was stopped on its way; here it runs to its end.\n"


def script(session: Session) -> str:
    """All entries, in order, as the text of a program."""
    head = ["# Entered at the prompt of gradlang."]
    if STATE.dtype != "float64":
        head.append(f"# Run it with --dtype {STATE.dtype}.")
    if session.seed:
        head.append(f"manual_seed({session.seed})")
    texts = ["\n".join(head)]
    names = [free_name(word, session.scope.variables) for word in ("passes", "is_stopped")]
    for i, entry in enumerate(session.entries):
        text = written(entry, is_read(session.entries[i + 1 :]), names)
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


def written(entry: Entry, keeps_value: bool, names: Sequence[str]) -> str:
    """The text of one entry."""
    text: str = entry.module.source.text
    body = entry.module.body
    if entry.is_complete:
        edits = [(body[-1].span.start, f"{LAST} = ")] if keeps_value and entry.has_value else []
        return inserted(text, edits, len(text))
    node = body[entry.done]
    if entry.stop is None or entry.stop.before is node:
        return text[: node.span.start]  # it failed, or was not begun
    path = path_to(entry.stop, node)
    edits = counted(path, entry, *names) if path else [(node.span.start, UNFINISHED)]
    return inserted(text, edits, node.span.end)


def path_to(stop: Stopped, node: tree.Stmt) -> list[Loop] | None:
    """The loops from a statement to where it was stopped, a loop that was stopped after a pass included.

    None where it was stopped elsewhere, or where leaving the innermost loop is not the end of the statement.
    """
    if node is stop.before:
        return []
    if isinstance(node, tree.For | tree.While):
        if node is stop.after:
            return [node]
        paths = [path_to(stop, child) for child in node.body.body]
        return next(([node, *path] for path in paths if path is not None), None)
    if isinstance(node, tree.If | tree.Block):
        for block in blocks_of(node):
            for child in block.body:
                path = path_to(stop, child)
                if path is not None:
                    return path if not path or child is block.body[-1] else None
    return None


def blocks_of(node: tree.If | tree.Block) -> list[tree.Block]:
    if isinstance(node, tree.Block):
        return [node]
    return [block for _, block in node.branches] + ([node.otherwise] if node.otherwise else [])


def counted(path: list[Loop], entry: Entry, passes: str, flag: str) -> list[Edit]:
    """What makes the last of these loops, each inside the one before it, stop where it was stopped, and with it all."""
    stop, loop = entry.stop, path[-1]
    assert stop is not None
    completed = entry.passes[loop] - (stop.before is not None)
    end = len(loop.span.source.text[: loop.body.span.end - 1].rstrip())
    is_nested = len(path) > 1
    leave = f"if {passes} == {completed} {{ {f'{flag} = true; ' if is_nested else ''}break }}"
    count = [f"{passes} += 1", *([leave] if stop.before is None else [])]
    head = [STOPPED.format(f"{completed} pass{'es' if completed != 1 else ''}"), f"{passes} = 0"]
    head += [f"{flag} = false"] if is_nested else []
    edits = [(path[0].span.start, "\n".join([*head, ""]))]
    if stop.before is not None:
        edits.append((stop.before.span.start, f"{leave}\n{'  ' * len(path)}"))
    edits += [(node.span.start, "\n".join([*count, ""])) for node in continues(loop.body.body)]
    edits.append((end, below(count, len(path))))
    edits += [(inner.span.end, below([f"if {flag} {{ break }}"], depth)) for depth, inner in enumerate(path[1:], 1)]
    return sorted(edits, key=lambda edit: edit[0])


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
