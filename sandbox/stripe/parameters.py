"""From a form-encoded body to checked values: unknown names and wrong types are refused by name."""

import re
from collections.abc import Iterable
from typing import Any

from sandbox.stripe.errors import ApiError, invalid
from sandbox.stripe.jsons import Json

_PARTS = re.compile(r"\[([^\]]*)\]")
_INTEGER = re.compile(r"-?\d{1,18}\Z")
_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,12})?\Z")

METADATA_KEYS, METADATA_KEY, METADATA_VALUE = 50, 40, 500


def read(pairs: Iterable[tuple[str, str]], schema: Json) -> Json:
    """Return the parameters as typed values; raise ApiError naming the first that is wrong."""
    values: Json = _checked(_nested(pairs), schema, "")
    return values


def _nested(pairs: Iterable[tuple[str, str]]) -> Json:
    """Turn ``a[b][0]=x`` into nested dicts; lists stay dicts of positions until typed."""
    tree: Json = {}
    for name, value in pairs:
        head = name.split("[", 1)[0]
        path = [head, *_PARTS.findall(name[len(head) :])]
        branch = tree
        for part in path[:-1]:
            inner = branch.setdefault(part, {})
            if not isinstance(inner, dict):
                raise invalid(f"Invalid parameter: {name}", name, "parameter_invalid")
            branch = inner
        last = path[-1] or str(len(branch))
        branch[last] = value
    return tree


def _checked(value: Any, schema: Json, path: str) -> Any:  # noqa: ANN401 - any JSON value
    if "anyOf" in schema:
        return _any_of(value, schema["anyOf"], path)
    if "enum" in schema:
        return _enum(value, schema["enum"], path)
    if schema["type"] == "object":
        return _object(value, schema, path)
    if schema["type"] == "array":
        return _array(value, schema, path)
    return _scalar(value, schema["type"], path)


def _any_of(value: Any, schemas: list[Json], path: str) -> Any:  # noqa: ANN401 - any JSON value
    refusals: list[ApiError] = []
    for schema in schemas:
        try:
            return _checked(value, schema, path)
        except ApiError as refusal:
            refusals.append(refusal)
    raise refusals[-1]


def _enum(value: Any, values: list[str], path: str) -> str:  # noqa: ANN401 - any JSON value
    if not isinstance(value, str) or value not in values:
        raise invalid(f"Invalid {path}: must be one of {', '.join(values) or 'an empty string'}", path)
    return value


def _object(value: Any, schema: Json, path: str) -> Json:  # noqa: ANN401 - any JSON value
    if not isinstance(value, dict):
        raise invalid("Invalid object", path, "parameter_invalid")
    properties: Json = schema.get("properties", {})
    extra = schema.get("additionalProperties")
    found: Json = {}
    for name, inner in value.items():
        inner_path = f"{path}[{name}]" if path else name
        inner_schema = properties.get(name, extra)
        if not isinstance(inner_schema, dict):
            raise invalid(f"Received unknown parameter: {inner_path}", inner_path, "parameter_unknown")
        found[name] = _checked(inner, inner_schema, inner_path)
    for name in schema.get("required", []):
        if name not in found:
            inner_path = f"{path}[{name}]" if path else name
            raise invalid(f"Missing required param: {inner_path}.", inner_path, "parameter_missing")
    return found


def _array(value: Any, schema: Json, path: str) -> list[Any]:  # noqa: ANN401 - any JSON value
    if not isinstance(value, dict) or not all(part.isascii() and part.isdigit() for part in value):
        raise invalid("Invalid array", path, "parameter_invalid")
    parts = sorted(value, key=int)
    return [_checked(value[part], schema["items"], f"{path}[{part}]") for part in parts]


def _scalar(value: Any, kind: Any, path: str) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(value, str):
        raise invalid(f"Invalid {path}: must be a single value", path, "parameter_invalid")
    if kind == "integer":
        if not _INTEGER.match(value):
            raise invalid(f"Invalid integer: {value}", path, "parameter_invalid_integer")
        return int(value)
    if kind == "boolean":
        if value not in ("true", "false"):
            raise invalid(f"Invalid boolean: {value}", path)
        return value == "true"
    if kind != "string" and not _DECIMAL.match(value):
        raise invalid(f"Invalid decimal: {value}", path)
    return value


def require(params: Json, name: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return a parameter that this request cannot do without."""
    if params.get(name) in (None, ""):
        raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    return params[name]


def check_metadata(metadata: Json, path: str = "metadata") -> dict[str, str]:
    """Return the metadata when it is within Stripe's limits: 50 keys, 40 and 500 characters."""
    if len(metadata) > METADATA_KEYS:
        raise invalid(f"You can have up to {METADATA_KEYS} {path} keys.", path)
    for key, value in metadata.items():
        if len(key) > METADATA_KEY:
            raise invalid(f"Metadata keys can have up to {METADATA_KEY} characters.", path)
        if len(value) > METADATA_VALUE:
            raise invalid(f"Metadata values can have up to {METADATA_VALUE} characters.", f"{path}[{key}]")
    return {key: value for key, value in metadata.items() if value != ""}


def merged_metadata(old: Json, new: Json | str, path: str = "metadata") -> dict[str, str]:
    """Return the metadata after an update: an empty value unsets a key, an empty text all."""
    if isinstance(new, str):
        return {}
    return check_metadata({**old, **new}, path)
