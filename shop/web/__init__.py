"""The shop's pages and API. `install` is called once by the composition root."""

from flask import Flask

__all__ = ["install"]


def install(app: Flask) -> None:
    """Add sign-in, pages, API and commands of the shop to the application."""
