"""Areas: a part of the API as a blueprint, with typed decorators around flask-smorest's."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from flask import Response
from flask_smorest import Blueprint
from marshmallow import Schema

from foundation.api.rates import count_request, tell_rate
from foundation.api.reading import StrictParser, limit_body
from foundation.api.refusals import TABLE
from foundation.problems import Told, tell

View = TypeVar("View", bound=Callable[..., Any])
PREFIX = "/api/v1"
RETRY_AFTER = {503: "10"}
"""Seconds, by status; a refusal for which waiting helps says so itself."""


class Area(Blueprint):  # type: ignore[misc] # flask-smorest publishes no types
    """A part of the API.

    Decorate a view, from the top: `get` or `post`, `requires`, `once`, `query` or `body`, `answers`.
    """

    ARGUMENTS_PARSER = StrictParser()

    def __init__(
        self, name: str, import_name: str, description: str, told: Mapping[type[Exception], Told] | None = None
    ) -> None:
        super().__init__(name, import_name, url_prefix=PREFIX, description=description)
        self.before_request(limit_body)
        self.before_request(count_request)
        self.after_request(tell_rate)
        self.after_request(_say_when_to_retry)
        tell(self, {**TABLE, **(told or {})})

    def get(self, rule: str) -> Callable[[View], View]:
        """A view that reads."""
        return cast("Callable[[View], View]", self.route(rule, methods=["GET"]))

    def post(self, rule: str) -> Callable[[View], View]:
        """A view that does something."""
        return cast("Callable[[View], View]", self.route(rule, methods=["POST"]))

    def put(self, rule: str) -> Callable[[View], View]:
        """A view that says how something is: said again, it changes nothing, so it takes no Idempotency-Key."""
        return cast("Callable[[View], View]", self.route(rule, methods=["PUT"]))

    def query(self, shape: type[Schema]) -> Callable[[View], View]:
        """The query's shape; the view takes it first."""
        return cast("Callable[[View], View]", self.arguments(shape, location="query"))

    def body(self, shape: type[Schema]) -> Callable[[View], View]:
        """The body's shape; the view takes it first."""
        return cast("Callable[[View], View]", self.arguments(shape, location="json"))

    def answers(self, shape: type[Schema], status: int = 200, *, etag: bool = False) -> Callable[[View], View]:
        """What a success looks like; the view answers a `Response` made by `reply`."""
        headers = {"ETag": {"schema": {"type": "string"}, "description": "Changes with the object."}} if etag else None
        return cast("Callable[[View], View]", self.response(status, shape, headers=headers))


def _say_when_to_retry(answer: Response) -> Response:
    if answer.status_code in RETRY_AFTER:
        answer.headers.setdefault("Retry-After", RETRY_AFTER[answer.status_code])
    return answer
