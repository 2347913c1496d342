"""The description of the API: OpenAPI 3.1 made from the shapes and routes, completed with what every call shares."""

from copy import deepcopy
from threading import Lock
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, current_app
from flask_smorest import Api
from flask_smorest import Blueprint as SmorestBlueprint

from foundation.access import Access, access_of, public
from foundation.api.once import HEADER
from foundation.api.replies import reply
from foundation.api.shapes import ProblemShape
from foundation.database import JsonObject
from foundation.problems import PROBLEM_JSON

VERSION = "1.0.0"
_ABOUT = (
    "Prepaid coupons, the companies they activate and what each company may do. Money is whole cents with a currency;"
    " instants are RFC 3339 in UTC; days are civil days in Europe/Rome. Errors are RFC 9457 problems whose `type` is"
    " stable and whose `errors` carry JSON pointers."
)
_KEY_PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": True,
    "description": "1 to 255 visible characters; the same key and body have their effect once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_MATCH_PARAMETER = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "description": "The ETag the object had when it was read; 412 when it has changed since.",
    "schema": {"type": "string"},
}
_ALWAYS = {"401": "No valid token", "403": "The token's role may not do this", "429": "Too many requests"}
_WITH_BODY = {"400": "Malformed request", "413": "Body too large", "415": "Not JSON"}


class Description(Api):  # type: ignore[misc] # flask-smorest publishes no types
    """flask-smorest's collector of routes and shapes; errors stay ours."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - the library's own
        self._undescribed: list[SmorestBlueprint] = []
        self._describing = Lock()
        super().__init__(*arguments, **options)

    def add(self, area: SmorestBlueprint) -> None:
        """Serve an area now, and describe it when somebody asks: it takes a sixth of the application's building."""
        self._app.register_blueprint(area)
        self._undescribed.append(area)

    def to_dict(self) -> JsonObject:
        """The description of every area, as the library makes it."""
        with self._describing:
            for area in self._undescribed:
                area.register_views_in_doc(self, self._app, self.spec, name=area.name, parameters=None)
                self.spec.tag({"name": area.name, "description": area.description})
            self._undescribed.clear()
            made: JsonObject = self.spec.to_dict()
        return made

    def _register_error_handlers(self) -> None:
        """foundation.problems tells every error."""


def install(app: Flask) -> None:
    """Collect the rooms' areas and serve what was collected."""
    app.config.setdefault("API_TITLE", "Gettone")
    app.config.setdefault("API_VERSION", VERSION)
    app.config.setdefault("OPENAPI_VERSION", "3.1.0")
    named = MarshmallowPlugin(schema_name_resolver=_shape_name)
    about = {"info": {"description": _ABOUT}, "security": [{"token": []}], "marshmallow_plugin": named}
    collector = Description(app, spec_kwargs=about)
    collector.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    collector.spec.components.schema("Problem", schema=ProblemShape)
    # The command that prints the description reaches into the library's; /api/openapi.json is the one place for it.
    app.cli.commands.pop("openapi", None)
    app.extensions["gettone.api"] = collector
    app.add_url_rule("/api/openapi.json", "openapi", public(openapi))


def _shape_name(shape: Any) -> str:  # noqa: ANN401 - a shape or its class
    named: str = (shape if isinstance(shape, type) else type(shape)).__name__
    return named.removesuffix("Shape")


def add_area(app: Flask, area: SmorestBlueprint) -> None:
    """Add a room's part of the API."""
    app.extensions["gettone.csrf"].exempt(area)
    app.extensions["gettone.api"].add(area)


def openapi() -> Response:
    """The description as JSON."""
    return reply(described(current_app))


def described(app: Flask) -> JsonObject:
    """The whole description; computed once per process."""
    known: JsonObject | None = app.extensions.get("gettone.openapi")
    if known is None:
        known = deepcopy(app.extensions["gettone.api"].to_dict())
        known["components"].pop("responses", None)
        views = _views(app)
        for path, methods in known["paths"].items():
            for method, operation in methods.items():
                if method != "parameters":
                    has_subject = "{" in path
                    acts = has_subject and method == "post"
                    _complete(operation, views[path, method.upper()], has_subject=has_subject, acts=acts)
        app.extensions["gettone.openapi"] = known
    return known


def _views(app: Flask) -> dict[tuple[str, str], Any]:
    plugin = app.extensions["gettone.api"].flask_plugin
    return {
        (plugin.flaskpath2openapi(rule.rule), method): app.view_functions[rule.endpoint]
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }


def _complete(
    operation: JsonObject,
    view: Any,  # noqa: ANN401 - a view is any callable
    *,
    has_subject: bool,
    acts: bool,
) -> None:
    access = access_of(view)
    operation["x-roles"] = sorted(access.roles) if isinstance(access, Access) else []
    roles = ", ".join(f"`{role}`" for role in operation["x-roles"])
    operation["description"] = f"{operation.get('description', '')}\n\nRoles: {roles}.".strip()
    responses = operation["responses"]
    wanted = dict(_ALWAYS)
    if has_subject:
        wanted["404"] = "Not there, or somebody else's"
    if "requestBody" in operation:
        wanted |= _WITH_BODY
    takes_key = getattr(view, "takes_key", False)
    if takes_key or acts:
        wanted |= _WITH_BODY | {"409": "In the way of the present state", "422": "Refused, with every reason"}
    if takes_key:
        operation.setdefault("parameters", []).append(_KEY_PARAMETER)
    if getattr(view, "takes_match", False):
        wanted["412"] = "Changed since it was read"
        operation.setdefault("parameters", []).append(_MATCH_PARAMETER)
    if "422" in responses:
        wanted.setdefault("422", "Fields that do not fit")
    for status, meaning in wanted.items():
        responses[status] = _problem(meaning)
    responses["default"] = _problem("Anything else, such as 503 while the database restarts")


def _problem(meaning: str) -> JsonObject:
    return {"description": meaning, "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
