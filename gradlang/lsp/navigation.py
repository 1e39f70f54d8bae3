"""From a name to the places that mean the same: definition, references, highlights, renaming."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ..analysis.names import programs
from ..analysis.names.occurrences import occurrences
from ..analysis.names.renaming import Refusal, prepare_rename, rename_plan
from .documents import Document
from .editing import workspace_edit

if TYPE_CHECKING:
    from .server import Server


def definition(server: Server, document: Document, params: types.DefinitionParams) -> types.Location | None:
    found = programs.definition(server.files, document.name, document.positions.offset(params.position))
    return None if found is None else server.files.location(found.path, found.start, found.end)


def references(server: Server, document: Document, params: types.ReferenceParams) -> list[types.Location]:
    found = programs.references(server.files, document.name, document.positions.offset(params.position))
    wanted = [place for place in found if params.context.include_declaration or not place.is_binding]
    return [server.files.location(place.path, place.start, place.end) for place in wanted]


def highlights(
    server: Server, document: Document, params: types.DocumentHighlightParams
) -> list[types.DocumentHighlight]:
    kinds = {True: types.DocumentHighlightKind.Write, False: types.DocumentHighlightKind.Read}
    found = occurrences(document.text, document.positions.offset(params.position))
    return [types.DocumentHighlight(document.positions.range(o.start, o.end), kinds[o.is_binding]) for o in found]


# ── renaming ─────────────────────────────────────────────────────────────────


def prepare(
    server: Server, document: Document, params: types.PrepareRenameParams
) -> types.PrepareRenamePlaceholder | None:
    found = prepare_rename(server.files, document.name, document.positions.offset(params.position))
    if isinstance(found, Refusal):
        raise refused(found)
    return types.PrepareRenamePlaceholder(document.positions.range(found.start, found.end), found.name)


def rename(server: Server, document: Document, params: types.RenameParams) -> types.WorkspaceEdit | None:
    """Edits in all files that name it, open or not. Raises what the editor shows to the user."""
    offset = document.positions.offset(params.position)
    plan = rename_plan(server.files, document.name, offset, params.new_name)
    if isinstance(plan, Refusal):
        raise refused(plan)
    return workspace_edit(server, {path: [edit[:3] for edit in edits] for path, edits in plan.edits.items()})


def refused(refusal: Refusal) -> JsonRpcException:
    return JsonRpcException(refusal.message, types.LSPErrorCodes.RequestFailed.value)
