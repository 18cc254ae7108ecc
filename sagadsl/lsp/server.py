"""The server itself: takes in what the editor says of its documents, and tells it what is wrong with them.

Positions are the editor's here and offsets everywhere else. Texts are kept in the workspace and not in pygls, which
ends lines at more characters than the protocol does. Checks run in a thread, one at a time, a moment after the last
keystroke; everything else is answered at once, from the text as it is.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method

from sagadsl.lsp import answers
from sagadsl.lsp.positions import Encoding, Position, Positions, edited
from sagadsl.lsp.workspace import Workspace, read_file, read_folder

DELAY = 0.15
"""Seconds between the last keystroke and a check."""

SAGA_LANGUAGES = frozenset({"saga", "sagadsl"})
"""What an editor calls the language of a text that is surely a saga, whatever it looks like."""

_log = logging.getLogger(__name__)


class _Protocol(LanguageServerProtocol):
    """Leaves the keeping of texts to us."""

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Any:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Any:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Any:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None


class SagaServer(LanguageServer):
    """One editor's server."""

    def __init__(self, version: str) -> None:
        super().__init__("sagadsl", version, protocol_cls=_Protocol, max_workers=2)
        self.sagas = Workspace()
        self._versions: dict[str, int] = {}
        self._uris: dict[str, str] = {}
        self._waiting: set[str] = set()
        self._changed = asyncio.Event()
        self._checking: asyncio.Task[None] | None = None

    @property
    def encoding(self) -> Encoding:
        """What the editor counts within a line; pygls has agreed on it."""
        agreed = str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding))
        return agreed if agreed in ("utf-8", "utf-32") else "utf-16"  # type: ignore[return-value]  # one of the three

    def path(self, uri: str) -> str:
        """Return what the workspace calls the document: its path, or its address if it is no file."""
        path = uris.to_fs_path(uri) or uri
        self._uris.setdefault(path, uri)
        return path

    def uri(self, path: str) -> str:
        """Return the address of a document, as the editor has it if it has told."""
        return self._uris.get(path) or uris.from_fs_path(path) or path

    def positions(self, path: str) -> Positions:
        """Return the positions in a document's text."""
        return Positions(self.sagas.text(path) or "", self.encoding)

    def offset(self, path: str, position: types.Position) -> int:
        """Return the offset of the editor's position in a document."""
        return self.positions(path).offset(Position(position.line, position.character))

    def add_folder(self, uri: str) -> None:
        """Read the files of a folder of the workspace."""
        folder = uris.to_fs_path(uri)
        if folder is not None:
            self.sagas.add_folder(folder, dict(read_folder(folder)))

    def remove_folder(self, uri: str) -> None:
        """Forget the files of a folder that is no longer part of the workspace."""
        folder = uris.to_fs_path(uri)
        if folder in self.sagas.folders:
            self.sagas.remove_folder(folder)

    def opened(self, document: types.TextDocumentItem) -> None:
        """Take a document that the editor has opened."""
        path = self.path(document.uri)
        self._versions[path] = document.version
        self.sagas.open(path, document.text, surely=document.language_id in SAGA_LANGUAGES)
        self.check_soon(path)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        """Take what has been typed."""
        path = self.path(params.text_document.uri)
        text = self.sagas.text(path) or ""
        for change in params.content_changes:
            text = self._after(text, change)
        self._versions[path] = params.text_document.version
        self.check_soon(path)  # what was connected with it before, and below what is now
        self.sagas.change(path, text)
        self.check_soon(path)

    def _after(self, text: str, change: types.TextDocumentContentChangeEvent) -> str:
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            return change.text
        start, end = change.range.start, change.range.end
        first, last = Position(start.line, start.character), Position(end.line, end.character)
        return edited(text, first, last, change.text, self.encoding)

    def closed(self, uri: str) -> None:
        """Forget a document that the editor has closed, and what was said of it."""
        path = self.path(uri)
        self.check_soon(path)
        self.sagas.close(path)
        self.sagas.put(path, read_file(path))
        self.check_soon(path)
        self._versions.pop(path, None)
        self._publish(path, [])

    def changed_on_disk(self, uri: str) -> None:
        """Read a file again that something else than the editor has written or deleted."""
        path = self.path(uri)
        self.check_soon(path)
        self.sagas.put(path, read_file(path))
        self.check_soon(path)

    def check_soon(self, path: str) -> None:
        """Have a file checked, and what is connected with it, when nobody has typed for a moment."""
        self._waiting.update([path, *self.sagas.related(path)])
        if path == self.sagas.catalogue_path():
            self._waiting.update(self.sagas.opened)
        self._changed.set()
        if self._checking is None:
            self._checking = asyncio.get_running_loop().create_task(self._keep_checking())

    async def _keep_checking(self) -> None:
        while True:
            await self._changed.wait()
            while self._changed.is_set():
                self._changed.clear()
                await asyncio.sleep(DELAY)
            waiting, self._waiting = self._waiting, set()
            check = asyncio.ensure_future(self._check(waiting))
            await asyncio.wait([check])
            if (error := check.exception()) is not None:
                _log.error("a check has failed", exc_info=error)  # the next one may well succeed

    async def _check(self, waiting: set[str]) -> None:
        together = {path for each in waiting for path in self.sagas.related(each)}
        catalogue = self.sagas.catalogue_path()
        together |= {catalogue} & {*waiting, *self.sagas.opened}
        found = await asyncio.to_thread(self.sagas.check(sorted(together)))
        for path in self.sagas.opened:
            if path in found and found[path].text == self.sagas.text(path):
                self._publish(path, answers.diagnostics(found[path], self.encoding))
            elif path in waiting and path not in found:
                self._publish(path, [])

    def _publish(self, path: str, diagnostics: list[types.Diagnostic]) -> None:
        params = types.PublishDiagnosticsParams(self.uri(path), diagnostics, self._versions.get(path))
        self.text_document_publish_diagnostics(params)
