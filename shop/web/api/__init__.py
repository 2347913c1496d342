"""The shop's part of the API: catalogue, quotes, orders, events."""

from flask import Flask

from foundation.api import add_area, explain
from shop.web.api import catalogue_api, events_api, invitations_api, orders_api, seats_api
from shop.web.api.paths import add_paths
from shop.web.api.problems import TYPES

__all__ = ["install"]


def install(app: Flask) -> None:
    """Add the shop's areas."""
    add_paths(app)
    explain(app, TYPES)
    for area in (catalogue_api.area, orders_api.area, seats_api.area, invitations_api.area, events_api.area):
        add_area(app, area)
