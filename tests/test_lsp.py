"""The language server as an editor meets it: every request over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, client_capabilities, register_lsp_features

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATIENCE = 30.0  # seconds; nothing here should take one

LAYERS = """\
# A layer of weights.
# Its input has n_in columns.
dense(n_in, n_out=2) = {
  param W = randn(n_in, n_out)
  x -> x @ W
}
rate = 0.5
"""
TRAIN = """\
import layers

X = randn(8, 3)
layer = layers.dense(3, n_out=1)
loss = (layer(X)**2).mean() * layers.rate
backward(loss)
a = -4.0
b = 2.0
c = a * b + b**3
backward(c)
print(a.grad, loss)
"""


class Editor(LanguageClient):
    """A client that keeps count of what it is told."""

    def __init__(self) -> None:
        super().__init__(converter_factory=default_converter)
        register_lsp_features(self, {**DEFAULT_CLIENT_FEATURES, **FEATURES})
        self.published: dict[tuple[str, int | None], int] = {}
        self.refreshed = 0
        self.registered: list[types.Registration] = []
        self.folder = Path()

    async def until(self, holds: Callable[[], object], what: str) -> None:
        end = asyncio.get_running_loop().time() + PATIENCE
        while not holds():
            assert asyncio.get_running_loop().time() < end, f"no {what}; logged {self.log_messages[-3:]}"
            await asyncio.sleep(0.01)

    # ── documents ──

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def identified(self, name: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri(name))

    async def shows(self, name: str, text: str) -> list[types.Diagnostic]:
        """Opens a document anew; what is said about it after its dry run."""
        uri = self.uri(name)
        self.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
        self.published.pop((uri, 1), None)
        self.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "gradlang", 1, text)))
        return await self.settled(name, 1)

    async def settled(self, name: str, version: int) -> list[types.Diagnostic]:
        uri = self.uri(name)
        await self.until(lambda: self.published.get((uri, version), 0) >= 2, f"diagnostics of {name} {version}")
        return list(self.diagnostics[uri])

    async def edit(self, name: str, version: int, *changes: types.TextEdit) -> list[types.Diagnostic]:
        """Edits as an editor applies them: places are those before any of them."""
        backwards = sorted(changes, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True)
        parts = [types.TextDocumentContentChangePartial(e.range, e.new_text) for e in backwards]
        document = types.VersionedTextDocumentIdentifier(version, self.uri(name))
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, parts))
        return await self.settled(name, version)


def publish(client: Editor, params: types.PublishDiagnosticsParams) -> None:
    client.diagnostics[params.uri] = params.diagnostics
    at = params.uri, params.version
    client.published[at] = client.published.get(at, 0) + 1


def refresh(client: Editor, params: None) -> None:
    client.refreshed += 1


def register(client: Editor, params: types.RegistrationParams) -> None:
    client.registered += params.registrations


FEATURES = {
    types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS: publish,
    types.WORKSPACE_INLAY_HINT_REFRESH: refresh,
    types.CLIENT_REGISTER_CAPABILITY: register,
}
SERVER = ClientServerConfig(server_command=[sys.executable, "-m", "gradlang", "lsp"], client_factory=Editor)


@pytest_lsp.fixture(config=SERVER, scope="module")
async def editor(lsp_client: Editor, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[None]:
    lsp_client.folder = tmp_path_factory.mktemp("workspace")
    (lsp_client.folder / "layers.grad").write_text(LAYERS, encoding="utf-8")
    capabilities = client_capabilities("visual-studio-code")
    assert capabilities.workspace is not None
    capabilities.workspace.inlay_hint = types.InlayHintWorkspaceClientCapabilities(refresh_support=True)
    result = await lsp_client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities,
            workspace_folders=[types.WorkspaceFolder(lsp_client.folder.as_uri(), "workspace")],
        )
    )
    lsp_client.capabilities_of_server = result.capabilities
    yield
    await lsp_client.shutdown_session()
    assert [m.message for m in lsp_client.log_messages] == []


def at(text: str, part: str, offset: int = 0) -> types.Position:
    """The place of a part of a text in ASCII."""
    start = text.index(part) + offset
    return types.Position(text.count("\n", 0, start), start - (text.rfind("\n", 0, start) + 1))


def covered(text: str, r: types.Range) -> str:
    lines = text.split("\n")
    if r.start.line == r.end.line:
        return lines[r.start.line][r.start.character : r.end.character]
    middle = lines[r.start.line + 1 : r.end.line]
    return "\n".join([lines[r.start.line][r.start.character :], *middle, lines[r.end.line][: r.end.character]])


def applied(text: str, edits: Any) -> str:
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        start = starts[edit.range.start.line] + edit.range.start.character
        end = starts[edit.range.end.line] + edit.range.end.character
        text = text[:start] + edit.new_text + text[end:]
    return text


# ── one request after the other ──────────────────────────────────────────────


async def test_it_says_what_it_can_do(editor: Editor) -> None:
    can = editor.capabilities_of_server
    assert can.position_encoding == types.PositionEncodingKind.Utf16
    assert can.text_document_sync.change == types.TextDocumentSyncKind.Incremental
    await editor.until(lambda: editor.registered, "request to watch files")
    assert [r.method for r in editor.registered] == [
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        types.WORKSPACE_DID_CHANGE_CONFIGURATION,
    ]


async def test_all_mistakes_of_a_file_at_once(editor: Editor) -> None:
    text = "x = (1 + \n\ny = 2 $ 3\nz = unknwn\nw = x @\n"
    found = await editor.shows("broken.grad", text)
    assert {d.range.start.line for d in found if d.severity == types.DiagnosticSeverity.Error} >= {0, 2, 3}
    assert all(d.source == "gradlang" and d.code for d in found)


async def test_what_only_a_run_can_show(editor: Editor) -> None:
    found = await editor.shows("shapes.grad", "W = randn(2, 3)\nx = randn(4, 5)\ny = x @ W\n")
    (shapes,) = [d for d in found if d.code == "E0401"]
    assert shapes.range.start.line == 2
    assert [r.location.range.start.line for r in shapes.related_information or []] == [2, 2]


async def test_hover_on_a_builtin_shows_formula_derivative_and_example(editor: Editor) -> None:
    text = "x = tanh(0.5) + mse_loss(1, 2) + relu(3)\n"
    await editor.shows("hover.grad", text)
    said = await hover(editor, "hover.grad", at(text, "tanh"))
    assert "tanh(x)" in said and "d/dx: `1 - out**2`" in said and "tanh(0.5)  #> 0.4621" in said
    assert "mean((prediction - target)**2)" in await hover(editor, "hover.grad", at(text, "mse_loss"))
    assert "0 where x <= 0; 1 where x > 0" in await hover(editor, "hover.grad", at(text, "relu"))


async def hover(editor: Editor, name: str, position: types.Position) -> str:
    found = await editor.text_document_hover_async(types.HoverParams(editor.identified(name), position))
    assert found is not None
    assert isinstance(found.contents, types.MarkupContent)
    return found.contents.value


async def test_hover_on_names(editor: Editor) -> None:
    await editor.shows("train.grad", TRAIN)
    assert "= 0, grad" not in (said := await hover(editor, "train.grad", at(TRAIN, "a * b")))
    assert "a = -4.0" in said and "number, = -4, grad 2" in said
    said = await hover(editor, "train.grad", at(TRAIN, "dense"))
    assert "dense(n_in, n_out=2)" in said and "columns" in said and "layers.grad" in said
    nothing = types.HoverParams(editor.identified("train.grad"), types.Position(1, 0))
    assert await editor.text_document_hover_async(nothing) is None


async def test_completion(editor: Editor) -> None:
    text = TRAIN + "layers.\nX.me\nloss2 = X.sum(d\nimport l\n"
    await editor.shows("train.grad", text)

    async def offered(part: str, offset: int) -> list[str]:
        position = at(text, part, offset)
        params = types.CompletionParams(editor.identified("train.grad"), position)
        found = await editor.text_document_completion_async(params)
        assert isinstance(found, types.CompletionList)
        return [item.label for item in found.items]

    assert await offered("layers.\n", 7) == ["dense", "rate"]
    assert (await offered("X.me", 4))[0] == "mean"
    assert (await offered("sum(d", 5))[0] == "dim="
    assert "loss" in await offered("a.grad, l", 9)
    assert await offered("import l\n", 8) == ["layers"]


async def test_signatures(editor: Editor) -> None:
    text = "import layers\nf = layers.dense(3, )\nx = sum([1], dim=)\n"
    await editor.shows("signatures.grad", text)

    async def shown(part: str, offset: int) -> tuple[str, int | None]:
        params = types.SignatureHelpParams(editor.identified("signatures.grad"), at(text, part, offset))
        found = await editor.text_document_signature_help_async(params)
        assert found is not None
        return found.signatures[0].label, found.active_parameter

    assert await shown("dense(3, ", 9) == ("dense(n_in, n_out=2)", 1)
    assert await shown("dim=", 4) == ("sum(x, dim=none, keepdim=false)", 1)


async def test_from_names_to_places(editor: Editor) -> None:
    await editor.shows("train.grad", TRAIN)
    here = editor.identified("train.grad")
    place = await editor.text_document_definition_async(types.DefinitionParams(here, at(TRAIN, "dense")))
    assert isinstance(place, types.Location)
    assert (place.uri, place.range.start.line) == (editor.uri("layers.grad"), 2)
    both = types.ReferenceParams(types.ReferenceContext(True), here, at(TRAIN, "rate"))
    found = await editor.text_document_references_async(both)
    assert {(r.uri, r.range.start.line) for r in found or []} == {
        (editor.uri("train.grad"), 4),
        (editor.uri("layers.grad"), 6),
    }
    marked = await editor.text_document_document_highlight_async(
        types.DocumentHighlightParams(here, at(TRAIN, "loss)"))
    )
    assert [m.range.start.line for m in marked or []] == [4, 5, 10]
    assert marked and marked[0].kind == types.DocumentHighlightKind.Write


async def test_rename_across_an_import(editor: Editor) -> None:
    await editor.shows("train.grad", TRAIN)
    here = editor.identified("train.grad")
    prepared = await editor.text_document_prepare_rename_async(types.PrepareRenameParams(here, at(TRAIN, "n_out")))
    assert isinstance(prepared, types.PrepareRenamePlaceholder) and prepared.placeholder == "n_out"
    edit = await editor.text_document_rename_async(types.RenameParams(here, at(TRAIN, "n_out"), "width"))
    assert edit is not None and edit.document_changes is not None
    changes = {c.text_document.uri: c for c in edit.document_changes if isinstance(c, types.TextDocumentEdit)}
    assert changes[editor.uri("train.grad")].text_document.version == 1
    assert applied(TRAIN, changes[editor.uri("train.grad")].edits) == TRAIN.replace("n_out", "width")
    assert changes[editor.uri("layers.grad")].text_document.version is None
    assert applied(LAYERS, changes[editor.uri("layers.grad")].edits) == LAYERS.replace("n_out", "width")
    for part, new in [("randn", "noise"), ("loss", "2x"), ("loss", "X")]:
        with pytest.raises(Exception, match="builtin|not a name|taken"):
            await editor.text_document_rename_async(types.RenameParams(here, at(TRAIN, part), new))


async def test_symbols(editor: Editor) -> None:
    await editor.shows("train.grad", TRAIN)
    found = await editor.text_document_document_symbol_async(
        types.DocumentSymbolParams(editor.identified("train.grad"))
    )
    assert [s.name for s in found or []] == ["layers", "X", "layer", "loss", "a", "b", "c"]
    everywhere = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("dens"))
    assert [(s.name, s.location.uri) for s in everywhere or []] == [("dense", editor.uri("layers.grad"))]


async def test_folding_and_selections(editor: Editor) -> None:
    await editor.shows("layers.grad", LAYERS)
    here = editor.identified("layers.grad")
    folds = await editor.text_document_folding_range_async(types.FoldingRangeParams(here))
    assert [(f.start_line, f.end_line, f.kind) for f in folds or []] == [
        (0, 1, types.FoldingRangeKind.Comment),
        (2, 4, types.FoldingRangeKind.Region),
    ]
    grown = await editor.text_document_selection_range_async(types.SelectionRangeParams(here, [at(LAYERS, "W\n")]))
    assert grown
    texts, step = [], grown[0]
    while step:
        texts.append(covered(LAYERS, step.range))
        step = step.parent
    assert texts[:3] == ["W", "x @ W", "x -> x @ W"] and texts[-1] == LAYERS


async def test_formatting(editor: Editor) -> None:
    text = "a=1\nb  =  2 # two\nf(x)={x+1}\nc=3\n"
    options = types.FormattingOptions(2, True)
    await editor.shows("format.grad", text)
    here = editor.identified("format.grad")
    edits = await editor.text_document_formatting_async(types.DocumentFormattingParams(here, options))
    assert applied(text, edits or []) == "a = 1\nb = 2 # two\nf(x) = { x + 1 }\nc = 3\n".replace(" # two", "  # two")
    part = types.Range(at(text, "f(x)"), at(text, "f(x)"))
    edits = await editor.text_document_range_formatting_async(types.DocumentRangeFormattingParams(here, part, options))
    assert applied(text, edits or []) == text.replace("f(x)={x+1}", "f(x) = { x + 1 }")
    await editor.shows("format.grad", "a = 1\r\nb=2\r\n")
    (edit,) = await editor.text_document_formatting_async(types.DocumentFormattingParams(here, options)) or []
    assert (edit.range.start.line, edit.range.end.line, edit.new_text) == (1, 2, "b = 2\r\n")
    await editor.shows("format.grad", "a=(1\n")
    assert not await editor.text_document_formatting_async(types.DocumentFormattingParams(here, options))


async def hints(editor: Editor, name: str, text: str) -> list[tuple[int, str]]:
    everything = types.Range(types.Position(0, 0), types.Position(text.count("\n"), 0))
    found = await editor.text_document_inlay_hint_async(types.InlayHintParams(editor.identified(name), everything))
    return [(h.position.line, str(h.label)) for h in found or []]


async def test_hints_show_shapes_values_and_gradients(editor: Editor) -> None:
    before = editor.refreshed
    await editor.shows("train.grad", TRAIN)
    found = await hints(editor, "train.grad", TRAIN)
    assert (2, "[8, 3]") in found
    assert (6, "grad 2") in found  # the line itself says -4
    assert (8, "= 0  grad 1") in found
    await editor.until(lambda: editor.refreshed > before, "request to ask for hints again")
    for name, lost in [("shapes", (2, "[8, 3]")), ("gradients", (6, "grad 2")), ("values", (8, "= 0  grad 1"))]:
        for is_on in (False, True):
            editor.workspace_did_change_configuration(
                types.DidChangeConfigurationParams({"gradlang": {"inlayHints": {name: is_on}}})
            )
            assert (lost in await hints(editor, "train.grad", TRAIN)) is is_on
    for is_on in (False, True):  # an editor that wants to be asked
        before = editor.refreshed
        editor.set_configuration({"gradlang": {"inlayHints": {"shapes": is_on}}})
        editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
        await editor.until(lambda before=before: editor.refreshed > before, "request to ask for hints again")
        assert ((2, "[8, 3]") in await hints(editor, "train.grad", TRAIN)) is is_on


async def test_loops_that_were_cut_short_show_no_final_values(editor: Editor) -> None:
    text = "x = 1.5\nfor i in range(1000) {\n  x = x * 1.001\n}\nfor j in range(2) { y = j + 1 }\n"
    await editor.shows("loops.grad", text)
    found = dict(await hints(editor, "loops.grad", text))
    assert found[2].endswith("…")


async def test_code_lenses_run_the_program(editor: Editor) -> None:
    text = "x = 3.0\ny = x**2\nprint(y)\nbackward(y)\n"
    await editor.shows("lens.grad", text)
    lenses = await editor.text_document_code_lens_async(types.CodeLensParams(editor.identified("lens.grad")))
    commands = [lens.command for lens in lenses or [] if lens.command]
    assert [c.title for c in commands] == ["Run", "Show graph"]
    results = [
        await editor.workspace_execute_command_async(types.ExecuteCommandParams(c.command, c.arguments))
        for c in commands
    ]
    assert results[0] == {"output": "9\n", "exitCode": 0}
    assert results[1]["dot"].startswith("digraph")


async def test_imported_files_are_watched(editor: Editor) -> None:
    text = "import steady\nx = [1, 2] @ steady.v\n"
    path = editor.folder / "steady.grad"
    path.write_text("v = [1, 2]\n", encoding="utf-8")
    assert not [d for d in await editor.shows("watch.grad", text) if d.severity == types.DiagnosticSeverity.Error]
    path.write_text("v = [1, 2, 3]\n", encoding="utf-8")
    event = types.FileEvent(path.as_uri(), types.FileChangeType.Changed)
    editor.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await editor.until(lambda: [d.code for d in editor.diagnostics[editor.uri("watch.grad")]] == ["E0401"], "news")
    path.unlink()


async def test_an_imported_file_counts_as_it_stands_in_the_editor(editor: Editor) -> None:
    path = editor.folder / "fresh.grad"
    path.write_text("v = [1, 2, 3]\n", encoding="utf-8")
    await editor.shows("user.grad", "import fresh\nx = [1, 2] @ fresh.v\n")
    await editor.shows("fresh.grad", "v = [1, 2]\n")  # on the disk it is the old one
    await editor.until(lambda: not editor.diagnostics[editor.uri("user.grad")], "mended import")
    for name in ("user.grad", "fresh.grad"):
        editor.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(editor.uri(name))))
    path.unlink()


async def test_several_workspace_folders(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.grad").write_text("faraway(x) = x\n", encoding="utf-8")
    folder = types.WorkspaceFolder(tmp_path.as_uri(), "second")

    async def known() -> list[str]:
        found = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("faraway"))
        return [s.name for s in found or []]

    for added, removed, expected in [([folder], [], ["faraway"]), ([], [folder], [])]:
        event = types.WorkspaceFoldersChangeEvent(added, removed)
        editor.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
        assert await known() == expected


async def actions(editor: Editor, name: str, place: types.Range, *only: types.CodeActionKind) -> list[types.CodeAction]:
    context = types.CodeActionContext([], only=list(only) or None)
    params = types.CodeActionParams(editor.identified(name), place, context)
    found = await editor.text_document_code_action_async(params)
    return [action for action in found or [] if isinstance(action, types.CodeAction)]


def edits_of(action: types.CodeAction) -> list[types.TextEdit]:
    assert action.edit is not None and action.edit.document_changes is not None
    (change,) = action.edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    return [edit for edit in change.edits if isinstance(edit, types.TextEdit)]


async def test_code_actions(editor: Editor) -> None:
    text = "width = 2\ny = widht + 1\nz = y * (y + width)\nprint(z)\n"
    (mistake,) = await editor.shows("actions.grad", text)
    (mend, *_) = await actions(editor, "actions.grad", mistake.range, types.CodeActionKind.QuickFix)
    assert list(mend.diagnostics or []) == [mistake]
    assert applied(text, edits_of(mend)) == text.replace("widht", "width")
    part = types.Range(at(text, "y + width"), at(text, ")\nprint"))
    (name,) = await actions(editor, "actions.grad", part, types.CodeActionKind.Refactor)
    assert name.kind == types.CodeActionKind.RefactorExtract
    assert "y + width" in applied(text, edits_of(name))


async def test_colours(editor: Editor) -> None:
    text = 'param w = 1.0  # 😋 here\nname = "😋" + str(w)\nf(x) = x * w\n'
    await editor.shows("colours.grad", text)
    here = editor.identified("colours.grad")
    full = await editor.text_document_semantic_tokens_full_async(types.SemanticTokensParams(here))
    assert full is not None
    legend = editor.capabilities_of_server.semantic_tokens_provider.legend
    seen, line, column = [], 0, 0
    for i in range(0, len(full.data), 5):
        down, right, length, kind, bits = full.data[i : i + 5]
        line, column = line + down, right if down else column + right
        units = text.split("\n")[line].encode("utf-16-le")[2 * column : 2 * (column + length)]
        modifiers = [name for k, name in enumerate(legend.token_modifiers) if bits >> k & 1]
        seen.append((units.decode("utf-16-le"), legend.token_types[kind], *modifiers))
    assert seen[:2] == [("param", "keyword"), ("w", "variable", "declaration", "trained")]
    assert ("# 😋 here", "comment") in seen and ('"😋"', "string") in seen
    assert ("str", "function", "defaultLibrary") in seen and ("x", "parameter", "declaration") in seen
    third = types.Range(types.Position(2, 0), types.Position(3, 0))
    part = await editor.text_document_semantic_tokens_range_async(types.SemanticTokensRangeParams(here, third))
    assert part is not None and part.data[0] == 2 and len(part.data) == 5 * 6
    await editor.edit("colours.grad", 2, types.TextEdit(types.Range(at(text, "1.0"), at(text, "  #")), "sum(2)"))
    delta = await editor.text_document_semantic_tokens_full_delta_async(
        types.SemanticTokensDeltaParams(here, full.result_id or "")
    )
    assert isinstance(delta, types.SemanticTokensDelta)
    data = list(full.data)
    for edit in delta.edits:
        data[edit.start : edit.start + edit.delete_count] = edit.data or []
    fresh = await editor.text_document_semantic_tokens_full_async(types.SemanticTokensParams(here))
    assert fresh is not None and data == list(fresh.data)


# ── one session ──────────────────────────────────────────────────────────────


async def test_a_broken_program_is_mended_renamed_and_formatted_until_numbers_appear(editor: Editor) -> None:
    text = """\
import layers
import numpy as np

X=randn(8,3)
layer = layers.dense(3, n_out=1)
loss = (laier(X) ^ 2).mean() * layers.rate
backward(loss)
"""
    name, version = "story.grad", 1
    found = await editor.shows(name, text)
    assert {d.code for d in found} == {"E0107", "E0605"}
    assert not [label for _, label in await hints(editor, name, text) if "=" in label]
    while found := [d for d in found if d.severity == types.DiagnosticSeverity.Error]:  # mended one after the other
        offered = await actions(editor, name, found[0].range, types.CodeActionKind.QuickFix)
        changes = (
            edits_of(offered[0])
            if offered
            else [types.TextEdit(types.Range(types.Position(1, 0), types.Position(2, 0)), "")]  # an import of Python
        )
        text, version = applied(text, changes), version + 1
        found = await editor.edit(name, version, *changes)
        assert version < 9
    assert "(layer(X) ** 2)" in text and "numpy" not in text

    here = editor.identified(name)
    await editor.shows("layers.grad", LAYERS)
    plan = await editor.text_document_rename_async(types.RenameParams(here, at(text, "n_out"), "width"))
    assert plan is not None and plan.document_changes is not None
    for change in plan.document_changes:
        assert isinstance(change, types.TextDocumentEdit)
        edits = [edit for edit in change.edits if isinstance(edit, types.TextEdit)]
        if change.text_document.uri == here.uri:
            text, version = applied(text, edits), version + 1
            await editor.edit(name, version, *edits)
        elif change.text_document.uri == editor.uri("layers.grad"):
            assert change.text_document.version == 1
            renamed = applied(LAYERS, edits)
            await editor.edit("layers.grad", 2, *edits)
    (editor.folder / "layers.grad").write_text(renamed, encoding="utf-8")
    editor.text_document_did_save(types.DidSaveTextDocumentParams(editor.identified("layers.grad")))
    assert "dense(3, width=1)" in text

    options = types.FormattingOptions(2, True)
    changes = list(await editor.text_document_formatting_async(types.DocumentFormattingParams(here, options)) or [])
    text, version = applied(text, changes), version + 1
    assert await editor.edit(name, version, *changes) == []
    assert "X = randn(8, 3)" in text
    shown = await hints(editor, name, text)
    assert (2, "[8, 3]") in shown
    assert any(label.startswith("= ") and "grad 1" in label for _, label in shown)
    (editor.folder / "layers.grad").write_text(LAYERS, encoding="utf-8")
