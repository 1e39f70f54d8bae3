"""What changes the text: formatting and mending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from lsprotocol import types

from ..analysis.mistakes.actions import Action, actions
from ..diagnostics import GradlangError
from ..formatting import formatted
from .documents import Document
from .messages import is_here, message
from .positions import Positions

if TYPE_CHECKING:
    from .server import Server


Change: TypeAlias = tuple[int, int, str]  # a text in place of `[start, end)`


def workspace_edit(server: Server, changes: Mapping[str, Sequence[Change]]) -> types.WorkspaceEdit:
    """Changes by path, for the versions that are open; files that are not open have none."""
    workspace = server.client_capabilities.workspace
    edits = {path: text_edits(server.files.positions(path), found) for path, found in changes.items() if found}
    if not (workspace and workspace.workspace_edit and workspace.workspace_edit.document_changes):
        return types.WorkspaceEdit(changes={server.files.uri(path): found for path, found in edits.items()})
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(server.files.uri(path), server.files.version(path)), found
            )
            for path, found in edits.items()
        ]
    )


def text_edits(positions: Positions, changes: Sequence[Change]) -> list[types.TextEdit]:
    return [types.TextEdit(positions.range(start, end), text) for start, end, text in changes]


# ── formatting ───────────────────────────────────────────────────────────────


def formatting(server: Server, document: Document, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
    return text_edits(document.positions, changes(document))


def range_formatting(
    server: Server, document: Document, params: types.DocumentRangeFormattingParams
) -> list[types.TextEdit]:
    """What formatting changes in the statements that the range touches."""
    start, end = document.positions.offsets(params.range)
    for statement in document.findings.module.body:
        if statement.span.start < end and start < statement.span.end:
            start, end = min(start, statement.span.start), max(end, statement.span.end)
    return text_edits(document.positions, [c for c in changes(document) if touch(c[:2], (start, end))])


def touch(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether two stretches have a place in common; an empty one is a place."""
    return a[0] < max(b[1], b[0] + 1) and b[0] < max(a[1], a[0] + 1)


def changes(document: Document) -> list[Change]:
    """The stretches that formatting replaces, whole lines each; none in a program that cannot be read.

    How lines end is the editor's affair: in a text with CR LF they keep it.
    """
    try:
        text = formatted(document.source)
    except GradlangError:
        return []
    return differences(document.text, text.replace("\n", "\r\n") if "\r\n" in document.text else text)


def differences(before: str, after: str) -> list[Change]:
    """Edits that turn one text into the other, line by line where as many lines replace others."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    ends = [0]
    for line in old:
        ends.append(ends[-1] + len(line))
    found = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        if j - i == m - k:
            found += [(ends[i + n], ends[i + n + 1], new[k + n]) for n in range(j - i)]
        else:
            found.append((ends[i], ends[j], "".join(new[k:m])))
    return found


# ── mending ──────────────────────────────────────────────────────────────────


def code_actions(server: Server, document: Document, params: types.CodeActionParams) -> list[types.CodeAction]:
    start, end = document.positions.offsets(params.range)
    mine = [d for d in document.diagnostics if is_here(document, d.span)]
    wanted = [str(getattr(kind, "value", kind)) for kind in params.context.only or []]
    return [
        code_action(server, document, action)
        for action in actions(document.source, mine, start, end, document.findings.module)
        if not wanted or any(f"{action.kind}.".startswith(f"{kind}.") for kind in wanted)
    ]


def code_action(server: Server, document: Document, action: Action) -> types.CodeAction:
    return types.CodeAction(
        title=action.title,
        kind=types.CodeActionKind(action.kind),
        diagnostics=[message(document, action.diagnostic)] if action.diagnostic is not None else None,
        is_preferred=True if action.diagnostic is not None and action.is_safe else None,
        edit=workspace_edit(server, {document.name: action.edits}),
    )
