"""Sagas for whoever reads pictures by machine: those of the repository, and some that mean no good."""

from __future__ import annotations

import json
from functools import cache

from sagadsl import compile_saga, load
from sagadsl.diagrams.views import VIEWS, RunPicture, can_fail, picture
from tests.docs.pictures import sources
from tests.machine.story import Story

HOSTILE = (
    "</script><script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    'a "quoted" \\ back\\nslash \\N \\L',
    "] } ) > --> -.-> ]] }} |x| ;;",
    "%%{init: {'theme': 'dark'}}%% %% comment",
    "click s0 href javascript:window.pwned=1",
    "#quot; #35; &lt; &amp; &#60;",
    "line\nbreak\r\nand\ttab",
    "@enduml @startuml ' comment /' block '/ !include /etc/hosts",
    "<U+0041> <&heart> <b>bold</b> __under__ **strong** ~~wave~~ //slash//",
    "`markdown` **strong** _em_ 1. list - list",
    "end subgraph style classDef linkStyle graph TD",
    "$$\\int x$$ :smile: fa:fa-car",
    "שלום \N{RIGHT-TO-LEFT OVERRIDE}abc \N{ZERO WIDTH JOINER}",
    "👩\N{ZERO WIDTH JOINER}🚀 🎉 日本語",
    "nul \\u0000 bell \\u0007",
    "\ufeff mark",
    "${input.x} $${ {{x}} {% x %}",
)
KEYWORDS = (
    *("end", "graph", "subgraph", "class", "style", "click", "state", "note", "title", "default", "node", "edge"),
    *("digraph", "strict", "participant", "alt", "loop", "par", "as", "o", "x", "constructor", "__proto__", "start"),
)


def hostile(words):
    """Return a saga that has these words wherever anybody may write words."""
    quoted = json.dumps(words, ensure_ascii=False)
    text = {
        "name": "trap",
        "version": words[:64],
        "description": words,
        "start": "a",
        "states": {
            "a": {
                "description": words,
                "service": "s",
                "action": "x",
                "payload": {words: words.replace("${", "$${")},
                "compensation": {"action": "y", "payload": {words: words.replace("${", "$${")}},
                "fail_when": [{"when": f"output.x == {quoted}", "error": "No", "message": words}],
                "catch": [{"errors": ["No"], "next": "c"}],
                "next": "b",
            },
            "b": {
                "type": "choice",
                "description": words,
                "choices": [{"when": f"'x' == {quoted}", "next": "c"}],
                "default": "d",
            },
            "c": {"type": "fail", "error": "E", "message": words},
            "d": {
                "type": "map",
                "items": f"[{quoted}]",
                "description": words,
                "steps": [{"id": "e", "service": "s", "action": "z", "kind": "read_only"}],
                "next": "f",
            },
            "f": {"type": "succeed"},
        },
    }
    return compile_saga(load(json.dumps(text)))


@cache
def keywords():
    """Return a saga whose states, services and actions are named as what the languages of pictures are made of."""
    steps = [{"id": word, "service": word, "action": word, "compensation": word} for word in KEYWORDS]
    return compile_saga(load(json.dumps({"name": "graph", "steps": steps})))


@cache
def sagas():
    """Return every saga of the repository's definitions and documentation, by name, and that of keywords."""
    found = {name.removesuffix(".svg"): compile_saga(load(text)) for name, text in sources().items()}
    return {**found, "keywords": keywords()}


def views(compiled):
    """Yield every picture of a saga with its name: `failure` once for each state that can fail."""
    for view in VIEWS:
        for state in can_fail(compiled) if view == "failure" else (None,):
            yield f"{view}-{state}" if state else view, picture(compiled, view, state=state)


def of_a_run():
    """Yield the pictures of a run in which something failed, with hostile words in its errors."""
    words = HOSTILE[0]
    steps = [{"id": "a", "service": "s", "action": "x", "compensation": "y"}]
    story = Story(json.dumps({"name": "run", "steps": steps}))
    story.given(_failed(story, words))
    run = RunPicture.of(story.compiled, story.events, words)
    for view in VIEWS:
        if view != "failure":
            yield f"run-{view}", picture(story.compiled, view, run=run)


def _failed(story, words):
    from sagadsl.machine.events import Failure, StepFailed

    call = story.call()
    return StepFailed(call.state, call.attempt, Failure(words, words, retryable=False))


def everything():
    """Yield every picture with its name."""
    for name, compiled in sagas().items():
        yield from ((f"{name}-{view}", drawn) for view, drawn in views(compiled))
    for place, words in enumerate(HOSTILE):
        yield from ((f"hostile{place}-{view}", drawn) for view, drawn in views(hostile(words)))
    yield from of_a_run()
