"""The product as it is served, with one route more that does nothing: what every other route is compared with."""

from flask import Flask, Response

import app as product
from foundation.access import requires
from foundation.api import Area, Shape, add_area, reply

__all__ = ["create_app"]

area = Area("api_nothing", __name__, "Nothing.")


class NothingShape(Shape):
    """No fields."""


@area.get("/nothing")
@requires("product")
@area.answers(NothingShape)
def nothing() -> Response:
    """Nothing, behind everything a program's request passes: token, rate, access, headers, log line."""
    return reply({})


def create_app() -> Flask:
    """The application from the environment."""
    built = product.create_app()
    add_area(built, area)
    return built
