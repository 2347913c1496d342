"""The shop's pages and API. `install` is called once by the composition root."""

import importlib

from flask import Flask

__all__ = ["install"]

# Sign-in first: it decides who asks before anything else is asked. Every room of pages adds its line.
ROOMS = (
    "shop.web.accounts",
    "shop.web.page_context",
    "shop.web.help",
    "shop.web.shop_pages",
    "shop.web.invitations",
    "shop.web.finance",
    "shop.web.api",
)


def install(app: Flask) -> None:
    """Add sign-in, pages, API and commands of the shop to the application."""
    for name in ROOMS:
        importlib.import_module(name).install(app)
