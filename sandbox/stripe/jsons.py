"""The one shape everything on the wire has: a JSON object."""

import json
from typing import Any

Json = dict[str, Any]


def encode(value: Json) -> bytes:
    """Return the bytes to send: indented and in raw UTF-8, as Stripe does."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8")
