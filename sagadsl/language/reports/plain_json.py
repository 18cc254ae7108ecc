"""Diagnostics as a JSON list."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sagadsl.language.diagnostics import Diagnostic, to_json


def write(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a list of objects, as `diagnostics.to_json` describes them."""
    return json.dumps(to_json(diagnostics), ensure_ascii=False, indent=2)
