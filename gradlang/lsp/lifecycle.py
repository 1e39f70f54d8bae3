"""The session around the documents: how it starts, settings, files that change under it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from lsprotocol import types

if TYPE_CHECKING:
    from .server import Server

WATCHED = "**/*.grad"
SECTION = "gradlang"


def initialize(server: Server, params: types.InitializeParams) -> None:
    server.begin()
    folders = [folder.uri for folder in params.workspace_folders or []]
    server.files.change_folders(folders or [uri for uri in [params.root_uri] if uri], [])
    server.settings.read(params.initialization_options)


def initialized(server: Server, params: types.InitializedParams) -> None:
    server.checking.start()
    wanted = list(registrations(server.client_capabilities.workspace))
    if wanted:
        server.client_register_capability(types.RegistrationParams(wanted))
    ask_settings(server)


def registrations(workspace: types.WorkspaceClientCapabilities | None) -> Iterator[types.Registration]:
    """What the editor is to tell, as far as it can be asked to: changes of files and of settings."""
    watching = workspace.did_change_watched_files if workspace else None
    if watching and watching.dynamic_registration:
        files = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(WATCHED)])
        yield types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, files)
    changing = workspace.did_change_configuration if workspace else None
    if changing and changing.dynamic_registration:
        settings = types.DidChangeConfigurationRegistrationOptions(SECTION)
        yield types.Registration("settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, settings)


def configuration_changed(server: Server, params: types.DidChangeConfigurationParams) -> None:
    """Editors either send the settings or want to be asked for them."""
    if params.settings:
        apply(server, params.settings)
    else:
        ask_settings(server)


def ask_settings(server: Server) -> None:
    workspace = server.client_capabilities.workspace
    if workspace and workspace.configuration:
        wanted = types.ConfigurationParams([types.ConfigurationItem(section=SECTION)])
        answer = server.workspace_configuration(wanted)
        answer.add_done_callback(lambda done: server.attempt(settings_arrived, server, done))


def settings_arrived(server: Server, answer: Future[Sequence[Any]]) -> None:
    if not answer.cancelled() and answer.exception() is None and answer.result():
        apply(server, answer.result()[0])


def apply(server: Server, settings: Any) -> None:
    if server.settings.read(settings):
        server.refresh_hints()


def saved(server: Server, params: types.DidSaveTextDocumentParams) -> None:
    check_others(server, {params.text_document.uri})


def files_changed(server: Server, params: types.DidChangeWatchedFilesParams) -> None:
    server.files.forget()
    check_others(server, set())


def folders_changed(server: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    event = params.event
    server.files.change_folders([f.uri for f in event.added], [f.uri for f in event.removed])


def check_others(server: Server, known: set[str]) -> None:
    """What a program does may hang on any file that it imports, and on those that they import."""
    for document in server.documents:
        if document.uri not in known and document.has_imports:
            server.checking.soon(document)
