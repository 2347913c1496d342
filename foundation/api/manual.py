"""The manual in the browser: a page made from the description, and one page per type of problem. No script, no CDN."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, abort, current_app, render_template

from foundation.access import public
from foundation.api.description import described
from foundation.api.problem_types import SHARED, ProblemType
from foundation.database import JsonObject

_REFERENCE = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of a body or an answer, by its path."""

    name: str
    kind: str
    required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as the page shows it."""

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    roles: tuple[str, ...]
    parameters: tuple[FieldRow, ...]
    body: tuple[FieldRow, ...]
    answers: tuple[tuple[str, str], ...]
    answer: tuple[FieldRow, ...]


def install(app: Flask) -> None:
    """Serve the manual."""
    app.extensions["gettone.problem_types"] = dict(SHARED)
    app.add_url_rule("/api/docs", "api_manual", public(manual))
    app.add_url_rule("/problems/<slug>", "problem_type", public(problem_type))


def explain(app: Flask, types: Mapping[str, ProblemType]) -> None:
    """Add a room's types of problems to the manual."""
    app.extensions["gettone.problem_types"].update(types)


def manual() -> str:
    """Every operation, readable."""
    document = described(current_app)
    return render_template("api/manual.html", areas=document["tags"], operations=tuple(operations(document)))


def problem_type(slug: str) -> str:
    """What one type of problem means."""
    found = current_app.extensions["gettone.problem_types"].get(slug)
    if found is None:
        abort(404)
    return render_template("api/problem.html", slug=slug, told=found)


def operations(document: JsonObject) -> Iterator[Operation]:
    """The operations of a description, in its order."""
    for path, methods in document["paths"].items():
        shared = methods.get("parameters", [])
        for method, operation in methods.items():
            if method == "parameters":
                continue
            success = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
            yield Operation(
                method=method.upper(),
                path=path,
                anchor=f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""),
                summary=operation.get("summary", ""),
                description=operation["description"],
                roles=tuple(operation["x-roles"]),
                parameters=tuple(_parameter(one) for one in (*shared, *operation.get("parameters", []))),
                body=_rows_of(document, operation.get("requestBody", {})),
                answers=tuple((status, answer["description"]) for status, answer in operation["responses"].items()),
                answer=_rows_of(document, success),
            )


def _parameter(parameter: JsonObject) -> FieldRow:
    about = parameter.get("description", "")
    return FieldRow(parameter["name"], _kind(parameter["schema"]), parameter.get("required", False), about)


def _rows_of(document: JsonObject, holder: JsonObject) -> tuple[FieldRow, ...]:
    schema = holder.get("content", {}).get("application/json", {}).get("schema")
    return tuple(_rows(document, schema, "")) if schema else ()


def _rows(document: JsonObject, schema: JsonObject, prefix: str) -> Iterator[FieldRow]:
    whole = _resolved(document, schema)
    for name, inner in whole.get("properties", {}).items():
        required = name in whole.get("required", ())
        yield FieldRow(prefix + name, _kind(inner), required, inner.get("description", ""))
        if inner.get("type") == "array":
            yield from _rows(document, inner["items"], f"{prefix}{name}[].")
        else:
            yield from _rows(document, inner, f"{prefix}{name}.")


def _resolved(document: JsonObject, schema: JsonObject) -> JsonObject:
    for option in (schema, *schema.get("anyOf", ()), *schema.get("allOf", ())):
        if "$ref" in option:
            found: JsonObject = document["components"]["schemas"][option["$ref"].removeprefix(_REFERENCE)]
            return found
    return schema


def _kind(schema: JsonObject) -> str:
    kind: Any = schema.get("type", "object")
    words = " | ".join(kind) if isinstance(kind, list) else str(kind)
    if "enum" in schema:
        return f"{words}: {', '.join(str(word) for word in schema['enum'])}"
    return f"{words} ({schema['format']})" if "format" in schema else words
