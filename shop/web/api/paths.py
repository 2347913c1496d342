"""Order numbers in addresses: anything else there is no address of ours."""

from typing import Any

from flask import Flask
from werkzeug.routing import BaseConverter

PATTERN = r"ORD-[0-9]{4}-[0-9]{6,9}"


class OrderNumber(BaseConverter):
    """ORD-YYYY-NNNNNN."""

    regex = PATTERN


def add_paths(app: Flask) -> None:
    """Let routes and the API's description know order numbers."""
    app.url_map.converters["order_number"] = OrderNumber
    app.extensions["gettone.api"].register_converter(OrderNumber, _described)


def _described(_converter: Any) -> dict[str, str]:  # noqa: ANN401 - flask-smorest hands over its own
    return {"type": "string", "pattern": f"^{PATTERN}$"}
