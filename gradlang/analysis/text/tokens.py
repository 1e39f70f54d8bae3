"""The colours of a text: each piece with its role.

Which words are keywords, the grammar says; which names are builtins, the
builtins; what the other names are, the session and the text itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...engine.value import Box
from ...language.builtins import is_builtin
from ...language.members import VALUE_MEMBERS
from ...language.values import Builtin, Function, Model
from .lexemes import comments
from .outline import Outline, outline

# What else the grammar has a terminal for is an operator.
ROLES = {
    "NUMBER": "number", "STRING": "string", "UNCLOSED_STRING": "string", "UNEXPECTED": "error",
    **dict.fromkeys(["LPAR", "RPAR", "LSQB", "RSQB", "LBRACE", "RBRACE", "LHOLE", "RHOLE"], "punctuation"),
    **dict.fromkeys(["COMMA", "COLON", "DOT", "_NL"], "punctuation"),
}  # fmt: skip


class Token(NamedTuple):
    """A piece of a text and its role: keyword, number, string, comment, operator, punctuation, builtin, parameter,
    function, variable, unknown, argument (the name of one), member, error."""

    start: int
    end: int
    role: str


def tokens(text: str, names: Mapping[str, Any]) -> list[Token]:
    """What is to be coloured, in order and without overlaps; blanks have no role."""
    seen = outline(text)
    found = [Token(start, end, "comment") for start, end in comments(text, seen.lexemes)]
    for i, lexeme in enumerate(seen.lexemes):
        if lexeme.text not in ("", "\n"):
            found.append(Token(lexeme.start, lexeme.end, role(seen, i, names)))
    return sorted(found)


def role(seen: Outline, i: int, names: Mapping[str, Any]) -> str:
    lexeme = seen.lexemes[i]
    if lexeme.is_keyword:
        return "keyword"
    if lexeme.kind == "QUOTE":  # in the last line the string may yet get its end
        return "error" if "\n" in seen.text[lexeme.end :] else "string"
    if lexeme.kind != "NAME":
        return ROLES.get(lexeme.kind, "operator")
    before = seen.lexemes[i - 1].kind if i else ""
    after = seen.lexemes[i + 1].kind if i + 1 < len(seen.lexemes) else ""
    if before == "DOT":
        return member_role(seen, i, names)
    if i in seen.targets:
        return seen.targets[i]
    if after == "EQUAL" and before in ("LPAR", "COMMA"):
        return "argument"
    found = name_role(seen, i, names)
    return "function" if found == "variable" and after == "LPAR" else found


def name_role(seen: Outline, i: int, names: Mapping[str, Any]) -> str:
    """What a name is where it is read: the text's own binding comes before the session's, that before a builtin."""
    lexeme = seen.lexemes[i]
    binding = seen.scope_of[i].lookup(lexeme.text, lexeme.start)
    if binding is not None:
        return binding.role
    if lexeme.text in names:
        return role_of(names[lexeme.text])
    return "builtin" if is_builtin(lexeme.text) else "unknown"


def member_role(seen: Outline, i: int, names: Mapping[str, Any]) -> str:
    """Behind a dot stands a member, or a function that takes what is before the dot."""
    if seen.lexemes[i].text in VALUE_MEMBERS:
        return "member"
    found = name_role(seen, i, names)
    return found if found in ("builtin", "function") else "member"


def role_of(x: Any) -> str:
    """The role of a name that stands for this."""
    if isinstance(x, Box):
        return "parameter"
    return "function" if isinstance(x, Function | Model | Builtin) else "variable"
