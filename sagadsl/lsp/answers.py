"""Our answers in the words of the Language Server Protocol."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from sagadsl.language.diagnostics import Diagnostic
from sagadsl.lsp.completion import Kind, Suggestion
from sagadsl.lsp.outline import Entry
from sagadsl.lsp.positions import Encoding, Places, Positions, Span
from sagadsl.lsp.workspace import Found

SOURCE = "sagadsl"
"""What editors show as the origin of a diagnostic."""

_SEVERITIES = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}
_KINDS: dict[Kind, types.CompletionItemKind] = {
    "key": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.EnumMember,
    "state": types.CompletionItemKind.Reference,
    "service": types.CompletionItemKind.Module,
    "action": types.CompletionItemKind.Method,
    "error": types.CompletionItemKind.Constant,
    "saga": types.CompletionItemKind.File,
    "variable": types.CompletionItemKind.Variable,
    "field": types.CompletionItemKind.Field,
    "function": types.CompletionItemKind.Function,
}


def range_of(span: Span, positions: Positions) -> types.Range:
    """Return characters as a range."""
    start, end = positions.position(span.start), positions.position(span.end)
    return types.Range(types.Position(*start), types.Position(*end))


def diagnostics(found: Found, encoding: Encoding) -> list[types.Diagnostic]:
    """Return what is wrong with a text; a hint stands in the message, below it."""
    places, positions = Places(found.text), Positions(found.text, encoding)
    return [_diagnostic(each, range_of(places.span(each.place), positions)) for each in found.diagnostics]


def _diagnostic(diagnostic: Diagnostic, where: types.Range) -> types.Diagnostic:
    message = f"{diagnostic.message}\n{diagnostic.hint}" if diagnostic.hint else diagnostic.message
    severity = _SEVERITIES[diagnostic.severity]
    return types.Diagnostic(where, message, severity, diagnostic.code, source=SOURCE)


def completions(suggestions: Iterable[Suggestion], positions: Positions) -> types.CompletionList:
    """Return what can be written, in this order."""
    items = [_item(suggestion, index, positions) for index, suggestion in enumerate(suggestions)]
    return types.CompletionList(is_incomplete=False, items=items)


def _item(suggestion: Suggestion, index: int, positions: Positions) -> types.CompletionItem:
    return types.CompletionItem(
        label=suggestion.label,
        kind=_KINDS[suggestion.kind],
        detail=suggestion.detail or None,
        documentation=markdown(suggestion.about) if suggestion.about else None,
        sort_text=f"{index:05}",
        text_edit=types.TextEdit(range_of(suggestion.span, positions), suggestion.insert),
    )


def markdown(text: str) -> types.MarkupContent:
    """Return a text in Markdown."""
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def symbols(entries: Iterable[Entry], positions: Positions) -> list[types.DocumentSymbol]:
    """Return an outline."""
    return [
        types.DocumentSymbol(
            name=entry.name or "?",  # the protocol has no symbols without a name
            kind=types.SymbolKind.Namespace if entry.detail == "branch" else types.SymbolKind.Event,
            range=range_of(entry.whole, positions),
            selection_range=range_of(entry.name_span, positions),
            detail=entry.detail,
            children=symbols(entry.inside, positions),
        )
        for entry in entries
    ]
