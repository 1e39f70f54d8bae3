"""The table of requests: which function answers each."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from .assistance import TRIGGERS, completion, hover, signature_help
from .colours import LEGEND, changed_colours, colours, colours_in_range
from .editing import code_actions, formatting, range_formatting
from .hints import code_lens, inlay_hints
from .lifecycle import configuration_changed, files_changed, folders_changed, initialize, initialized, saved
from .navigation import definition, highlights, prepare, references, rename
from .programs import run, show_graph
from .structure import document_symbols, folding_ranges, selection_ranges, workspace_symbols

CODE_ACTIONS = [
    types.CodeActionKind.QuickFix,
    types.CodeActionKind.RefactorExtract,
    types.CodeActionKind.SourceFixAll,
]
DOCUMENT_REQUESTS: dict[str, tuple[Any, Any]] = {
    types.TEXT_DOCUMENT_HOVER: (hover, None),
    types.TEXT_DOCUMENT_COMPLETION: (completion, types.CompletionOptions(trigger_characters=TRIGGERS)),
    types.TEXT_DOCUMENT_SIGNATURE_HELP: (signature_help, types.SignatureHelpOptions(["(", ","])),
    types.TEXT_DOCUMENT_DEFINITION: (definition, None),
    types.TEXT_DOCUMENT_REFERENCES: (references, None),
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: (highlights, None),
    types.TEXT_DOCUMENT_PREPARE_RENAME: (prepare, None),
    types.TEXT_DOCUMENT_RENAME: (rename, None),
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (document_symbols, None),
    types.TEXT_DOCUMENT_FOLDING_RANGE: (folding_ranges, None),
    types.TEXT_DOCUMENT_SELECTION_RANGE: (selection_ranges, None),
    types.TEXT_DOCUMENT_FORMATTING: (formatting, None),
    types.TEXT_DOCUMENT_RANGE_FORMATTING: (range_formatting, None),
    types.TEXT_DOCUMENT_CODE_ACTION: (code_actions, types.CodeActionOptions(CODE_ACTIONS)),
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL: (colours, LEGEND),
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA: (changed_colours, LEGEND),
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE: (colours_in_range, LEGEND),
    types.TEXT_DOCUMENT_INLAY_HINT: (inlay_hints, None),
    types.TEXT_DOCUMENT_CODE_LENS: (code_lens, None),
}
REQUESTS: dict[str, Any] = {types.WORKSPACE_SYMBOL: workspace_symbols}
NOTIFICATIONS: dict[str, Any] = {
    types.INITIALIZE: initialize,
    types.INITIALIZED: initialized,
    types.TEXT_DOCUMENT_DID_SAVE: saved,
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: configuration_changed,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: files_changed,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: folders_changed,
}
COMMANDS: dict[str, Any] = {"gradlang.run": run, "gradlang.showGraph": show_graph}
