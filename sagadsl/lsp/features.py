"""What an editor can ask for: each request of the protocol, and where its answer comes from."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.language.formatting import CannotFormatError, formatted
from sagadsl.lsp import answers, navigation
from sagadsl.lsp.completion import complete
from sagadsl.lsp.hover import hover
from sagadsl.lsp.outline import outline
from sagadsl.lsp.positions import Span
from sagadsl.lsp.server import SagaServer

_REQUEST_FAILED = -32803  # of the protocol: the request could not be carried out, and the message is for people
_TRIGGERS = [".", "{", " "]
_WATCHED = "**/*.{yaml,yml}"


def serve() -> None:
    """Serve the editor at the other end of standard input and output, until it says that it is done."""
    from importlib.metadata import version  # noqa: PLC0415  needed here alone

    logging.basicConfig(level=logging.WARNING)  # on standard error, which editors show as the server's log
    build(version("sagadsl")).start_io()


def build(version: str) -> SagaServer:
    """Return a server that answers to everything below."""
    server = SagaServer(version)
    for method, (handler, options) in _FEATURES.items():
        server.feature(method, options)(handler)
    return server


def _initialized(server: SagaServer, _: types.InitializedParams) -> None:
    for folder in server.workspace.folders or ([server.workspace.root_uri] if server.workspace.root_uri else []):
        server.add_folder(folder)
    for path in server.sagas.opened:
        server.check_soon(path)
    capabilities = server.client_capabilities.workspace
    watching = capabilities.did_change_watched_files if capabilities else None
    if watching and watching.dynamic_registration:
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(_WATCHED)])
        registration = types.Registration("watch", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        server.client_register_capability(types.RegistrationParams([registration]))


def _opened(server: SagaServer, params: types.DidOpenTextDocumentParams) -> None:
    server.opened(params.text_document)


def _changed(server: SagaServer, params: types.DidChangeTextDocumentParams) -> None:
    server.changed(params)


def _closed(server: SagaServer, params: types.DidCloseTextDocumentParams) -> None:
    server.closed(params.text_document.uri)


def _changed_on_disk(server: SagaServer, params: types.DidChangeWatchedFilesParams) -> None:
    for change in params.changes:
        server.changed_on_disk(change.uri)


def _folders_changed(server: SagaServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    for folder in params.event.added:
        server.add_folder(folder.uri)
    for folder in params.event.removed:
        server.remove_folder(folder.uri)


def _completion(server: SagaServer, params: types.CompletionParams) -> types.CompletionList:
    path = server.path(params.text_document.uri)
    text, offset = server.sagas.text(path) or "", server.offset(path, params.position)
    suggestions = complete(text, offset, path, server.sagas.around(path))
    return answers.completions(suggestions, server.positions(path))


def _hover(server: SagaServer, params: types.HoverParams) -> types.Hover | None:
    path = server.path(params.text_document.uri)
    offset = server.offset(path, params.position)
    found = hover(server.sagas.view(path), offset, server.sagas.around(path))
    if found is None:
        return None
    return types.Hover(answers.markdown(found.text), answers.range_of(found.span, server.positions(path)))


def _definition(server: SagaServer, params: types.DefinitionParams) -> types.Location | None:
    path = server.path(params.text_document.uri)
    view, offset = server.sagas.view(path), server.offset(path, params.position)
    span = navigation.definition_of(view, offset)
    if span is not None:
        return _location(server, path, span)
    saga = navigation.saga_at(view, offset)
    other = server.sagas.file_of(saga) if saga else None
    return _location(server, other, navigation.name_of(server.sagas.view(other))) if other else None


def _references(server: SagaServer, params: types.ReferenceParams) -> list[types.Location]:
    path = server.path(params.text_document.uri)
    offset = server.offset(path, params.position)
    found = navigation.references_to(server.sagas.view(path), offset, params.context.include_declaration)
    return [_location(server, path, span) for span in found]


def _location(server: SagaServer, path: str, span: Span) -> types.Location:
    return types.Location(server.uri(path), answers.range_of(span, server.positions(path)))


def _prepare_rename(server: SagaServer, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder:
    path = server.path(params.text_document.uri)
    try:
        found = navigation.renamed_at(server.sagas.view(path), server.offset(path, params.position))
    except navigation.CannotRenameError as error:
        raise JsonRpcException(str(error), _REQUEST_FAILED) from None
    return types.PrepareRenamePlaceholder(answers.range_of(found.span, server.positions(path)), found.state)


def _rename(server: SagaServer, params: types.RenameParams) -> types.WorkspaceEdit:
    path = server.path(params.text_document.uri)
    offset = server.offset(path, params.position)
    try:
        edits = navigation.rename(server.sagas.view(path), offset, params.new_name)
    except navigation.CannotRenameError as error:
        raise JsonRpcException(str(error), _REQUEST_FAILED) from None
    positions = server.positions(path)
    changes = [types.TextEdit(answers.range_of(edit.span, positions), edit.text) for edit in edits]
    return types.WorkspaceEdit({server.uri(path): changes})


def _symbols(server: SagaServer, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    path = server.path(params.text_document.uri)
    return answers.symbols(outline(server.sagas.view(path)), server.positions(path))


def _formatting(server: SagaServer, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
    path = server.path(params.text_document.uri)
    text = server.sagas.text(path) or ""
    try:
        result = formatted(text, path)
    except DefinitionError:
        raise JsonRpcException("this text is not YAML at the moment; mend its errors first", _REQUEST_FAILED) from None
    except CannotFormatError as error:
        raise JsonRpcException(str(error), _REQUEST_FAILED) from None
    everything = answers.range_of(Span(0, len(text)), server.positions(path))
    return [] if result == text else [types.TextEdit(everything, result)]


_FEATURES: dict[str, tuple[Callable[..., Any], Any]] = {
    types.INITIALIZED: (_initialized, None),
    types.TEXT_DOCUMENT_DID_OPEN: (_opened, None),
    types.TEXT_DOCUMENT_DID_CHANGE: (_changed, None),
    types.TEXT_DOCUMENT_DID_CLOSE: (_closed, None),
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: (_changed_on_disk, None),
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: (_folders_changed, None),
    types.TEXT_DOCUMENT_COMPLETION: (_completion, types.CompletionOptions(trigger_characters=_TRIGGERS)),
    types.TEXT_DOCUMENT_HOVER: (_hover, None),
    types.TEXT_DOCUMENT_DEFINITION: (_definition, None),
    types.TEXT_DOCUMENT_REFERENCES: (_references, None),
    types.TEXT_DOCUMENT_PREPARE_RENAME: (_prepare_rename, None),
    types.TEXT_DOCUMENT_RENAME: (_rename, types.RenameOptions(prepare_provider=True)),
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (_symbols, None),
    types.TEXT_DOCUMENT_FORMATTING: (_formatting, None),
}
"""Every message that is answered, by the protocol's name for it, with what answers and its options."""
