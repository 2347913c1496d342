"""Pages: keyset pagination with an opaque, signed cursor that stays true while rows are inserted."""

import base64
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import request
from marshmallow import fields

from foundation.api.refusals import InvalidFields
from foundation.api.shapes import QueryWhole, Shape, Text, field_problem
from foundation.database import JsonObject
from foundation.settings import current_settings
from foundation.tokens import keyed_hash

LARGEST_PAGE = 100
USUAL_PAGE = 50
LONGEST_CURSOR = 1_000
"""Longest cursor accepted, in characters; the longest real one (a name of four-byte letters) is far shorter."""
_TAG_LENGTH = 24
Row = TypeVar("Row")
Place = list[str | int]


class PageQuery(Shape):
    """What every list may be asked."""

    limit = QueryWhole(1, LARGEST_PAGE, load_default=USUAL_PAGE, metadata={"description": "Rows of a page."})
    cursor = Text(LONGEST_CURSOR, load_default=None, metadata={"description": "`next_cursor` of the page before."})


class PageShape(Shape):
    """A page; a list's own shape adds `items`."""

    next_cursor = fields.String(required=True, allow_none=True, metadata={"description": "Null on the last page."})


def cursor_to(place: Place) -> str:
    """An opaque cursor to a place of this request's list."""
    written = json.dumps(place, ensure_ascii=False, separators=(",", ":")).encode()
    payload = base64.urlsafe_b64encode(written).decode().rstrip("=")
    return f"{payload}.{_tag(payload)}"


def place_of(cursor: str, name: str = "cursor") -> Place:
    """The place a cursor of this list names. Raises InvalidFields for one that was not made here for it."""
    payload, _, tag = cursor.partition(".")
    if not hmac.compare_digest(tag.encode(), _tag(payload).encode()):
        raise InvalidFields([field_problem(f"/query/{name}", "cursor_invalid")])
    place: Place = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return place


def page_of(
    rows: Sequence[Row], limit: int, written: Callable[[Row], JsonObject], place: Callable[[Row], Place]
) -> JsonObject:
    """A page out of up to `limit + 1` rows: the one too many only says that there is more."""
    shown = rows[:limit]
    more = cursor_to(place(shown[-1])) if len(rows) > limit else None
    return {"items": [written(row) for row in shown], "next_cursor": more}


def asked_place(query: dict[str, Any]) -> Place | None:
    """Where this request's page begins, or None for the first."""
    return place_of(query["cursor"]) if query["cursor"] is not None else None


def _tag(payload: str) -> str:
    """Bound to the list, so that a cursor of one list is refused by another."""
    return keyed_hash(current_settings().secret_key, f"cursor {request.endpoint}", payload)[:_TAG_LENGTH]
