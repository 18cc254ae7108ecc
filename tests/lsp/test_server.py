"""The server as editors start it: a process at the other end of two pipes."""

import asyncio
import sys

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

from sagadsl.language.formatting import formatted
from tests.lsp.marked import ORDER

# The command's function itself, as the command line calls it.
SERVER = ["-c", "from sagadsl.cli.lsp import command; command()"]

WRONG = 'name: x\nmax_retries: "🙂"\nsteps:\n  - {id: a, service: s, action: t, kind: read_only, payload: {x: "🙂 ${input.y +}"}}\n'
RIGHT = "name: x\nsteps:\n  - {id: a, service: s, action: t, kind: read_only}\n"


class Editor(LanguageClient):
    """A client that remembers what it was told of each file."""

    def __init__(self):
        super().__init__("editor", "1")
        self.told = asyncio.Queue()

        @self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def remember(params):
            self.told.put_nowait(params)

    async def begin(self, folder, encodings=None):
        await self.start_io(sys.executable, *SERVER)
        general = types.GeneralClientCapabilities(position_encodings=encodings)
        result = await self.initialize_async(
            types.InitializeParams(types.ClientCapabilities(general=general), root_uri=folder.as_uri())
        )
        self.initialized(types.InitializedParams())
        return result.capabilities

    async def end(self):
        """Say goodbye, and return how the server's process ended."""
        await self.shutdown_async(None)
        self.exit(None)
        code = await asyncio.wait_for(self._server.wait(), 10)
        await self.stop()
        return code

    def open(self, uri, text, language="yaml"):
        item = types.TextDocumentItem(uri, language, 1, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def type(self, uri, version, *changes):
        document = types.VersionedTextDocumentIdentifier(version=version, uri=uri)
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, list(changes)))

    async def diagnostics(self, uri, ignoring=None):
        """The next that the server says, which has to be of this file."""
        params = await asyncio.wait_for(self.told.get(), 20)
        while params.uri == ignoring:
            params = await asyncio.wait_for(self.told.get(), 20)
        assert params.uri == uri
        return params


@pytest.fixture
async def editor():
    client = Editor()
    yield client
    if client._server is not None and client._server.returncode is None:
        client._server.kill()
        await client.stop()


def at(line, character):
    return types.Position(line, character)


def insert(line, character, text):
    return types.TextDocumentContentChangePartial(types.Range(at(line, character), at(line, character)), text)


def place(text, before):
    """The position behind the first `before`, in UTF-16."""
    head = text[: text.index(before) + len(before)]
    line = head.rpartition("\n")[2]
    return at(head.count("\n"), len(line.encode("utf-16-le")) // 2)


@pytest.mark.parametrize(("encodings", "units"), [(None, 2), (["utf-8", "utf-16"], 4)])
async def test_a_mistake_is_told_at_its_very_characters(editor, tmp_path, encodings, units):
    capabilities = await editor.begin(tmp_path, encodings)
    editor.open("file:///w/x.yaml", WRONG)

    told = await editor.diagnostics("file:///w/x.yaml")
    assert capabilities.position_encoding == (encodings or ["utf-16"])[0]
    (number, expression) = told.diagnostics
    assert number.code == "SAGA203"
    assert number.range == types.Range(at(1, 13), at(1, 15 + units))
    assert (expression.code, expression.source, expression.severity) == ("SAGA401", "sagadsl", 1)
    assert expression.range.start == at(3, WRONG.splitlines()[3].index("+") + units - 1)
    assert "\nsomething has to follow" in expression.message
    assert await editor.end() == 0


async def format_a(editor):
    untidy = "steps:\n   - {id: a, service: s, action: t}\nname:   x\n"
    document = types.TextDocumentIdentifier("file:///w/untidy.yaml")
    params = types.DocumentFormattingParams(document, types.FormattingOptions(2, True))
    editor.open(document.uri, untidy)

    (edit,) = await editor.text_document_formatting_async(params)
    assert edit.new_text == formatted(untidy, "x.yaml")
    assert edit.range == types.Range(at(0, 0), at(3, 0))
    editor.type(document.uri, 2, types.TextDocumentContentChangeWholeDocument("a: ["))
    with pytest.raises(JsonRpcException, match="not YAML"):
        await editor.text_document_formatting_async(params)


async def test_a_session(editor, tmp_path):
    await editor.begin(tmp_path)
    uri = "file:///w/order.yaml"
    editor.open(uri, ORDER)
    document = types.TextDocumentIdentifier(uri)
    before = (await editor.diagnostics(uri)).diagnostics

    typed = place(ORDER, "when: input.")
    editor.type(uri, 2, insert(typed.line, typed.character, "customer."))
    found = await editor.text_document_completion_async(
        types.CompletionParams(document, at(typed.line, typed.character + 9))
    )
    assert [item.label for item in found.items] == ["name", "city"]
    told = await editor.diagnostics(uri)
    assert told.version == 2
    assert "SAGA403" in {each.code for each in told.diagnostics}

    end = at(typed.line, typed.character + 9)
    editor.type(uri, 3, types.TextDocumentContentChangePartial(types.Range(typed, end), ""))
    assert (await editor.diagnostics(uri)).diagnostics == before

    position = place(ORDER, "🙂 ${states.res")
    shown = await editor.text_document_hover_async(types.HoverParams(document, position))
    assert "stock.reserve" in shown.contents.value
    assert shown.range.start == place(ORDER, "🙂 ${states.")
    target = await editor.text_document_definition_async(types.DefinitionParams(document, position))
    assert (target.uri, target.range.start) == (uri, place(ORDER, "states:\n  "))
    places = await editor.text_document_references_async(
        types.ReferenceParams(types.ReferenceContext(True), document, position)
    )
    assert len(places) == 5
    prepared = await editor.text_document_prepare_rename_async(types.PrepareRenameParams(document, position))
    assert prepared.placeholder == "reserve"
    edit = await editor.text_document_rename_async(types.RenameParams(document, position, "hold"))
    assert [each.new_text for each in edit.changes[uri]] == ["hold"] * 5
    with pytest.raises(JsonRpcException, match="there is a state 'check' already"):
        await editor.text_document_rename_async(types.RenameParams(document, position, "check"))
    await format_a(editor)
    symbols = await editor.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    assert [each.name for each in symbols] == ["reserve", "check", "pay", "done"]

    editor.text_document_did_close(types.DidCloseTextDocumentParams(document))
    assert not (await editor.diagnostics(uri, ignoring="file:///w/untidy.yaml")).diagnostics
    assert await editor.end() == 0


async def test_a_text_can_be_sent_whole_and_is_checked_when_typing_pauses(editor, tmp_path):
    await editor.begin(tmp_path)
    uri = "untitled:Untitled-1"
    editor.open("file:///w/compose.yaml", "services:\n  web: {image: [}\n")  # is no saga, so that nothing is said
    assert not (await editor.diagnostics("file:///w/compose.yaml")).diagnostics
    editor.open(uri, "", "sagadsl")
    for version in range(2, 20):
        editor.type(uri, version, types.TextDocumentContentChangeWholeDocument(RIGHT[: version - 30]))
    editor.type(uri, 20, types.TextDocumentContentChangeWholeDocument(RIGHT))

    told = [await editor.diagnostics(uri)]
    while told[-1].version < 20:
        told.append(await editor.diagnostics(uri))
    assert len(told) < 10
    assert not told[-1].diagnostics


async def test_sub_sagas_and_the_catalogue_are_found_in_the_workspace(editor, tmp_path):
    (tmp_path / "child.yaml").write_text(RIGHT.replace("name: x", "name: child"), encoding="utf-8")
    (tmp_path / "services.yaml").write_text("services: {s: {actions: {t: {}, u: {}}}}\n", encoding="utf-8")
    await editor.begin(tmp_path)
    uri = (tmp_path / "parent.yaml").as_uri()
    parent = "name: parent\nstates:\n  a: {type: saga, saga: child, next: b}\n  b: {type: succeed}\n"
    document = types.TextDocumentIdentifier(uri)
    editor.open(uri, parent)
    assert not [each for each in (await editor.diagnostics(uri)).diagnostics if each.severity == 1]

    target = await editor.text_document_definition_async(types.DefinitionParams(document, place(parent, "saga: chi")))
    assert (target.uri, target.range.start) == ((tmp_path / "child.yaml").as_uri(), at(0, 6))

    (tmp_path / "child.yaml").unlink()
    change = types.FileEvent((tmp_path / "child.yaml").as_uri(), types.FileChangeType.Deleted)
    editor.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
    (missing,) = [each for each in (await editor.diagnostics(uri)).diagnostics if each.severity == 1]
    assert missing.range.start == place(parent, "saga: ")

    editor.type(uri, 2, insert(2, 4, " {service: s, action: "))
    found = await editor.text_document_completion_async(types.CompletionParams(document, at(2, 26)))
    assert [item.label for item in found.items] == ["t", "u"]
