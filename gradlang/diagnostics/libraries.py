"""Names that are unknown because they are dotted to a library, or stand among signs of another language.

Owns what stands in the place of `np.exp`, `nn.Linear`, `x[end]`, and the edits for it.
Knows text and the words of other languages; which names there are the caller tells.
Invariant: edits take no more with them than the call or the index around the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from .foreign import LIBRARIES, MADE_BY_CALL, OTHERWISE, PRINTING, RENAMED, ROOMS, TENSORS

CHAIN = re.compile(r"\s*\.\s*([^\W\d]\w*)")
SETTINGS = re.compile(r"\s*(?:requires_grad|dtype|device)\s*=[^,()]*|\s*(?:np|torch|jnp)\.\w+\s*|\s*")
PIECE = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[()\[\]{},]")
# NumPy divides by n where PyTorch and gradlang divide by n - 1.
UNLIKE = frozenset({"std", "var"})
NEAR = 200  # characters before a name that are looked at: a line may be as long as a program


class Way(NamedTuple):
    """How something is written here, and the edits where that is all there is to do."""

    text: str
    edits: list[tuple[int, int, str]]
    is_safe: bool


def meant(text: str, start: int, end: int, is_builtin: Callable[[str], bool]) -> Way | None:
    """What an unknown name at `[start, end)` says with what stands around it; None where it says nothing."""
    return without_library(text, start, end, is_builtin) or misread(text, start, end)


def without_library(text: str, start: int, end: int, is_builtin: Callable[[str], bool]) -> Way | None:
    """What stands for the name at `[start, end)` and all that is dotted to it; None if that is no library."""
    word = text[start:end]
    if word in TENSORS:
        return _tensor(text, start, end, word)
    names, ends = [word], [end]
    while match := CHAIN.match(text, ends[-1]):
        names.append(match[1])
        ends.append(match.end())
    if len(names) == 1 or word not in LIBRARIES | ROOMS:
        return None
    for length in range(len(names), 1, -1):
        if ".".join(names[:length]) in PRINTING:
            return Way("values are printed by `print(a, b)`", [(start, ends[length - 1], "print")], True)
    at = 1
    while at + 1 < len(names) and names[at] in LIBRARIES | ROOMS:
        at += 1
    name, whole, stop = names[at], ".".join(names[: at + 1]), ends[at]
    if name in TENSORS:
        return _tensor(text, start, stop, whole)
    called = MADE_BY_CALL.get(name)
    if called is not None and (empty := re.compile(r"\s*\(\s*\)").match(text, stop)):
        return Way(f"`{whole}()` is the function `{called}` here", [(start, empty.end(), called)], True)
    if is_builtin(name):
        brackets = "(x)" if text[stop : stop + 1] == "(" else ""
        shown = f"builtins belong to no library: write `{name}{brackets}`, not `{whole}{brackets}`"
        return Way(shown, [(start, stop, name)], name not in UNLIKE)
    if name in RENAMED:
        return Way(f"`{whole}` is written `{RENAMED[name]}` here", [(start, stop, RENAMED[name])], True)
    if name in OTHERWISE:
        return Way(OTHERWISE[name], [], False)
    return None


def _tensor(text: str, start: int, end: int, shown: str) -> Way:
    """`[1, 2]` for `np.array([1, 2])`, with nothing but settings behind it."""
    help = OTHERWISE[shown.rpartition(".")[2]]
    if text[end : end + 1] != "(":
        return Way(help, [], False)
    commas, depth = [], 0
    for piece in PIECE.finditer(text, end):
        sign = piece[0]
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 1:
            commas.append(piece.start())
        elif depth == 0:
            stops = [*commas, piece.start()]
            settings = [text[a + 1 : b] for a, b in zip(stops, stops[1:], strict=False)]
            if not text[end + 1 : stops[0]].strip() or not all(SETTINGS.fullmatch(each) for each in settings):
                break
            return Way(help, [(start, end + 1, ""), (stops[0], piece.end(), "")], True)
    return Way(help, [], False)


def misread(text: str, start: int, end: int) -> Way | None:
    """What a name that is unknown says about the signs around it.

    `x <- 2` binds a name in R; `end` in an index is the last place of MATLAB and Julia; `None` puts in a dimension of
    one in NumPy; `xᵀ` is a transpose on paper.
    """
    word = text[start:end]
    before = text[max(text.rfind("\n", max(0, start - NEAR), start) + 1, start - NEAR) : start].lstrip()
    behind = text[end : end + 40].partition("\n")[0]
    if not before and (arrow := re.match(r"\s*(<-)(?=[ \t]*\S)", behind)):
        help = f"a name is bound by `{word} = …`; `<-` asks whether it is below a negative number"
        return Way(help, [(end + arrow.start(1), end + arrow.end(1), "=")], True)
    if word == "end" and before.rstrip()[-1:] in ("[", ":", ","):
        last = "" if before.rstrip()[-1] == ":" else "-1"
        edits = [(start, end, last)] if behind.lstrip()[:1] in ("]", ",") else []
        return Way("`x[1:]` goes on to the end, and `x[-1]` is the last element", edits, True)
    if word == "None" and (index := re.search(r"([^\W\d]\w*)\[\s*(:\s*,\s*)?$", before)):
        dim = 1 if index[2] else 0
        closed = re.match(r"\s*\]" if dim else r"\s*(?:,\s*:\s*)?\]", behind)
        whole = f"unsqueeze({index[1]}, {dim})"
        first = start - len(before) + index.start()
        return Way(
            f"`{whole}` puts in a dimension of one", [(first, end + closed.end(), whole)] if closed else [], True
        )
    if word[-1] == "ᵀ" and len(word) > 1:
        return Way("`x.T` is the transpose of x", [(end - 1, end, ".T")], True)
    return None
