"""Proof that a text means the same after it has been formatted."""

from __future__ import annotations

import json
from collections import Counter

from sagadsl.language.diagnostics import DefinitionError
from sagadsl.language.load import check
from sagadsl.language.source import parse


def difference(before: str, after: str, file: str) -> str:
    """Return in which way the second text does not mean what the first one does, or nothing.

    The data are compared, and the order of whatever has one; the definitions; and how often each finding is made.
    """
    try:
        new = parse(after, file).data
    except DefinitionError as error:
        first = error.diagnostics[0]
        return f"it could not be read any more (line {first.place.line}: {first.message})"
    if json.dumps(parse(before, file).data, sort_keys=True) != json.dumps(new, sort_keys=True):
        return "its data would not be the same"
    (old_definition, old_findings), (new_definition, new_findings) = check(before, file), check(after, file)
    # The text of a definition has the order of its states and of all data in it, which `==` does not compare.
    if repr(old_definition) != repr(new_definition):
        return "the definition would not be the same"
    if Counter(found.code for found in old_findings) != Counter(found.code for found in new_findings):
        return "what `sagadsl validate` says would not be the same"
    return ""
