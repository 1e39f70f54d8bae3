"""What `help NAME` says, from the builtins' own descriptions."""

from __future__ import annotations

from typing import Any

from ..faults import Fault
from .builtins import lookup, names
from .display import text
from .values import Builtin, Function, kind


def help_text(x: Any) -> str:
    """Help for a builtin (or its name), for a function of the program, or an overview for None."""
    if x is None:
        return overview()
    if isinstance(x, str):
        found = lookup(x)
        if found is None:
            from ..diagnostics.suggest import closest, foreign

            hint, near = foreign(x), closest(x, names())
            help = (
                hint.text
                if hint
                else f"did you mean {' or '.join(f'`{n}`' for n in near)}?"
                if near
                else "`help` alone lists all"
            )
            raise Fault("E0201", f"there is no builtin `{x}`", help)
        x = found if isinstance(found, Builtin) else x
    if isinstance(x, Builtin):
        said = [*x.doc.splitlines(), *([x.example] if x.example else [])]
        return "\n".join([f"{x.name}({x.signature.text})", *[f"    {line}" for line in said], ""])
    if isinstance(x, Function):
        return "\n".join([text(x), *[f"    {line}" for line in x.doc.splitlines()], ""])
    return f"{x if isinstance(x, str) else kind(x)}: a constant\n" if isinstance(x, str) else f"this is {kind(x)}\n"


def overview() -> str:
    """All builtins, by group."""
    groups: dict[str, list[str]] = {}
    for name in names():
        found = lookup(name)
        groups.setdefault(found.group if isinstance(found, Builtin) else "constants", []).append(name)
    width = max(map(len, groups))
    return "".join(f"{group:{width}}  {' '.join(members)}\n" for group, members in groups.items())
