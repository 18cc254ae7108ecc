"""What is said of a word under the mouse: a key, a state, or a name in an expression. Markdown."""

from __future__ import annotations

import json
from typing import NamedTuple

from sagadsl.language.definition import Json, Path
from sagadsl.lsp import schema_paths
from sagadsl.lsp.expression_at import reference_at
from sagadsl.lsp.mentions import mention_at, sources
from sagadsl.lsp.positions import Span
from sagadsl.lsp.scope import about_state, member
from sagadsl.lsp.structure import StateAt, spot, value_at
from sagadsl.lsp.surroundings import Surroundings
from sagadsl.lsp.view import View

_LONGEST_SCHEMA = 2_000


class Hover(NamedTuple):
    """A text in Markdown about the characters of a span."""

    text: str
    span: Span


def hover(view: View, offset: int, around: Surroundings | None = None) -> Hover | None:
    """Return what is to be said of what stands at an offset, or `None`."""
    around = around or Surroundings()
    mention = mention_at(view, offset)
    state = view.by_name.get(mention.state) if mention else None
    if mention is not None and state is not None:
        return Hover(_of_state(state, around), mention.span)
    found = view.at(offset)
    if found is None:
        return None
    if found.part == "key":
        text = _of_key(view, around, found.path)
        return Hover(text, found.span) if text else None
    return _in_expression(view, around, found.path, offset) or _of_action(view, around, found.path, found.span)


def _of_state(state: StateAt, around: Surroundings) -> str:
    lines = [f"**{state.name}**", f"`{about_state(state)}`"]
    if isinstance(state.data.get("description"), str):
        lines.append(state.data["description"])
    if isinstance(state.data.get("kind"), str):
        lines.append(f"Role: `{state.data['kind']}`.")
    undo = state.data.get("compensation")
    action = undo.get("action") if isinstance(undo, dict) else undo
    if isinstance(action, str):
        lines.append(f"Undone by: `{action}`.")
    known = around.action(state)
    if known is not None and known.errors:
        lines.append(f"Errors: {', '.join(f'`{code}`' for code in known.errors)}.")
    return "\n\n".join(lines)


def _of_key(view: View, around: Surroundings, path: Path) -> str:
    schemas = schema_paths.definition_schemas(view.data, path)
    here = spot(path)
    state = view.by_path.get(here.state) if here.state is not None else None
    known = around.action(state) if state is not None and here.rest[:1] == ("payload",) else None
    if state is not None and known is not None and len(here.rest) > 1 and isinstance(known.payload, dict):
        schemas = schema_paths.below(known.payload, state.data.get("payload"), here.rest[1:])
    lines = [schema_paths.description(schemas)]
    allowed = [json.dumps(value, ensure_ascii=False) for value in schema_paths.values(schemas)]
    if len(allowed) > 1:
        lines.append(f"One of {', '.join(f'`{value}`' for value in allowed)}.")
    default = schema_paths.default(schemas)
    if default is not None:
        lines.append(f"Default: `{json.dumps(default, ensure_ascii=False)}`.")
    text = "\n\n".join(line for line in lines if line)
    return f"**{path[-1]}**\n\n{text}" if text else ""


def _in_expression(view: View, around: Surroundings, path: Path, offset: int) -> Hover | None:
    use = spot(path).use
    for where, start, text in sources(path, value_at(view.data, path), use) if use else ():
        if view.span_in(where, start, start + len(text)).holds(offset):
            return _in_source(view, around, where, start, text, offset)
    return None


def _in_source(view: View, around: Surroundings, path: Path, start: int, text: str, offset: int) -> Hover | None:
    # Quoting may have moved every character, so that the cursor's place in the expression has to be looked for.
    at = next((i for i in range(len(text)) if view.span_in(path, start + i, start + i + 1).holds(offset)), None)
    found = reference_at(text, at) if at is not None else None
    if found is None:
        return None
    reference, length = found
    parts = tuple("[]" if isinstance(part, int) else part for part in reference.parts[:length])
    known = member(view, around, path, (reference.root, *parts))
    if known is None:
        return None
    end = reference.spans[length - 1][1] if length else reference.start + len(reference.root)
    name = ".".join((reference.root, *parts)).replace(".[]", "[]")
    words = [f"**{name}**", known.about, _shown(known.schema)]
    return Hover("\n\n".join(each for each in words if each), view.span_in(path, start + reference.start, start + end))


def _shown(schema: Json) -> str:
    if not schema:
        return ""
    text = json.dumps(schema, ensure_ascii=False, indent=2)
    if len(text) > _LONGEST_SCHEMA:
        text = text[:_LONGEST_SCHEMA] + "\n…"
    return f"```json\n{text}\n```"


def _of_action(view: View, around: Surroundings, path: Path, span: Span) -> Hover | None:
    """What the catalogue says of the action that is named here."""
    here = spot(path)
    state = view.by_path.get(here.state) if here.state is not None else None
    known = around.action(state) if state is not None and here.rest == ("action",) else None
    if state is None or known is None:
        return None
    parts = [f"**{about_state(state).removeprefix('task: ')}**"]
    parts += [f"Takes:\n\n{_shown(known.payload)}"] if known.payload else []
    parts += [f"Answers:\n\n{_shown(known.output)}"] if known.output else []
    parts += [f"Errors: {', '.join(f'`{code}`' for code in known.errors)}."] if known.errors else []
    return Hover("\n\n".join(parts), span)
