"""Replies: JSON written the same way every time, and entity tags made of what is written."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from flask import Response, request

from foundation.api.refusals import Stale
from foundation.database import JsonObject
from foundation.formats import wire_instant

View = TypeVar("View", bound=Callable[..., Any])
JSON = "application/json"
_TAG_LENGTH = 32


def reply(document: JsonObject, status: int = 200) -> Response:
    """A document as an answer; sent twice it is the same bytes."""
    return Response(written(document), status=status, content_type=JSON)


def tagged_reply(document: JsonObject) -> Response:
    """A document with its entity tag; 304 when the client has it already."""
    answer = reply(document)
    answer.set_etag(etag_of(document))
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.make_conditional(request)
    return answer


def may_match(view: View) -> View:
    """Mark a view that honours If-Match, for the description."""
    view.takes_match = True  # type: ignore[attr-defined]
    return view


def expect_unchanged(document: JsonObject) -> None:
    """Honour If-Match on an edit: `document` is the object as it stands, locked. Raises Stale."""
    tag = etag_of(document)
    if request.if_match and not request.if_match.contains(tag):
        raise Stale(tag)


def written(document: JsonObject) -> bytes:
    """The bytes of a document."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def etag_of(document: JsonObject) -> str:
    """A strong entity tag: a hash of the bytes."""
    return hashlib.sha256(written(document)).hexdigest()[:_TAG_LENGTH]


def instant(at: datetime | None) -> str | None:
    """An instant on the wire: RFC 3339 in UTC, whole, so that what was answered can be asked with (M19)."""
    return wire_instant(at) if at else None
