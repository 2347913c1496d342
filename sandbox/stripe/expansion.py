"""``expand``: identifiers in an answer replaced by the objects they name."""

from typing import Any

from sandbox.stripe.errors import ApiError
from sandbox.stripe.jsons import Json
from sandbox.stripe.world import World

DEEPEST = 4
FIRST_PAGE = 10

# Fields that are absent until asked for, by kind of object.
_HIDDEN = {"checkout.session": "line_items", "charge": "refunds", "customer": "tax_ids"}


def expand(world: World, body: Json, paths: list[str]) -> Json:
    """Return the body with every path expanded; refuse a path that names nothing expandable."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST + 1:
            raise ApiError(f"You cannot expand more than {DEEPEST} levels: {path}", param="expand")
        _walk(world, body, parts, path)
    return body


def _walk(world: World, value: Json, parts: list[str], path: str) -> None:
    head, rest = parts[0], parts[1:]
    hidden = _HIDDEN.get(str(value.get("object")))
    if hidden == head:
        value[head] = _hidden_list(world, value)
    elif head not in value:
        raise ApiError(
            f"This property cannot be expanded ({head}). You may want to try another path: {path}.",
            param="expand",
        )
    inner = value[head] = _resolved(world, value[head], head, path)
    for item in inner if isinstance(inner, list) else [inner]:
        if rest and isinstance(item, dict):
            _walk(world, item, rest, path)


def _resolved(world: World, value: Any, name: str, path: str) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_resolved(world, item, name, path) for item in value]
    if value is None or isinstance(value, dict):
        return value
    found = world.store.find(value) if isinstance(value, str) else None
    if found is None:
        raise ApiError(f"This property cannot be expanded ({name}) at path: {path}.", param="expand")
    return found


def _hidden_list(world: World, owner: Json) -> Json:
    identifier = owner["id"]
    if owner["object"] == "charge":
        url = f"/v1/charges/{identifier}/refunds"
        data = world.store.select("refund", {"charge": identifier})
    elif owner["object"] == "customer":
        url = f"/v1/customers/{identifier}/tax_ids"
        data = world.store.note(identifier).get("tax_ids", [])
    else:
        url = f"/v1/checkout/sessions/{identifier}/line_items"
        data = world.store.note(identifier).get("line_items", [])
    first = data[:FIRST_PAGE]
    return {"object": "list", "url": url, "has_more": len(data) > len(first), "data": first}
