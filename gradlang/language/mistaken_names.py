"""What is said of names that mean nothing, or may not be bound: what was meant, and what would mend it.

Loaded when the first of them is met. Knows nothing of the pass that meets them
(`resolver`) or of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..diagnostics import Diagnostic, Fix, Label, shortened
from ..diagnostics.foreign import LIBRARIES
from ..diagnostics.libraries import meant
from ..diagnostics.suggest import closest, foreign
from ..source import Span
from ..syntax import tree
from .scopes import Scope, Variable

MOST_SEARCHES = 50  # for what an unknown name may have been meant to be, in one source
WHOLE_WORDS = ("break", "continue", "true", "false", "none")  # keywords that stand alone, as a name does


class UnknownNames:
    """Those of one source."""

    def __init__(self, is_builtin: Callable[[str], bool], builtin_names: Callable[[], Iterable[str]]) -> None:
        self.is_builtin = is_builtin
        self.builtin_names = builtin_names
        self.searched: dict[tuple[str, Scope], list[str]] = {}  # what is like a name

    def told(self, node: tree.Name, scope: Scope) -> Diagnostic:
        diagnostic = Diagnostic("E0201", f"there is no `{node.id}`", node.span)
        text, start, end = node.span.source.text, node.span.start, node.span.end
        if text[max(0, start - 40) : start].rstrip().endswith("//"):
            diagnostic.help.append("a comment starts with `#`; `//` divides and rounds down")
            slashes = Span(node.span.source, at := text.rindex("//", 0, start), at + 2)
            diagnostic.fixes.append(Fix("make it a comment", [(slashes, "#")]))
            return diagnostic
        way = meant(text, start, end, self.is_builtin)
        if way is not None:
            diagnostic.help.append(way.text)
            if way.edits:
                edits = [(Span(node.span.source, first, last), new) for first, last, new in way.edits]
                diagnostic.fixes.append(Fix(f"write it without `{node.id}`", edits, way.is_safe))
            return diagnostic
        near = self.searched.get((node.id, scope))
        if near is None:
            can_search = len(self.searched) < MOST_SEARCHES
            near = closest(node.id, [*scope.names(), *self.builtin_names(), *WHOLE_WORDS]) if can_search else []
            self.searched[node.id, scope] = near
        hint = None if near and node.id in LIBRARIES and text[end : end + 1] != "." else foreign(node.id)
        if hint is not None:
            diagnostic.help.append(hint.text)
            if hint.replacement:
                # Another word may be a name that was forgotten.
                prints = hint.replacement == "print" and text[end : end + 1] == "("
                is_safe = prints or hint.replacement in ("true", "false", "none")
                diagnostic.fixes.append(Fix(f"write `{hint.replacement}`", [(node.span, hint.replacement)], is_safe))
        elif near:
            diagnostic.help.append("did you mean " + " or ".join(f"`{n}`" for n in near) + "?")
            diagnostic.fixes.append(Fix(f"write `{near[0]}`", [(node.span, near[0])]))
        else:
            diagnostic.help.append(shortened(f"give it a value first: `{node.id} = …`"))
        return diagnostic


def parameter_assigned(name: tree.Name, variable: Variable, node: tree.Assign | None) -> Diagnostic:
    """A parameter that is bound anew; by `node`, if that is an assignment."""
    return Diagnostic(
        "E0303",
        f"`{name.id}` is a parameter: `{name.id} = …` would cut it out of training",
        name.span,
        labels=[Label(variable.span, "declared here")] if variable.span and variable.span is not name.span else [],
        help=[
            f"to move it, write `{name.id} -= …` or `{name.id}.data = …`",
            f"to start over with a new parameter, write `param {name.id} = …`",
        ],
        fixes=update_instead(node) if node is not None else [],
    )


def update_instead(node: tree.Assign) -> list[Fix]:
    """`w -= e` for `w = w - e`."""
    match node:
        case tree.Assign(
            targets=[tree.Name() as name], value=tree.Chain(first=tree.Name(id=first), rest=[tree.Operation() as step])
        ) if first == name.id and step.op in ("+", "-", "*", "/"):
            between = Span(name.span.source, name.span.end, step.operand.span.start)
            return [Fix(f"write `{name.id} {step.op}= …`", [(between, f" {step.op}= ")], is_safe=True)]
    return []


def rebinding(name: tree.Name, outer: Variable | None) -> Diagnostic:
    """A function changing a name that is not its own."""
    is_parameter = outer is not None and outer.boxed
    return Diagnostic(
        "E0207",
        f"a function cannot rebind `{name.id}`, a name from outside it",
        name.span,
        help=[
            f"return the new value and bind it where the function is called: `{name.id} = f(…)`",
            f"to move the parameter, write `{name.id} -= …` or `{name.id}.data = …`"
            if is_parameter
            else f"what training should change in place is declared `param {name.id} = …`",
        ],
    )
