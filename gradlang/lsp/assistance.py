"""What helps while typing: what a name means, what could stand here, which argument comes next.

`analysis` answers from the text alone. What another file adds, the names of an
imported program, is found through the files of the workspace.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsprotocol import types

from ..analysis.help.completion import Candidate, Completion, best, completions
from ..analysis.help.descriptions import Parameters, doc_above, head_texts, signature_text
from ..analysis.help.hover import Hover, hover_at, name_at
from ..analysis.help.signatures import Callee, SignatureHelp, active, signature_at
from ..analysis.help.symbols import symbols
from ..analysis.names import programs
from ..analysis.text.cursor import arguments, cursor, is_call
from ..analysis.text.outline import outline
from .documents import Document
from .explanations import explained, remark

if TYPE_CHECKING:
    from .server import Server

TRIGGERS = [".", "/"]
KINDS = {
    "function": types.CompletionItemKind.Function,
    "builtin": types.CompletionItemKind.Function,
    "variable": types.CompletionItemKind.Variable,
    "parameter": types.CompletionItemKind.Variable,
    "member": types.CompletionItemKind.Field,
    "argument": types.CompletionItemKind.Property,
    "keyword": types.CompletionItemKind.Keyword,
    "module": types.CompletionItemKind.Module,
    "file": types.CompletionItemKind.File,
    "folder": types.CompletionItemKind.Folder,
}


# ── hover ────────────────────────────────────────────────────────────────────


def hover(server: Server, document: Document, params: types.HoverParams) -> types.Hover | None:
    offset = document.positions.offset(params.position)
    found = hover_at(document.text, offset, {}) or imported_hover(server, document, offset)
    if found is None:
        return None
    can = server.client_capabilities.text_document
    formats = can.hover.content_format if can and can.hover and can.hover.content_format else []
    kind = types.MarkupKind.Markdown if types.MarkupKind.Markdown in formats else types.MarkupKind.PlainText
    text = explained(document, found, kind is types.MarkupKind.Markdown)
    return types.Hover(types.MarkupContent(kind, text), document.positions.range(found.start, found.end))


def imported_hover(server: Server, document: Document, offset: int) -> Hover | None:
    """About `f` in `utils.f`: what is said of it where it is bound."""
    place = programs.definition(server.files, document.name, offset)
    if place is None or place.path == document.name:
        return None
    seen = outline(document.text)
    i = name_at(seen, offset)
    there = hover_at(server.files.text(place.path) or "", place.start, {})
    if i is None or there is None:
        return None
    return Hover(seen.lexemes[i].start, seen.lexemes[i].end, f"{there.text} of {os.path.basename(place.path)}")


# ── completion ───────────────────────────────────────────────────────────────


def completion(server: Server, document: Document, params: types.CompletionParams) -> types.CompletionList:
    offset = document.positions.offset(params.position)
    is_asked = params.context is None or params.context.trigger_kind == types.CompletionTriggerKind.Invoked
    found = imported_names(server, document, offset)
    if found is None:
        found = completions(document.text, offset, {}, document.folder, is_asked)
    seen = {o.name: remark(o) for o in document.seen.observations}
    items = [
        types.CompletionItem(
            label=c.display,
            kind=KINDS.get(c.kind),
            detail=c.detail or seen.get(c.text),
            sort_text=f"{i:04}",  # editors would sort by letters
            filter_text=c.text,
            text_edit=types.TextEdit(document.positions.range(c.start, offset), c.text),
        )
        for i, c in enumerate(found)
    ]
    return types.CompletionList(is_incomplete=True, items=items)  # what is offered hangs on the word


def imported_names(server: Server, document: Document, offset: int) -> list[Completion] | None:
    """What may stand behind the dot of `utils.`; None where it is no imported file."""
    seen = outline(document.text)
    at = cursor(seen, offset)
    if at.place != "code" or at.before < 1 or seen.lexemes[at.before].kind != "DOT":
        return None
    known = programs.Programs(server.files)
    owner = known.at(document.name, seen.lexemes[at.before - 1].start)
    file = None if owner is None else known.file_of(owner[1].path, owner[1].key)
    text = None if file is None else server.files.text(file)
    if text is None:
        return None
    return best(at, [Candidate(0, s.name, s.kind, s.detail) for s in symbols(text)])


# ── signatures ───────────────────────────────────────────────────────────────


def signature_help(server: Server, document: Document, params: types.SignatureHelpParams) -> types.SignatureHelp | None:
    offset = document.positions.offset(params.position)
    found = signature_at(document.text, offset, {}) or imported_signature(server, document, offset)
    if found is None:
        return None
    said = types.SignatureInformation(
        label=signature_text(found.name, Parameters(found.parameters, 0)),
        documentation=found.doc or None,
        parameters=[types.ParameterInformation(label=text) for text in found.parameters],
    )
    beyond = len(found.parameters)  # what no parameter has, marks none
    return types.SignatureHelp([said], 0, beyond if found.active is None else found.active)


def imported_signature(server: Server, document: Document, offset: int) -> SignatureHelp | None:
    """Of `utils.f(`, from the head of its definition."""
    seen = outline(document.text)
    at = cursor(seen, offset)
    calls = [i for i in at.opened if is_call(seen, i)]
    place = None
    if calls:
        place = programs.definition(server.files, document.name, seen.lexemes[calls[-1] - 1].start)
    if place is None or place.path == document.name:
        return None
    there = outline(server.files.text(place.path) or "")
    name = there.text[place.start : place.end]
    binding = there.scopes[0].bindings.get(name)
    if binding is None or binding.head is None:
        return None
    texts = head_texts(there, binding.head[0])
    doc = doc_above(there, binding.at).partition("\n")[0]
    called = Callee(name, Parameters(texts, len(texts)), 0, doc)
    return SignatureHelp(name, texts, active(called, arguments(seen, calls[-1], at)), doc)
