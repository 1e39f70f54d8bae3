"""What was entered, as a script that comes to the same numbers.

Owns how an entry is written down: as it was typed, but for what was stopped,
and for relative paths, which start at the script's folder then. A loop that was
stopped counts its passes and leaves where it was left; statements that were
not reached are left out.

Knows entries as the session keeps them; writes text and runs nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from .analysis.text.lexemes import lexemes
from .engine.value import STATE
from .language.builtins import is_builtin
from .reach import folders_of, is_below
from .session import LAST, Entry, Session
from .syntax import tree

Loop = tree.For | tree.While


class Edit(NamedTuple):
    """What stands at an offset instead of the text of some length that is there."""

    offset: int
    text: str
    length: int = 0


STOPPED = "# Stopped after {} of the innermost loop, which is left there."
IN_FUNCTION = "# Stopped in a function, after {} of this loop: what the next one had begun is left out."
UNFINISHED = "# This was stopped on its way; here it runs to its end.\n"


def script(session: Session, folder: str) -> str:
    """All entries, in order, as the text of a program that lies in a folder."""
    head = ["# Entered at the prompt of gradlang."]
    if STATE.dtype != "float64":
        head.append(f"# Run it with --dtype {STATE.dtype}.")
    if beyond := folders_beyond(session, folder):
        head.append(f"# Run it with {' '.join([f'--files {path}' for path in beyond])}: it uses files there.")
    if session.seed:
        head.append(f"manual_seed({session.seed})")
    texts = ["\n".join(head)]
    names = [free_name(word, session.scope.variables) for word in ("passes", "is_stopped")]
    for i, entry in enumerate(session.entries):
        text = written(entry, is_read(session.entries[i + 1 :]), names, folder)
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
        if any(lexeme.text == LAST for lexeme in lexemes(entry.module.source.text)):
            return True
        if entry.has_value:
            return False
    return False


def written(entry: Entry, keeps_value: bool, names: Sequence[str], folder: str) -> str:
    """The text of one entry."""
    body = entry.module.body
    edits = list(moved_paths(entry, folder))
    if entry.is_complete:
        edits += [Edit(body[-1].span.start, f"{LAST} = ")] if keeps_value and entry.has_value else []
        return edited(entry.module.source.text, edits, len(entry.module.source.text))
    node = body[entry.done]
    if entry.stop is None or entry.stop.before is node:  # it failed, or was not begun
        return edited(entry.module.source.text, edits, node.span.start)
    path = path_to(entry, node)
    edits += counted(path, entry, *names) if path else [Edit(node.span.start, UNFINISHED)]
    return edited(entry.module.source.text, edits, node.span.end)


def moved_paths(entry: Entry, folder: str) -> Iterator[Edit]:
    """Names of files that are there, seen from the script's folder."""
    if os.path.realpath(entry.folder) == os.path.realpath(folder):
        return
    for offset, name in files_named(entry):
        if not os.path.isabs(name):
            moved = os.path.relpath(os.path.join(entry.folder, name), folder).replace("\\", "/")
            yield Edit(offset, moved, len(name))


def files_named(entry: Entry) -> Iterator[tuple[int, str]]:
    """The texts of an entry that are names of files that are there, and where they stand."""
    for lexeme in lexemes(entry.module.source.text):
        name = lexeme.text[1:-1]
        is_plain = lexeme.kind == "STRING" and lexeme.text[0] in "\"'" and "\\" not in name
        if is_plain and name and os.path.isfile(os.path.join(entry.folder, name)):
            yield lexeme.start + 1, name


def folders_beyond(session: Session, folder: str) -> list[str]:
    """The folders of files that are named, and that a program which lies in `folder` does not reach by itself."""
    found: list[str] = []
    reach = folders_of(folder)
    for entry in session.entries:
        for _, name in files_named(entry):
            path = os.path.realpath(os.path.join(entry.folder, name))
            if not is_below(path, reach):
                found.append(os.path.dirname(path))
                reach = (*reach, found[-1])
    return found


def path_to(entry: Entry, node: tree.Stmt) -> list[Loop] | None:
    """The loops from a statement to where it was stopped, the innermost that was going on last.

    None where it was stopped outside of them, or where leaving the innermost is not the end of the statement.
    """
    stop = entry.stop
    assert stop is not None
    if node is stop.before:
        return []
    if isinstance(node, tree.For | tree.While):
        if node is stop.after or stop.before is None and node is entry.within:
            return [node]
        paths = [path_to(entry, child) for child in node.body.body]
        return next(([node, *path] for path in paths if path is not None), None)
    if isinstance(node, tree.If | tree.Block):
        for block in blocks_of(node):
            for child in block.body:
                path = path_to(entry, child)
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
    completed = entry.passes[loop] - (stop.after is None)
    end = len(loop.span.source.text[: loop.body.span.end - 1].rstrip())
    is_nested = len(path) > 1
    leave = f"if {passes} == {completed} {{ {f'{flag} = true; ' if is_nested else ''}break }}"
    count = [f"{passes} += 1", *([leave] if stop.after is not None else [])]
    remark = IN_FUNCTION if stop.after is None and stop.before is None else STOPPED
    head = [remark.format(f"{completed} pass{'es' if completed != 1 else ''}"), f"{passes} = 0"]
    head += [f"{flag} = false"] if is_nested else []
    edits = [Edit(path[0].span.start, "\n".join([*head, ""]))]
    if stop.before is not None:
        edits.append(Edit(stop.before.span.start, f"{leave}\n{'  ' * len(path)}"))
    elif stop.after is None:
        start = loop.body.span.start + 1
        is_own_line = loop.span.source.text[start:].lstrip(" \t").startswith("\n")
        edits.append(Edit(start, below([leave, *([] if is_own_line else [""])], len(path))))
    edits += [Edit(node.span.start, "\n".join([*count, ""])) for node in continues(loop.body.body)]
    edits.append(Edit(end, below(count, len(path))))
    edits += [Edit(inner.span.end, below([f"if {flag} {{ break }}"], depth)) for depth, inner in enumerate(path[1:], 1)]
    return edits


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


def edited(text: str, edits: Iterable[Edit], end: int) -> str:
    """The text up to `end` with these edits."""
    parts, at = [], 0
    for offset, extra, length in sorted(edits, key=lambda edit: edit.offset):
        if offset <= end:
            parts += [text[at:offset], extra]
            at = offset + length
    return "".join([*parts, text[at:end]])
