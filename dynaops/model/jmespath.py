"""Parts of JMESPath expressions, which are the conditions of waits."""

from __future__ import annotations

import json
from typing import Any


def literal(value: Any) -> str:
    """A JSON value as a JMESPath literal."""
    return "`" + json.dumps(value).replace("`", "\\`") + "`"
