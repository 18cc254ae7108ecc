"""What kind of file a text is, found out without reading all of it: definitions and catalogues have the same ending."""

from __future__ import annotations

import re

_KEY = re.compile(r"""^(?:["']?)([A-Za-z_]+)(?:["']?)[ \t]*:""", re.MULTILINE)
_FIRST_IN_BRACES = re.compile(r"""\A\s*\{\s*["']?([A-Za-z_]+)["']?\s*:""")
_OF_A_DEFINITION = frozenset({"name", "steps", "states"})


def is_catalogue(text: str) -> bool:
    """Whether a text describes services, as `services.yaml` does: it has `services`, and nothing that makes a saga.

    Args:
        text: YAML or JSON, right or wrong.
    """
    text = text.removeprefix("\ufeff")
    braces = _FIRST_IN_BRACES.match(text)
    keys = {braces[1]} if braces else set(_KEY.findall(text))
    return "services" in keys and not keys & _OF_A_DEFINITION
