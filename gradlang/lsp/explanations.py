"""What is shown under the pointer: the text of `analysis.hover`, formulas, and what a dry run has seen of a name."""

from __future__ import annotations

import re
from itertools import groupby

from ..analysis.help.hover import Hover
from ..analysis.names.occurrences import occurrences
from ..dryrun.seen import Observation
from ..language.builtins import is_builtin
from .builtin_page import formulas
from .documents import Document

MARKS = re.compile(r"([\\*_<>\[\]#~])")
CODE = re.compile(r"(`[^`]*`)")


def explained(document: Document, hover: Hover, is_markdown: bool) -> str:
    """A hover's text, with more about the name; `is_markdown` if the editor can show that."""
    word = document.text[hover.start : hover.end]
    head, *lines = [line.strip() for line in hover.text.splitlines()]
    more = builtin_lines(word, "`" * is_markdown) if is_builtin(word) and head.startswith(f"{word}(") else []
    seen = observed(document, hover)
    if not is_markdown:
        return "\n".join([head, *lines, *more, *seen])
    parts = [code(head)]
    for is_example, group in groupby(lines, lambda line: "  #> " in line):
        found = list(group)
        parts.append(code("\n".join(found)) if is_example else broken([escaped(line) for line in found]))
    parts.insert(2, broken(more))
    return "\n\n".join([part for part in [*parts, broken([escaped(line) for line in seen])] if part])


def builtin_lines(name: str, quote: str) -> list[str]:
    """Formulas, those of one kind on one line."""
    kinds: dict[str, list[str]] = {}
    for what, formula in formulas(name):
        kinds.setdefault(what, []).append(formula)
    lines = [f"{what}: {quote}{'; '.join(found)}{quote}" for what, found in kinds.items()]
    return [*lines, *[f"{quote}out{quote} is the result"] * any(re.search(r"\bout\b", line) for line in lines)]


def broken(lines: list[str]) -> str:
    """Lines that stay lines."""
    return "  \n".join(lines)


def code(text: str) -> str:
    return f"```gradlang\n{text}\n```"


def escaped(text: str) -> str:
    """Text in which nothing is a sign of Markdown but code in backticks."""
    return "".join([part if part.startswith("`") else MARKS.sub(r"\\\1", part) for part in CODE.split(text)])


def observed(document: Document, hover: Hover) -> list[str]:
    """What the last dry run has seen of the name: as it was bound before this place, else as it was bound last."""
    bound = {o.start for o in occurrences(document.text, hover.start) if o.is_binding}
    seen = [o for o in document.seen.observations if o.start in bound]
    before = [o for o in seen if o.start <= hover.start]
    return [f"dry run: {remark((before or seen)[-1])}"] if seen else []


def remark(o: Observation) -> str:
    """`tensor [2, 3], grad 1.5, after the first passes of a loop`."""
    parts = [" ".join([part for part in (o.kind, o.shape) if part])]
    parts += [f"= {o.value}"] * bool(o.value) + [f"grad {o.gradient}"] * bool(o.gradient)
    parts += ["in the last call"] * o.is_local + ["after the first passes of a loop"] * (not o.is_final)
    return ", ".join(parts)
