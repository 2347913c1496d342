"""Reading a request: JSON without ambiguity, a query without repetition, everything else refused with its place."""

import json
from typing import Any

from flask import Request, request
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser

from foundation.api.refusals import InvalidFields, MalformedJson, NotJson
from foundation.api.shapes import field_problem, field_problems
from foundation.problems import FieldProblem

LARGEST_BODY = 256 * 1024
"""Bytes of a request body; beyond it the answer is 413."""


def strict_json(raw: bytes) -> Any:  # noqa: ANN401 - JSON may be anything
    """Read JSON that means the same to every reader. Raises MalformedJson."""
    try:
        return json.loads(raw.decode(), object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError as problem:
        raise MalformedJson("too_deep") from problem
    except ValueError as problem:
        raise MalformedJson("broken") from problem


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedJson("duplicate_key")
    if any("\ud800" <= letter <= "\udfff" for name in found for letter in name):
        # Half a surrogate pair has no bytes: no answer could name the member.
        raise MalformedJson("broken")
    return found


def _constant(_word: str) -> object:
    raise MalformedJson("not_a_number")


def body_of(req: Request) -> bytes:
    """The bytes of the body; no body at all is an empty object, so that a POST without fields needs none."""
    return req.get_data(cache=True) or b"{}"


class StrictParser(FlaskParser):
    """webargs with our reading and our mistakes."""

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"json": RAISE, "query": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ANN401, ARG002 - webargs asks in this way
        """The body as JSON."""
        if req.get_data(cache=True) and not req.is_json:
            raise NotJson
        return strict_json(body_of(req))

    def load_querystring(self, req: Request, schema: Schema) -> Any:  # noqa: ANN401, ARG002
        """The query; a parameter given twice has no meaning."""
        repeated = [name for name, values in req.args.lists() if len(values) > 1]
        if repeated:
            raise InvalidFields([field_problem(f"/query/{name}", "repeated") for name in repeated])
        return req.args.to_dict()

    def handle_error(self, error: ValidationError, req: Request, schema: Schema, **_status: Any) -> Any:  # noqa: ANN401, ARG002
        """Tell every wrong field with its place."""
        raise InvalidFields(_problems(error.messages))


def _problems(messages: Any) -> list[FieldProblem]:  # noqa: ANN401 - marshmallow's tree
    found: list[FieldProblem] = []
    for location, tree in messages.items():
        found += field_problems(tree, "" if location == "json" else f"/{location}")
    return found


def limit_body() -> None:
    """Refuse a large body before it is read (413)."""
    request.max_content_length = LARGEST_BODY
