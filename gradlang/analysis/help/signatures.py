"""The call around the cursor: what is called, with which parameters, and which of them is being typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...language.builtins import lookup
from ...language.members import MISSING, member
from ...language.values import Module
from ..text.cursor import Arguments, arguments, cursor, is_call
from ..text.outline import Outline, outline
from .descriptions import Parameters, doc_above, doc_line, head_texts, parameters_of
from .meaning import value_at


class SignatureHelp(NamedTuple):
    """A signature for showing; `active` is the parameter that the cursor is in, None where there is none."""

    name: str
    parameters: tuple[str, ...]
    active: int | None
    doc: str


class Callee(NamedTuple):
    """What is called; `received` parameters are taken by what stands before the dot."""

    name: str
    parameters: Parameters
    received: int
    doc: str


def signature_at(text: str, offset: int, names: Mapping[str, Any]) -> SignatureHelp | None:
    """About the innermost call that is open at the offset; None where that calls nothing known."""
    seen = outline(text)
    at = cursor(seen, offset)
    calls = [i for i in at.opened if is_call(seen, i)]
    found = callee(seen, calls[-1], names) if calls else None
    if found is None:
        return None
    return SignatureHelp(found.name, found.parameters.texts, active(found, arguments(seen, calls[-1], at)), found.doc)


def active(called: Callee, given: Arguments) -> int | None:
    names, positional, variadic = called.parameters.names, called.parameters.positional, called.parameters.variadic
    if given.current is not None:
        return names.index(given.current) if given.current in names else None
    if variadic:
        return 0
    place = called.received + given.position
    return place if place < positional else None


def callee(seen: Outline, opener: int, names: Mapping[str, Any]) -> Callee | None:
    """What the call that opens here calls, where that is a name that stands for something known."""
    word = seen.lexemes[opener - 1]
    if word.kind != "NAME" or opener - 1 in seen.targets:  # what follows are the parameters of a definition
        return None
    if opener < 2 or seen.lexemes[opener - 2].kind != "DOT":
        return function_callee(seen, opener, names, received=0)
    owner = value_at(seen, opener - 3, names)
    if isinstance(owner, Module):
        x = member(owner, word.text)
        return None if x is MISSING else described(word.text, x, 0)
    if hasattr(owner, "settings") and word.text == "step":
        return Callee("step", Parameters((), 0), 0, doc_line(lookup(owner.name)))
    return function_callee(seen, opener, names, received=1)


def function_callee(seen: Outline, opener: int, names: Mapping[str, Any], received: int) -> Callee | None:
    """A function in scope: of this text, of the session, or a builtin."""
    word = seen.lexemes[opener - 1]
    binding = seen.scope_of[opener - 1].lookup(word.text, word.start)
    if binding is None:
        return described(word.text, names[word.text] if word.text in names else lookup(word.text), received)
    if binding.head is None:
        return None
    texts = head_texts(seen, binding.head[0])
    doc = doc_above(seen, binding.at).partition("\n")[0]
    return Callee(word.text, Parameters(texts, len(texts)), received, doc)


def described(name: str, x: Any, received: int) -> Callee | None:
    parameters = parameters_of(x)
    return None if parameters is None else Callee(name, parameters, received, doc_line(x))
